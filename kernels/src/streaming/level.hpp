// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace lagoon::streaming::detail {

/// What a mean with a memory of 1 / `least` numbers gives to the newest of n.
inline double share(std::int64_t n, double least) noexcept { return std::max(1 / static_cast<double>(n), least); }

/// Where a series lies, and how far from there its numbers usually are. Both follow slowly, and one number, however
/// far away, moves them no more than four or five usual distances would.
struct Level {
  double centre = 0;
  double distance = 0;  ///< mean of |x - centre|
  std::int64_t count = 0;

  void learn(double x, double rate) noexcept {
    ++count;
    const double a = share(count, rate);
    if (count == 1) {
      centre = x;
      return;
    }
    const bool settled = distance > 0 && count > 20;
    const double step = x - centre;
    centre += a * (settled ? std::clamp(step, -4 * distance, 4 * distance) : step);
    const double away = std::fabs(x - centre);
    distance += a * ((settled ? std::min(away, 5 * distance) : away) - distance);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(centre, distance, count);
  }
};

}  // namespace lagoon::streaming::detail
