// SPDX-License-Identifier: Apache-2.0
#include "series_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text.hpp"

namespace lagoon::cli {
namespace {

constexpr std::ptrdiff_t kPlotted = 2000;  // points of a line that a screen can show
constexpr std::size_t kShownPeriods = 3;
constexpr double kYear = 365.2425 * 86400;  // seconds

/// Of each of so many stretches the least and the greatest value: no spike is lost.
Series thinned(const char* name, const TimedColumn& column, View<const double, 1> y) {
  Series s;
  s.name = name;
  const auto put = [&](std::ptrdiff_t i) {
    s.x.push_back(column.times.empty() ? static_cast<double>(i) : column.times.view()[i]);
    s.y.push_back(y[i]);
  };
  const std::ptrdiff_t n = y.extent(0);
  if (n <= kPlotted) {
    for (std::ptrdiff_t i = 0; i < n; ++i) put(i);
    return s;
  }
  const std::ptrdiff_t stretches = kPlotted / 2;
  for (std::ptrdiff_t k = 0; k < stretches; ++k) {
    const std::ptrdiff_t begin = n * k / stretches, end = n * (k + 1) / stretches;
    std::ptrdiff_t low = begin, high = begin;
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      if (y[i] < y[low] || std::isnan(y[low])) low = i;
      if (y[i] > y[high] || std::isnan(y[high])) high = i;
    }
    put(std::min(low, high));
    if (low != high) put(std::max(low, high));
  }
  return s;
}

Series by_lag(const char* name, const std::vector<double>& values) {
  Series s;
  s.name = name;
  for (std::size_t k = 1; k < values.size(); ++k) {
    s.x.push_back(static_cast<double>(k));
    s.y.push_back(values[k]);
  }
  return s;
}

Series level(const char* name, std::size_t lags, double y) { return {name, {1, static_cast<double>(lags)}, {y, y}}; }

LinePlot correlation_plot(const TimedColumn& column, const services::AutocorrelationReply& a) {
  LinePlot plot{.title = column.name + ": autocorrelation",
                .note = a.test.lags > 0 ? fmt::format("Ljung-Box p = {}", number(a.test.p, 3)) : "",
                .x = "lag (rows)",
                .y = "",
                .series = {by_lag("autocorrelation", a.values), by_lag("partial", a.partial)}};
  const std::size_t lags = a.values.size() - 1;
  plot.series.push_back(level("noise lies below", lags, a.bound));
  plot.series.push_back(level("and above", lags, -a.bound));
  return plot;
}

std::string chance(double p) { return p < 1e-4 ? "p < 0.0001" : fmt::format("p = {:.4f}", p); }

}  // namespace

Slope slope_of(const SeriesFacts& f) {
  if (f.dates) return {kYear, "year"};
  return {1, f.time.empty() ? "row" : f.time};
}

SeriesFacts facts_of(const TimedColumn& column, const services::ExamineReply& r) {
  SeriesFacts f;
  f.column = column.name;
  f.time = column.time;
  f.dates = column.dates;
  f.count = r.trend.line.count;
  f.missing = r.trend.line.missing;
  f.line = r.trend.line;
  f.test = r.trend.test;
  f.robust = r.trend.robust;
  f.periods = r.periods;
  f.period = r.decomposition.period;
  f.seasonal_strength = r.decomposition.seasonal_strength;
  f.trend_strength = r.decomposition.trend_strength;
  f.autocorrelation = r.autocorrelation.values;
  f.partial = r.autocorrelation.partial;
  f.bound = r.autocorrelation.bound;
  f.noise_test = r.autocorrelation.test;
  f.notes = r.notes;
  return f;
}

std::vector<LinePlot> plots_of(const TimedColumn& column, const services::ExamineReply& r) {
  const std::string x = column.time.empty() ? "row" : column.time;
  const services::DecompositionReply& d = r.decomposition;
  std::vector<LinePlot> plots;
  LinePlot whole{.title = column.name, .x = x, .y = column.name, .series = {}, .dates = column.dates};
  whole.series.push_back(thinned("as it came", column, column.values));
  if (d.period > 0) {
    whole.series.push_back(thinned("trend", column, d.trend));
    whole.note = fmt::format("trend strength {}", number(d.trend_strength, 3));
  }
  plots.push_back(std::move(whole));
  if (d.period > 0) {
    plots.push_back({.title = column.name + ": season",
                     .note = fmt::format("period {}, strength {}", d.period, number(d.seasonal_strength, 3)),
                     .x = x,
                     .y = "",
                     .series = {thinned("season", column, d.seasonal)},
                     .dates = column.dates});
    plots.push_back({.title = column.name + ": what remains",
                     .note = "",
                     .x = x,
                     .y = "",
                     .series = {thinned("remainder", column, d.remainder)},
                     .dates = column.dates});
  }
  if (r.autocorrelation.values.size() > 1) plots.push_back(correlation_plot(column, r.autocorrelation));
  return plots;
}

std::string text_of(const SeriesFacts& f) {
  const auto [per, unit] = slope_of(f);
  std::string text = fmt::format("{} in time: {}", f.column, counted(static_cast<std::uint64_t>(f.count), "value"));
  if (f.missing > 0) text += fmt::format(", {} missing", grouped(static_cast<std::uint64_t>(f.missing)));
  text += '\n';
  const auto line = [&](const char* name, const std::string& what) { text += fmt::format("  {:<16}{}\n", name, what); };
  line("trend", fmt::format("{} per {} (standard error {}), R2 {}, {}", number(per * f.line.slope), unit,
                            number(per * f.line.slope_error, 3), number(f.line.r2, 3), chance(f.line.p)));
  line("robust trend", fmt::format("{} per {} (95 % within {} and {})", number(per * f.robust.slope), unit,
                                   number(per * f.robust.slope_low, 4), number(per * f.robust.slope_high, 4)));
  line("Mann-Kendall", fmt::format("tau {}, {}", number(f.test.tau_b, 3), chance(f.test.p)));
  if (f.periods.empty()) line("periods", "none stands out of the noise");
  for (std::size_t k = 0; k < std::min(f.periods.size(), kShownPeriods); ++k)
    line(k == 0 ? "periods" : "",
         fmt::format("{} rows ({} % of the variance, autocorrelation {})", number(f.periods[k].length, 5),
                     number(100 * f.periods[k].power, 3), number(f.periods[k].correlation, 2)));
  if (f.period > 0)
    line("decomposition", fmt::format("period {}: season {} and trend {} of strength 1", f.period,
                                      number(f.seasonal_strength, 3), number(f.trend_strength, 3)));
  if (f.noise_test.lags > 0)
    line("Ljung-Box",
         fmt::format("{} lags: {}, {}", f.noise_test.lags, number(f.noise_test.statistic, 5), chance(f.noise_test.p)));
  for (const std::string& note : f.notes) line("not there", note);
  return text;
}

}  // namespace lagoon::cli
