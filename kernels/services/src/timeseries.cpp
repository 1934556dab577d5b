// SPDX-License-Identifier: Apache-2.0
#include <lagoon/services/timeseries.hpp>

#include <lagoon/kernels/timeseries.hpp>
#include <lagoon/rpc/serve.hpp>
#include <lagoon/rpc/serve_graph.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <lagoon/engine/parallel.hpp>
#include <utility>

#include "choose.hpp"

namespace lagoon::services {
namespace {

using timeseries::NanPolicy;

constexpr double kNormal95 = 1.959963984540054;  // within it lie 95 % of a normal distribution

NanPolicy policy(bool omit_missing) { return omit_missing ? NanPolicy::omit : NanPolicy::propagate; }

// ---- trend: three kernels side by side

timeseries::TrendOptions options_of(const TrendRequest& r) {
  return {.nan = policy(r.omit_missing), .confidence = r.confidence};
}

timeseries::LineFit line_of(const TrendRequest& r) {
  return r.times.empty() ? timeseries::line_fit(r.data.values, options_of(r))
                         : timeseries::line_fit(r.times, r.data.values, options_of(r));
}
timeseries::MannKendall test_of(const TrendRequest& r) {
  return timeseries::mann_kendall(r.data.values, options_of(r));
}
timeseries::TheilSen robust_line_of(const TrendRequest& r) {
  return r.times.empty() ? timeseries::theil_sen(r.data.values, options_of(r))
                         : timeseries::theil_sen(r.times, r.data.values, options_of(r));
}
TrendReply trend_reply(const timeseries::LineFit& line, const timeseries::MannKendall& test,
                       const timeseries::TheilSen& robust) {
  return {line, test, robust};
}

Graph<TrendRequest, TrendReply> trend_graph() {
  Graph<TrendRequest, TrendReply> g;
  const auto request = g.input();
  const auto line = g.add("line", line_of, request);
  const auto test = g.add("mann_kendall", test_of, request);
  const auto robust = g.add("theil_sen", robust_line_of, request);
  g.output(g.add("trend", trend_reply, line, test, robust));
  return g;
}

// ---- seasons

std::int64_t whole(double length) { return static_cast<std::int64_t>(std::lround(length)); }

/// The period asked for, or the strongest that the series has.
std::int64_t period_of(View<const double, 1> x, std::int64_t wanted, const char* method) {
  if (wanted != 0) return wanted;
  const auto found = timeseries::find_periods(x, {.most = 1});
  if (found.empty())
    throw Error(Errc::invalid_argument, std::string(method) + ": no period is given, and none is found in the data");
  return whole(found.front().length);
}

DecompositionReply reply_of(std::int64_t period, timeseries::Decomposition d) {
  return {.period = period,
          .trend = std::move(d.trend).freeze(),
          .seasonal = std::move(d.seasonal).freeze(),
          .remainder = std::move(d.remainder).freeze(),
          .figure = std::move(d.figure).freeze(),
          .weights = std::move(d.weights).freeze(),
          .seasonal_strength = d.seasonal_strength,
          .trend_strength = d.trend_strength};
}

DecompositionReply decompose(const DecomposeRequest& r) {
  const auto composition = choose<timeseries::Composition>(
      "decompose: composition", r.composition,
      {{"additive", timeseries::Composition::additive}, {"multiplicative", timeseries::Composition::multiplicative}});
  const std::int64_t period = period_of(r.data.values, r.period, "decompose");
  return reply_of(period, timeseries::decompose(r.data.values, period, composition));
}

DecompositionReply stl(const StlRequest& r) {
  const std::int64_t period = period_of(r.data.values, r.period, "stl");
  return reply_of(period, timeseries::stl(r.data.values, period,
                                          {.seasonal = r.seasonal,
                                           .periodic = r.periodic,
                                           .trend = r.trend,
                                           .low_pass = r.low_pass,
                                           .seasonal_degree = static_cast<int>(r.seasonal_degree),
                                           .trend_degree = static_cast<int>(r.trend_degree),
                                           .low_pass_degree = static_cast<int>(r.low_pass_degree),
                                           .seasonal_jump = r.seasonal_jump,
                                           .trend_jump = r.trend_jump,
                                           .low_pass_jump = r.low_pass_jump,
                                           .robust = r.robust,
                                           .inner = static_cast<int>(r.inner),
                                           .outer = static_cast<int>(r.outer)}));
}

PeriodsReply periods(const PeriodsRequest& r) {
  if (r.most < 0) throw Error(Errc::invalid_argument, "periods: most is " + std::to_string(r.most));
  return {timeseries::find_periods(r.data.values, {.shortest = r.shortest,
                                                   .longest = r.longest,
                                                   .most = static_cast<std::size_t>(r.most),
                                                   .false_alarm = r.false_alarm})};
}

// ---- correlation

/// As R has it.
std::int64_t usual_lags(std::ptrdiff_t n) {
  return std::min<std::int64_t>(n - 1, static_cast<std::int64_t>(10 * std::log10(static_cast<double>(n))));
}

std::ptrdiff_t numbers_in(View<const double, 1> x) {
  constexpr std::ptrdiff_t kGrain = 1 << 14;
  return parallel_reduce<std::ptrdiff_t>(
      x.extent(0), {kGrain},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        std::ptrdiff_t there = 0;
        for (std::ptrdiff_t i = begin; i < end; ++i) there += !std::isnan(x[i]);
        return there;
      },
      std::plus<>());
}

double noise_bound(std::ptrdiff_t numbers) { return kNormal95 / std::sqrt(static_cast<double>(numbers)); }

AutocorrelationReply autocorrelation(const AutocorrelationRequest& r) {
  const View<const double, 1> x = r.data.values;
  const timeseries::CorrelationOptions options{.nan = policy(r.omit_missing)};
  const std::int64_t lags = r.lags == 0 && !x.empty() ? usual_lags(x.extent(0)) : r.lags;
  const std::ptrdiff_t numbers = numbers_in(x);
  AutocorrelationReply reply{.values = timeseries::autocorrelation(x, lags, options),
                             .partial = timeseries::partial_autocorrelation(x, lags, options),
                             .bound = noise_bound(numbers)};
  if (lags >= 1 && lags < numbers) reply.test = timeseries::ljung_box(x, lags, r.fitted, options);
  return reply;
}

CrossCorrelationReply cross_correlation(const CrossCorrelationRequest& r) {
  const View<const double, 1> x = r.x.values;
  const std::int64_t lags = r.lags == 0 && !x.empty() ? usual_lags(x.extent(0)) : r.lags;
  CrossCorrelationReply reply{
      .values = timeseries::cross_correlation(x, r.y.values, lags, {.nan = policy(r.omit_missing)}),
      .bound = noise_bound(numbers_in(x))};
  for (std::int64_t k = -lags; k <= lags; ++k) reply.lags.push_back(k);
  return reply;
}

// ---- windows

Series rolling(const RollingRequest& r) {
  using Kernel = Tensor<double, 1> (*)(View<const double, 1>, std::ptrdiff_t, const timeseries::RollingOptions&);
  const auto kernel = choose<Kernel>("rolling: statistic", r.statistic,
                                     {{"mean", timeseries::rolling_mean},
                                      {"standard_deviation", timeseries::rolling_standard_deviation},
                                      {"median", timeseries::rolling_median},
                                      {"minimum", timeseries::rolling_minimum},
                                      {"maximum", timeseries::rolling_maximum}});
  return {kernel(r.data.values, r.window, {.min_count = r.min_count, .centred = r.centred}).freeze()};
}

Series exponential(const ExponentialRequest& r) {
  using Kernel = Tensor<double, 1> (*)(View<const double, 1>, const timeseries::ExponentialOptions&);
  const auto kernel = choose<Kernel>(
      "exponential: statistic", r.statistic,
      {{"mean", timeseries::exponential_mean}, {"standard_deviation", timeseries::exponential_standard_deviation}});
  return {kernel(r.data.values, {.alpha = r.alpha, .adjust = r.adjust}).freeze()};
}

// ---- examine: all of a series side by side; what cannot be had of one series is a note, not an end

template <class T>
struct Part {
  T value{};
  std::string note{};
};

/// f(), or why not.
template <class F>
auto part(const char* what, F f) -> Result<Part<decltype(f())>> {
  try {
    return Part<decltype(f())>{f(), {}};
  } catch (const Error& e) {
    if (e.code() != Errc::invalid_argument) return e.status();
    return Part<decltype(f())>{{}, std::string(what) + ": " + e.status().message()};
  }
}

TrendRequest trend_request(const ExamineRequest& r) { return {.data = r.data, .times = r.times}; }

Result<Part<timeseries::LineFit>> examine_line(const ExamineRequest& r) {
  return part("trend", [&] { return line_of(trend_request(r)); });
}
Result<Part<timeseries::MannKendall>> examine_test(const ExamineRequest& r) {
  return part("trend test", [&] { return test_of(trend_request(r)); });
}
Result<Part<timeseries::TheilSen>> examine_robust(const ExamineRequest& r) {
  return part("robust trend", [&] { return robust_line_of(trend_request(r)); });
}
Result<Part<PeriodsReply>> examine_periods(const ExamineRequest& r) {
  return part("periods", [&] { return periods({.data = r.data}); });
}
Result<Part<AutocorrelationReply>> examine_correlation(const ExamineRequest& r) {
  return part("autocorrelation", [&] { return autocorrelation({.data = r.data, .lags = r.lags}); });
}
Result<Part<DecompositionReply>> examine_seasons(const ExamineRequest& r, const Part<PeriodsReply>& found) {
  const auto& all = found.value.periods;
  const std::int64_t period = r.period ? r.period : all.empty() ? 0 : whole(all.front().length);
  if (period == 0) return Part<DecompositionReply>{};
  return part("decomposition", [&] { return stl({.data = r.data, .period = period, .robust = r.robust}); });
}

ExamineReply examined(const Part<timeseries::LineFit>& line, const Part<timeseries::MannKendall>& test,
                      const Part<timeseries::TheilSen>& robust, const Part<PeriodsReply>& found,
                      const Part<AutocorrelationReply>& correlation, const Part<DecompositionReply>& seasons) {
  ExamineReply reply{.trend = {line.value, test.value, robust.value},
                     .periods = found.value.periods,
                     .decomposition = seasons.value,
                     .autocorrelation = correlation.value};
  for (const std::string* note : {&line.note, &test.note, &robust.note, &found.note, &correlation.note, &seasons.note})
    if (!note->empty()) reply.notes.push_back(*note);
  return reply;
}

Graph<ExamineRequest, ExamineReply> examine_graph() {
  Graph<ExamineRequest, ExamineReply> g;
  const auto request = g.input();
  const auto found = g.add("periods", examine_periods, request);
  const auto seasons = g.add("decomposition", examine_seasons, request, found);
  const auto line = g.add("line", examine_line, request);
  const auto test = g.add("mann_kendall", examine_test, request);
  const auto robust = g.add("theil_sen", examine_robust, request);
  const auto correlation = g.add("autocorrelation", examine_correlation, request);
  g.output(g.add("examined", examined, line, test, robust, found, correlation, seasons));
  return g;
}

}  // namespace

Service timeseries_service() {
  return serve<TimeSeries>(on<Trend>(trend_graph()), on<Decompose>(decompose), on<Stl>(stl), on<Periods>(periods),
                           on<Autocorrelation>(autocorrelation), on<CrossCorrelation>(cross_correlation),
                           on<Rolling>(rolling), on<Exponential>(exponential), on<Examine>(examine_graph()));
}

}  // namespace lagoon::services
