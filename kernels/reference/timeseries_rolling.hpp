// SPDX-License-Identifier: Apache-2.0
#pragma once

// Statistics of sliding windows as a definition has them: each window by itself, in long double, one thread.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace lagoon::reference {

struct RollingWindow {
  std::ptrdiff_t length = 1, min_count = 1;
  bool centred = false;
};

/// The numbers in the window of place i that are not NaN.
inline std::vector<double> window_numbers(const std::vector<double>& x, const RollingWindow& window, std::ptrdiff_t i) {
  const auto n = static_cast<std::ptrdiff_t>(x.size());
  const std::ptrdiff_t ahead = window.centred ? (window.length - 1) / 2 : 0, behind = window.length - 1 - ahead;
  std::vector<double> numbers;
  for (std::ptrdiff_t k = std::max<std::ptrdiff_t>(i - behind, 0); k <= std::min(i + ahead, n - 1); ++k)
    if (!std::isnan(x[static_cast<std::size_t>(k)])) numbers.push_back(x[static_cast<std::size_t>(k)]);
  return numbers;
}

/// of(numbers) of the window of place i, or NaN where the numbers are fewer than min_count.
template <class Of>
long double rolling(const std::vector<double>& x, const RollingWindow& window, std::ptrdiff_t i, Of&& of) {
  const std::vector<double> numbers = window_numbers(x, window, i);
  if (static_cast<std::ptrdiff_t>(numbers.size()) < window.min_count)
    return std::numeric_limits<long double>::quiet_NaN();
  return of(numbers);
}

inline long double window_mean(const std::vector<double>& x) {
  long double sum = 0;
  for (double v : x) sum += v;
  return sum / static_cast<long double>(x.size());
}

inline long double window_deviation(const std::vector<double>& x, long double ddof = 1) {
  const long double mean = window_mean(x), free = static_cast<long double>(x.size()) - ddof;
  if (!(free > 0)) return std::numeric_limits<long double>::quiet_NaN();
  long double squares = 0;
  for (double v : x) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / free);
}

inline long double window_minimum(const std::vector<double>& x) { return *std::min_element(x.begin(), x.end()); }
inline long double window_maximum(const std::vector<double>& x) { return *std::max_element(x.begin(), x.end()); }

inline long double window_median(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  const std::size_t n = x.size();
  return (static_cast<long double>(x[(n - 1) / 2]) + x[n / 2]) / 2;
}

/// A mean with weights (1 - alpha)^age; without `adjust` the first number has its weight over alpha.
/// Each result anew from all numbers before it.
struct Exponential {
  long double mean = std::numeric_limits<long double>::quiet_NaN(), variance = mean, unbiased = mean;
};
inline std::vector<Exponential> exponential(const std::vector<double>& x, long double alpha, bool adjust) {
  std::vector<Exponential> result;
  for (std::size_t i = 0; i < x.size(); ++i) {
    // Without `adjust`, a number that comes after a gap stands beside (1 - alpha)^gap of what was before, both over
    // their sum: so weights are built from the first number on.
    std::vector<long double> weights, values;
    std::size_t last = 0;
    for (std::size_t k = 0; k <= i; ++k) {
      if (std::isnan(x[k])) continue;
      const long double aged = std::pow(1 - alpha, static_cast<long double>(k - last));
      long double sum = 0;
      for (long double& w : weights) sum += w *= aged;
      weights.push_back(adjust || weights.empty() ? 1 : alpha);
      sum += weights.back();
      if (!adjust)
        for (long double& w : weights) w /= sum;
      values.push_back(x[k]);
      last = k;
    }
    Exponential e;
    if (!values.empty()) {
      long double sum = 0, weighted = 0, pairs = 0, squares = 0;
      for (std::size_t k = 0; k < values.size(); ++k) {
        pairs += 2 * sum * weights[k];
        sum += weights[k];
        weighted += weights[k] * values[k];
      }
      e.mean = weighted / sum;
      for (std::size_t k = 0; k < values.size(); ++k)
        squares += weights[k] * (values[k] - e.mean) * (values[k] - e.mean);
      if (values.size() > 1) {
        e.variance = squares / sum;
        e.unbiased = squares * sum / pairs;
      }
    }
    result.push_back(e);
  }
  return result;
}

}  // namespace lagoon::reference
