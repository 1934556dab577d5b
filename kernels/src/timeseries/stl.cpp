// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/timeseries/seasonality.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/kernels/statistics/quantiles.hpp>
#include <limits>

#include "cycle.hpp"
#include "loess.hpp"
#include "moving_average.hpp"
#include "polled/parts.hpp"
#include "seasons.hpp"
#include "stl_settings.hpp"
#include "strength.hpp"

namespace lagoon::timeseries {
namespace detail {
namespace {

using Series = Tensor<double, 1>;

constexpr std::ptrdiff_t kGrain = 32768;

/// The decomposition while it is made; names of the steps are the paper's, 2.2 and 2.4.
class Rounds {
 public:
  Rounds(View<const double, 1> x, const StlSettings& settings);
  void inner();
  void reweight();
  Decomposition parts() &&;

 private:
  template <class F>
  void each(F&& f) const;
  Observations observe(const Series& y);
  void season_by_phase();
  void season_of_all_periods();
  void take_low_pass_off();

  const StlSettings& settings_;
  const std::ptrdiff_t n_, period_;
  const bool parallel_;
  Series x_, trend_, seasonal_, rest_;
  double rounding_ = 0;        // of numbers of the size of x
  Series weights_, weighted_;  // where there are gaps or rounds of new weights
  Series present_;             // where there are gaps
  Series cycle_, once_, low_;  // with a period more at either end; its averages
  Cycle phases_;
  Loess low_pass_, trend_loess_;
};

Rounds::Rounds(View<const double, 1> x, const StlSettings& settings)
    : settings_(settings),
      n_(x.size()),
      period_(settings.period),
      parallel_(settings.parallel),
      x_(polled::copy_of(x)),
      trend_(Series::zeros({n_})),
      seasonal_({n_}),
      rest_({n_}),
      cycle_({n_ + 2 * period_}),
      once_({n_ + period_ + 1}),
      low_({n_ + 2}),
      phases_(n_, period_, settings.seasonal),
      low_pass_(n_, settings.low_pass),
      trend_loess_(n_, settings.trend) {
  bool gaps = false;
  double largest = 0;
  polled::for_each(n_, [&](std::ptrdiff_t i) {
    gaps |= std::isnan(x_[i]);
    largest = std::max(largest, std::fabs(x_[i]));
  });
  rounding_ = 256 * std::numeric_limits<double>::epsilon() * largest;
  if (!gaps && settings.outer == 0) return;
  weights_ = Series({n_});
  weighted_ = Series({n_});
  polled::for_each(n_, [&](std::ptrdiff_t i) { weights_[i] = std::isnan(x_[i]) ? 0 : 1; });
  if (!gaps) return;
  phases_.check_each_has_a_number(x_.data());
  present_ = polled::copy_of<double>(weights_);
}

/// Calls f(i) for all observations.
template <class F>
void Rounds::each(F&& f) const {
  parallel_for(n_, {kGrain, parallel_}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) f(i);
  });
}

Observations Rounds::observe(const Series& y) {
  if (weights_.empty()) return {y.data(), nullptr, nullptr, nullptr};
  each([&](std::ptrdiff_t i) { weighted_[i] = weights_[i] > 0 ? weights_[i] * y[i] : 0; });
  return {y.data(), weights_.data(), weighted_.data(), present_.empty() ? nullptr : present_.data()};
}

void Rounds::inner() {
  each([&](std::ptrdiff_t i) { rest_[i] = x_[i] - trend_[i]; });
  if (settings_.periodic)
    season_of_all_periods();
  else
    season_by_phase();
  each([&](std::ptrdiff_t i) { rest_[i] = x_[i] - seasonal_[i]; });
  trend_loess_.smooth(observe(rest_), trend_.data(), parallel_);
}

void Rounds::season_by_phase() {
  phases_.smooth(observe(rest_), cycle_.data(), parallel_);
  take_low_pass_off();
}

/// What is slow in the smoothed phases belongs to the trend.
void Rounds::take_low_pass_off() {
  moving_average(cycle_.data(), cycle_.size(), period_, once_.data(), parallel_);
  moving_average(once_.data(), once_.size(), period_, low_.data(), parallel_);
  moving_average(low_.data(), low_.size(), 3, once_.data(), parallel_);
  low_pass_.smooth({once_.data(), nullptr, nullptr, nullptr}, low_.data(), parallel_);
  each([&](std::ptrdiff_t i) { seasonal_[i] = cycle_[period_ + i] - low_[i]; });
}

/// The limit of a very long window: one mean per phase. The low-pass of what repeats is its mean.
void Rounds::season_of_all_periods() {
  phases_.means(observe(rest_), cycle_.data(), parallel_);
  double mean = 0;
  for (std::ptrdiff_t k = 0; k < period_; ++k) mean += cycle_[k];
  mean /= static_cast<double>(period_);
  each([&](std::ptrdiff_t i) { seasonal_[i] = cycle_[i % period_] - mean; });
}

/// Bisquare weights of what is left, in units of six times its median.
void Rounds::reweight() {
  each([&](std::ptrdiff_t i) { rest_[i] = std::fabs(x_[i] - trend_[i] - seasonal_[i]); });
  const double far =
      6 * statistics::median(rest_, {.nan = statistics::NanPolicy::omit, .compute = {.parallel = parallel_}});
  // Where every phase is fitted exactly (two periods, say) what is left is rounding, and no reason to doubt anything.
  const bool exact = far <= rounding_;
  each([&](std::ptrdiff_t i) {
    const double r = rest_[i];
    if (std::isnan(r)) {
      weights_[i] = 0;
    } else if (exact || r <= 0.001 * far) {
      weights_[i] = 1;
    } else {
      const double u = r / far, v = 1 - u * u;
      weights_[i] = r <= 0.999 * far ? v * v : 0;
    }
  });
}

Decomposition Rounds::parts() && {
  each([&](std::ptrdiff_t i) { rest_[i] = x_[i] - seasonal_[i] - trend_[i]; });
  Decomposition d;
  d.trend = std::move(trend_);
  d.seasonal = std::move(seasonal_);
  d.remainder = std::move(rest_);
  if (settings_.outer > 0 || settings_.robust)
    d.weights = weights_.empty() ? polled::filled<double>(n_, 1) : std::move(weights_);
  measure_strengths(x_, Composition::additive, d);
  return d;
}

}  // namespace
}  // namespace detail

Decomposition stl(View<const double, 1> x, std::ptrdiff_t period, const StlOptions& options) {
  detail::check_periods(x, period, "stl");
  const detail::StlSettings settings = detail::settle(options, x.size(), period);
  detail::Rounds rounds(x, settings);
  for (int outer = 0; outer <= settings.outer; ++outer) {
    if (outer > 0) rounds.reweight();
    for (int inner = 0; inner < settings.inner; ++inner) rounds.inner();
  }
  // Weights that are told are those of the last fit.
  return std::move(rounds).parts();
}

}  // namespace lagoon::timeseries
