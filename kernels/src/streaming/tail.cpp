// SPDX-License-Identifier: Apache-2.0
#include "tail.hpp"

#include <algorithm>
#include <cmath>

namespace lagoon::streaming::detail {
namespace {

constexpr double kBeyond = 0.05;               // share of the numbers that make the tail
constexpr double kLogBeyond = 2.995732273554;  // -ln of it
constexpr double kMostSurprise = 1e6;
constexpr double kQuantileMemory = 0.0005;  // of the step by which the quantile follows
constexpr double kExcessMemory = 0.003;     // of peaks
constexpr double kDoubt = 50;               // so many numbers double the excess: little is known at first

}  // namespace

void Tail::begin(std::span<const double> sorted) noexcept {
  const std::size_t n = sorted.size();
  const std::size_t edge = std::min(n - 2, n * 19 / 20);
  quantile = sorted[edge];
  usual = sorted[n * 3 / 4] - sorted[n / 2];
  double sum = usual;
  beyond = 1;
  for (std::size_t i = edge + 1; i < n; ++i) {
    sum += sorted[i] - quantile;
    ++beyond;
  }
  excess = std::max(0.3 * usual, sum / beyond);
}

double Tail::surprise(double x, double count, double floor) const noexcept {
  const double over = x - quantile;
  if (over <= 0) return 0;
  const double scale = std::max(excess * (1 + kDoubt / count), floor);
  return std::min(kLogBeyond + over / scale, kMostSurprise);
}

void Tail::learn(double x, double step) noexcept {
  const double stride = 3 * step * std::max(usual, excess);
  if (x > quantile) {
    ++beyond;
    excess += std::max(1 / beyond, kExcessMemory) * (x - quantile - excess);
    quantile += stride * (1 - kBeyond);
  } else {
    quantile -= stride * kBeyond;
  }
}

double Tails::take(double x, double floor) noexcept {
  if (count_ < first_) {
    start_[static_cast<std::size_t>(count_++)] = x;
    if (count_ == first_) begin();
    return 0;
  }
  const auto n = static_cast<double>(count_);
  const double surprise = std::max(high_.surprise(x, n, floor), low_.surprise(-x, n, floor));
  ++count_;
  const double step = std::max(2 / static_cast<double>(count_), kQuantileMemory);
  high_.learn(x, step);
  low_.learn(-x, step);
  return surprise;
}

void Tails::begin() noexcept {
  const std::span<double> first(start_.data(), static_cast<std::size_t>(first_));
  std::sort(first.begin(), first.end());
  high_.begin(first);
  std::reverse(first.begin(), first.end());
  for (double& x : first) x = -x;
  low_.begin(first);
  start_ = {};
}

}  // namespace lagoon::streaming::detail
