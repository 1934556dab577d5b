// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <string>
#include <vector>

namespace lagoon::cli {

/// Counts between edges; the last bin includes its upper edge.
struct Bins {
  std::vector<double> edges;
  std::vector<std::int64_t> counts;
  LAGOON_FIELDS(Bins, edges, counts)
};

/// Statistics of the values of one column that are there.
struct ColumnFacts {
  std::string name;
  std::int64_t count = 0, missing = 0;
  double mean = 0, standard_deviation = 0;  ///< of a sample, n - 1
  double minimum = 0, q1 = 0, median = 0, q3 = 0, maximum = 0;
  double skewness = 0, kurtosis = 0;  ///< kurtosis: 0 for a normal distribution
  Bins histogram;
  LAGOON_FIELDS(ColumnFacts, name, count, missing, mean, standard_deviation, minimum, q1, median, q3, maximum, skewness,
                kurtosis, histogram)
};

/// A column without numbers.
struct SkippedFacts {
  std::string name, kind, example;
  std::uint64_t line = 0;
  bool began_as_numbers = false;
  LAGOON_FIELDS(SkippedFacts, name, kind, example, line, began_as_numbers)
};

/// Something about one column that could not be computed.
struct FailedItem {
  std::string column, what, error;
  LAGOON_FIELDS(FailedItem, column, what, error)
};

struct CorrelationFacts {
  std::string method;     ///< "pearson", "spearman", "kendall", or "" when there is none
  std::int64_t rows = 0;  ///< that have a value in each column
  std::vector<std::string> columns;
  std::vector<std::vector<double>> matrix;
  LAGOON_FIELDS(CorrelationFacts, method, rows, columns, matrix)
};

/// How the answer came about.
struct RunFacts {
  std::string version, started;  ///< started: UTC, ISO 8601
  std::uint32_t cores = 0;
  std::string isa;
  std::string isolate;
  std::uint64_t file_bytes = 0;
  double read_seconds = 0, statistics_seconds = 0;
  std::uint64_t calls = 0;         ///< to services
  std::uint64_t copied_bytes = 0;  ///< of arrays, on the way to them
  std::uint64_t peak_bytes = 0;    ///< of arrays held at once
  std::uint64_t memory_limit = 0;
  LAGOON_FIELDS(RunFacts, version, started, cores, isa, isolate, file_bytes, read_seconds, statistics_seconds, calls,
                copied_bytes, peak_bytes, memory_limit)
};

/// What `lagoon analyze` finds.
struct Analysis {
  std::string file;
  std::uint64_t rows = 0;
  std::vector<ColumnFacts> columns;
  std::vector<SkippedFacts> skipped;
  CorrelationFacts correlation;
  std::vector<FailedItem> failed;
  RunFacts run;
  LAGOON_FIELDS(Analysis, file, rows, columns, skipped, correlation, failed, run)
};

/// For the terminal.
///   width  columns of it: long names are cut to fit
std::string text_of(const Analysis& analysis, std::size_t width);

}  // namespace lagoon::cli
