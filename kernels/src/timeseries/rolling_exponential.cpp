// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/timeseries/rolling.hpp>
#include <limits>
#include <string>

namespace lagoon::timeseries {
namespace {

constexpr std::ptrdiff_t kBetweenPolls = 4096;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Weighted mean and variance of what was seen, whose weights fall by a factor at each step. Weights are kept relative
/// to that of the newest number, so that neither they nor their sum run away.
class Memory {
 public:
  explicit Memory(const ExponentialOptions& options) noexcept
      : kept_(1 - options.alpha), newest_(options.adjust ? 1 : options.alpha), adjust_(options.adjust) {}

  /// A number, or NaN: a step without one.
  void add(double x) noexcept {
    if (!started_) {
      if (!std::isnan(x)) start(x);
      return;
    }
    weight_ *= kept_;
    pairs_ *= kept_ * kept_;
    if (!std::isnan(x)) take(x);
  }
  double mean() const noexcept { return mean_; }
  /// Divided by the sum of weights, with the bias taken out where that was asked for; NaN for one number.
  double variance() const noexcept { return several_ ? variance_ * correction_ : kNan; }

 private:
  void start(double x) noexcept {
    started_ = true;
    mean_ = x;
  }
  void take(double x) noexcept {
    several_ = true;
    const double total = weight_ + newest_, share = newest_ / total, rest = weight_ / total;
    const double step = x - mean_;
    if (rest == 0) {  // the past is forgotten, be it infinite
      mean_ = x;
      variance_ = 0;
    } else {
      variance_ = rest * (variance_ + share * step * step);
      // Equal numbers leave the mean as it is, and an infinity stays one.
      mean_ = std::isfinite(step) ? mean_ + share * step : rest * mean_ + share * x;
    }
    if (adjust_) {
      pairs_ += 2 * weight_;
      correction_ = pairs_ > 0 ? total * total / pairs_ : kNan;
    }
    weight_ = adjust_ ? total : 1;
  }

  double kept_, newest_;
  bool adjust_, started_ = false, several_ = false;
  double weight_ = 1;      // of all that was seen
  double pairs_ = 0;       // its square less the squares of the weights, added up: products of two different ones
  double correction_ = 1;  // what an unbiased variance is more
  double mean_ = kNan, variance_ = 0;
};

template <class Value>
Tensor<double, 1> exponential(View<const double, 1> x, const ExponentialOptions& options, const char* what,
                              Value&& value) {
  if (!(options.alpha > 0 && options.alpha <= 1))
    throw Error(Errc::invalid_argument,
                std::string(what) + ": alpha is " + std::to_string(options.alpha) + "; above 0, up to 1, is allowed");
  Tensor<double, 1> result({x.size()});
  Memory memory(options);
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) {
    if (i % kBetweenPolls == 0) throw_if_stopped();
    memory.add(x[i]);
    result[i] = value(memory);
  }
  return result;
}

}  // namespace

Tensor<double, 1> exponential_mean(View<const double, 1> x, const ExponentialOptions& options) {
  return exponential(x, options, "exponential_mean", [](const Memory& memory) { return memory.mean(); });
}

Tensor<double, 1> exponential_standard_deviation(View<const double, 1> x, const ExponentialOptions& options) {
  return exponential(x, options, "exponential_standard_deviation",
                     [](const Memory& memory) { return std::sqrt(memory.variance()); });
}

}  // namespace lagoon::timeseries
