// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/kernels/timeseries/correlation.hpp>
#include <lagoon/kernels/timeseries/seasonality.hpp>
#include <lagoon/kernels/timeseries/trend.hpp>
#include <lagoon/rpc/contract.hpp>
#include <lagoon/rpc/service.hpp>
#include <lagoon/services/statistics.hpp>
#include <string>
#include <vector>

namespace lagoon::services {

struct TrendRequest {
  Series data{};
  Frozen<double, 1> times{};  ///< of the values; without elements: 0, 1, 2 ...
  double confidence = 0.95;
  bool omit_missing = true;  ///< false: a missing value makes every result NaN
  LAGOON_FIELDS(TrendRequest, data, times, confidence, omit_missing)
};
/// Three answers to one question: by least squares, by ranks, by the median of slopes.
struct TrendReply {
  timeseries::LineFit line{};
  timeseries::MannKendall test{};
  timeseries::TheilSen robust{};
  LAGOON_FIELDS(TrendReply, line, test, robust)
};

struct DecomposeRequest {
  Series data{};
  std::int64_t period = 0;               ///< observations; 0: the strongest that is found
  std::string composition = "additive";  ///< or multiplicative
  LAGOON_FIELDS(DecomposeRequest, data, period, composition)
};
/// See timeseries::StlOptions; 0: chosen by the period.
struct StlRequest {
  Series data{};
  std::int64_t period = 0;
  std::int64_t seasonal = 7, trend = 0, low_pass = 0;  ///< windows, odd
  bool periodic = false;
  bool robust = false;
  std::int64_t seasonal_degree = 1, trend_degree = 1, low_pass_degree = 1;
  std::int64_t seasonal_jump = 1, trend_jump = 1, low_pass_jump = 1;
  std::int64_t inner = 0, outer = -1;
  LAGOON_FIELDS(StlRequest, data, period, seasonal, trend, low_pass, periodic, robust, seasonal_degree, trend_degree,
                low_pass_degree, seasonal_jump, trend_jump, low_pass_jump, inner, outer)
};
/// See timeseries::Decomposition.
struct DecompositionReply {
  std::int64_t period = 0;
  Frozen<double, 1> trend{}, seasonal{}, remainder{};
  Frozen<double, 1> figure{};   ///< of the classical decomposition
  Frozen<double, 1> weights{};  ///< of a robust one
  double seasonal_strength = 0, trend_strength = 0;
  LAGOON_FIELDS(DecompositionReply, period, trend, seasonal, remainder, figure, weights, seasonal_strength,
                trend_strength)
};

struct PeriodsRequest {
  Series data{};
  std::int64_t shortest = 2, longest = 0;  ///< 0: a third of the series
  std::int64_t most = 5;
  double false_alarm = 0.01;
  LAGOON_FIELDS(PeriodsRequest, data, shortest, longest, most, false_alarm)
};
struct PeriodsReply {
  std::vector<timeseries::Period> periods{};  ///< the strongest first
  LAGOON_FIELDS(PeriodsReply, periods)
};

struct AutocorrelationRequest {
  Series data{};
  std::int64_t lags = 0;    ///< 0: 10 log10(n), at most n - 1
  std::int64_t fitted = 0;  ///< parameters of the model whose residuals the data are
  bool omit_missing = true;
  LAGOON_FIELDS(AutocorrelationRequest, data, lags, fitted, omit_missing)
};
struct AutocorrelationReply {
  std::vector<double> values{};   ///< of lags 0, 1, ...
  std::vector<double> partial{};  ///< the same
  double bound = 0;               ///< 1.96 / sqrt(n): noise lies within it 19 times of 20
  timeseries::LjungBox test{};    ///< of all lags together; without lags when there are too few numbers
  LAGOON_FIELDS(AutocorrelationReply, values, partial, bound, test)
};

struct CrossCorrelationRequest {
  Series x{}, y{};
  std::int64_t lags = 0;  ///< 0: 10 log10(n), at most n - 1
  bool omit_missing = true;
  LAGOON_FIELDS(CrossCorrelationRequest, x, y, lags, omit_missing)
};
struct CrossCorrelationReply {
  std::vector<std::int64_t> lags{};
  std::vector<double> values{};  ///< of x[t + lag] and y[t]
  double bound = 0;
  LAGOON_FIELDS(CrossCorrelationReply, lags, values, bound)
};

struct RollingRequest {
  Series data{};
  std::int64_t window = 0;
  std::string statistic = "mean";  ///< standard_deviation, median, minimum, maximum
  std::int64_t min_count = 0;      ///< 0: as many as the window is long
  bool centred = false;
  LAGOON_FIELDS(RollingRequest, data, window, statistic, min_count, centred)
};
struct ExponentialRequest {
  Series data{};
  double alpha = 0.5;
  bool adjust = true;
  std::string statistic = "mean";  ///< or standard_deviation
  LAGOON_FIELDS(ExponentialRequest, data, alpha, adjust, statistic)
};

/// What a series has to say of itself, at a glance.
struct ExamineRequest {
  Series data{};
  Frozen<double, 1> times{};  ///< for the trend
  std::int64_t period = 0;    ///< 0: looked for
  std::int64_t lags = 0;
  bool robust = true;  ///< the decomposition counts outliers less
  LAGOON_FIELDS(ExamineRequest, data, times, period, lags, robust)
};
struct ExamineReply {
  TrendReply trend{};
  std::vector<timeseries::Period> periods{};
  DecompositionReply decomposition{};  ///< by STL; period 0 and without elements when the series has none
  AutocorrelationReply autocorrelation{};
  std::vector<std::string> notes{};  ///< what could not be computed, and why
  LAGOON_FIELDS(ExamineReply, trend, periods, decomposition, autocorrelation, notes)
};

using Trend = Unary<"trend", TrendRequest, TrendReply, Idempotent, CpuBound,
                    Doc<"A line with its errors, the test of Mann and Kendall, the line of Theil and Sen">>;
using Decompose = Unary<"decompose", DecomposeRequest, DecompositionReply, Idempotent, CpuBound,
                        Doc<"Trend, season and remainder by moving averages">>;
using Stl = Unary<"stl", StlRequest, DecompositionReply, Idempotent, CpuBound,
                  Doc<"Trend, season and remainder by loess; robust and with gaps if need be">>;
using Periods = Unary<"periods", PeriodsRequest, PeriodsReply, Idempotent, CpuBound,
                      Doc<"Lengths after which a series repeats, the strongest first">>;
using Autocorrelation = Unary<"autocorrelation", AutocorrelationRequest, AutocorrelationReply, Idempotent, CpuBound,
                              Doc<"Autocorrelations, partial ones, and the test of Ljung and Box">>;
using CrossCorrelation = Unary<"cross_correlation", CrossCorrelationRequest, CrossCorrelationReply, Idempotent,
                               CpuBound, Doc<"How one series goes together with another some steps away">>;
using Rolling = Unary<"rolling", RollingRequest, Series, Idempotent, MemoryBound,
                      Doc<"Mean, deviation, median or extremum of a window that slides along">>;
using Exponential = Unary<"exponential", ExponentialRequest, Series, Idempotent, MemoryBound,
                          Doc<"Mean or deviation with weights that fall exponentially into the past">>;
using Examine = Unary<"examine", ExamineRequest, ExamineReply, Idempotent, CpuBound,
                      Doc<"Trend, periods, decomposition and autocorrelation, side by side as one graph">>;

using TimeSeries = Contract<"lagoon.TimeSeries", Trend, Decompose, Stl, Periods, Autocorrelation, CrossCorrelation,
                            Rolling, Exponential, Examine>;

Service timeseries_service();

}  // namespace lagoon::services
