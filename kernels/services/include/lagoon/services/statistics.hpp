// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/kernels/statistics/moments.hpp>
#include <lagoon/rpc/contract.hpp>
#include <lagoon/rpc/service.hpp>
#include <string>
#include <vector>

/// Contracts of the built-in services: what a caller on the other side of an isolate needs to know.
namespace lagoon::services {

/// One variable, in the order of observation. NaN is a missing value.
struct Series {
  Frozen<double, 1> values;
  LAGOON_FIELDS(Series, values)
};

struct SummarizeRequest {
  Series data;
  bool omit_missing = true;  ///< false: a missing value makes every result NaN
  std::int64_t bins = 0;     ///< of the histogram; 0: as many as suit the data
  LAGOON_FIELDS(SummarizeRequest, data, omit_missing, bins)
};

/// A series at a glance. Numbers are in the unit of the data, its powers removed from skewness and kurtosis.
struct Summary {
  std::int64_t count = 0;
  std::int64_t missing = 0;
  double mean = 0;
  double standard_deviation = 0;  ///< with n - 1
  double minimum = 0;
  double q1 = 0;
  double median = 0;
  double q3 = 0;
  double maximum = 0;
  double skewness = 0;
  double kurtosis = 0;        ///< excess: 0 for a normal distribution
  std::vector<double> edges;  ///< of the histogram, one more than counts; empty when nothing is finite
  std::vector<std::int64_t> counts;
  LAGOON_FIELDS(Summary, count, missing, mean, standard_deviation, minimum, q1, median, q3, maximum, skewness, kurtosis,
                edges, counts)
};

struct MomentsRequest {
  Series data;
  bool omit_missing = true;
  double ddof = 1;
  LAGOON_FIELDS(MomentsRequest, data, omit_missing, ddof)
};

struct PercentilesRequest {
  Series data;
  std::vector<double> percent = {0, 25, 50, 75, 100};
  std::int64_t method = 7;  ///< 1 to 9, the definitions of Hyndman & Fan (1996)
  bool omit_missing = true;
  LAGOON_FIELDS(PercentilesRequest, data, percent, method, omit_missing)
};
struct Percentiles {
  std::vector<double> values;  ///< in the order asked
  LAGOON_FIELDS(Percentiles, values)
};

struct HistogramRequest {
  Series data;
  std::int64_t bins = 0;      ///< 0: as many as suit the data; not read when edges are given
  std::vector<double> edges;  ///< rising; empty: equal widths from minimum to maximum
  LAGOON_FIELDS(HistogramRequest, data, bins, edges)
};
struct HistogramCounts {
  std::vector<double> edges;
  std::vector<std::int64_t> counts;
  std::int64_t below = 0, above = 0, missing = 0;
  LAGOON_FIELDS(HistogramCounts, edges, counts, below, above, missing)
};

/// Variables side by side: as columns of equal length, or as one table of observations x variables.
struct MatrixRequest {
  std::vector<Frozen<double, 1>> columns;
  Frozen<double, 2> table;         ///< read when there are no columns
  std::string method = "pearson";  ///< of a correlation: pearson, spearman, kendall
  bool omit_missing = true;        ///< leaves out rows with a missing value
  LAGOON_FIELDS(MatrixRequest, columns, table, method, omit_missing)
};
struct MatrixReply {
  Frozen<double, 2> values;  ///< variables x variables
  std::int64_t rows = 0;     ///< observations that were used
  LAGOON_FIELDS(MatrixReply, values, rows)
};

using Summarize = Unary<"summarize", SummarizeRequest, Summary, Idempotent, CpuBound,
                        Doc<"Count, moments, quartiles and a histogram of a series, side by side as one graph">>;
using Moments = Unary<"moments", MomentsRequest, statistics::Moments, Idempotent, MemoryBound,
                      Doc<"Mean, variance, skewness, kurtosis and extrema in one look at the memory">>;
using PercentilesOf = Unary<"percentiles", PercentilesRequest, Percentiles, Idempotent, CpuBound,
                            Doc<"Exact percentiles by any of the nine definitions of Hyndman and Fan">>;
using Histogram = Unary<"histogram", HistogramRequest, HistogramCounts, Idempotent, MemoryBound,
                        Doc<"Counts in bins of equal width, or between given edges">>;
using Covariance = Unary<"covariance", MatrixRequest, MatrixReply, Idempotent, CpuBound,
                         Doc<"Covariance matrix of columns or of a table">>;
using Correlate = Unary<"correlate", MatrixRequest, MatrixReply, Idempotent, CpuBound,
                        Doc<"Correlation matrix: Pearson, Spearman or Kendall">>;
using Accumulate = ClientStream<"accumulate", Series, statistics::Moments,
                                Doc<"Moments of a series that arrives in pieces of any length">>;

using Statistics =
    Contract<"lagoon.Statistics", Summarize, Moments, PercentilesOf, Histogram, Covariance, Correlate, Accumulate>;

Service statistics_service();

}  // namespace lagoon::services
