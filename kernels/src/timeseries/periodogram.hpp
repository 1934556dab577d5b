// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/tensor.hpp>
#include <vector>

namespace lagoon::timeseries::detail {

/// How the variance of a series is shared among frequencies.
class Periodogram {
 public:
  /// x   without mean or trend, not all 0; 6 numbers or more; outlives this
  Periodogram(const Tensor<double, 1>& x, bool parallel);

  /// Numbers in the series: frequency k is that of the period length() / k.
  std::ptrdiff_t length() const noexcept { return x_.size(); }

  /// The length near `period` at which the variance is largest, between the frequencies that are looked at. Polled.
  ///   source   Rice & Rosenblatt 1988: the error falls with the length of the series to the power 3 / 2
  double refined(double period) const;

  /// The share of the variance that a sine of that period has, in [0, 1]. Polled.
  double power(double period) const;

  /// Frequencies of [low, high] that stand out, the strongest first; each is higher than its neighbours.
  ///   false_alarm   chance that there is one in noise, white or with a spectrum that is a power of the frequency
  ///   source        Fisher 1929 for the strongest; Siegel 1980 for the next ones, each beside what is left
  std::vector<std::ptrdiff_t> outstanding(std::ptrdiff_t low, std::ptrdiff_t high, double false_alarm) const;

 private:
  double level_about(std::ptrdiff_t k) const;
  double power_at(double frequency) const;

  View<const double, 1> x_;
  double all_ = 0;           // of the spectrum
  Tensor<double, 1> share_;  // of frequency k; 0 at k = 0
};

}  // namespace lagoon::timeseries::detail
