// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <optional>
#include <string>
#include <vector>

#include "learning_facts.hpp"
#include "report_plots.hpp"
#include "series_facts.hpp"

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

/// What one worker of the pool did.
struct WorkerFacts {
  std::string worker;
  std::uint64_t calls = 0;
  double cpu_seconds = 0, busy_seconds = 0;  ///< of all its threads; within calls
  std::uint64_t peak_bytes = 0;
  LAGOON_FIELDS(WorkerFacts, worker, calls, cpu_seconds, busy_seconds, peak_bytes)
};

/// How often a method was called, and how long its calls took.
struct MethodFacts {
  std::string method;
  std::uint64_t calls = 0, failures = 0;
  double mean_ms = 0, p99_ms = 0;
  LAGOON_FIELDS(MethodFacts, method, calls, failures, mean_ms, p99_ms)
};

/// How the answer came about.
struct RunFacts {
  std::string version, started;  ///< started: UTC, ISO 8601
  std::uint32_t cores = 0;
  std::string isa;
  std::string isolate;
  std::uint64_t file_bytes = 0;
  double read_seconds = 0, analysis_seconds = 0;
  std::uint64_t calls = 0;         ///< to services
  std::uint64_t copied_bytes = 0;  ///< of arrays, on the way to them
  std::uint64_t peak_bytes = 0;    ///< of arrays held at once
  std::uint64_t memory_limit = 0;
  std::vector<WorkerFacts> workers;
  std::vector<MethodFacts> methods;
  LAGOON_FIELDS(RunFacts, version, started, cores, isa, isolate, file_bytes, read_seconds, analysis_seconds, calls,
                copied_bytes, peak_bytes, memory_limit, workers, methods)
};

/// What `lagoon analyze` finds.
struct Analysis {
  std::string file;
  std::uint64_t rows = 0;
  std::vector<ColumnFacts> columns;
  std::vector<SkippedFacts> skipped;
  CorrelationFacts correlation;
  std::vector<SeriesFacts> series;        ///< of columns as series in time, where that was asked for
  std::optional<LearningFacts> learning;  ///< of the target, where there is one
  std::vector<std::string> notes;         ///< what was done to the rows before
  std::vector<FailedItem> failed;
  RunFacts run;
  std::vector<LinePlot> plots;  ///< of the series; for the report only
  LAGOON_FIELDS(Analysis, file, rows, columns, skipped, correlation, series, learning, notes, failed, run)
};

/// For the terminal.
///   width  columns of it: long names are cut to fit
std::string text_of(const Analysis& analysis, std::size_t width);

}  // namespace lagoon::cli
