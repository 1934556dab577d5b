// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "level.hpp"

namespace lagoon::streaming::detail {

/// The next value, as the best of several simple guesses foresees it: best is the one that erred least of late.
class Forecast {
 public:
  static constexpr std::size_t kGuesses = 4;
  using Guesses = std::array<double, kGuesses>;

  /// NaN before the first number.
  double expected(const Guesses& guesses) const noexcept {
    return count_ == 0 ? std::numeric_limits<double>::quiet_NaN() : guesses[best()];
  }
  /// Of the best guess; NaN before the second number.
  double deviation() const noexcept {
    constexpr double kOfMean = 1.2533141373155003;  // sqrt(pi / 2): deviation over mean distance of a normal number
    return count_ < 2 ? std::numeric_limits<double>::quiet_NaN() : kOfMean * errors_[best()];
  }
  void learn(const Guesses& guesses, double x) noexcept {
    ++count_;
    if (count_ == 1) return;  // there was no guess
    const double a = share(count_ - 1, 0.01);
    for (std::size_t i = 0; i < kGuesses; ++i) errors_[i] += a * (std::fabs(x - guesses[i]) - errors_[i]);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(count_, errors_);
  }

 private:
  std::size_t best() const noexcept {
    return static_cast<std::size_t>(std::min_element(errors_.begin(), errors_.end()) - errors_.begin());
  }

  std::int64_t count_ = 0;
  Guesses errors_{};  // mean distances
};

}  // namespace lagoon::streaming::detail
