// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <lagoon/kernels/dynamics/system.hpp>

namespace lagoon::files {

/// Gives a system an open box that is just around its particles; 1 long where they lie in a plane. False when that is
/// no finite number.
inline bool enclose(dynamics::System& s) {
  s.box.boundary.fill(dynamics::Boundary::open);
  for (std::size_t d = 0; d < 3; ++d) {
    const auto axis = static_cast<std::ptrdiff_t>(d);
    double low = s.size() > 0 ? s.positions(0, axis) : 0, high = low;
    for (std::ptrdiff_t i = 0; i < s.size(); ++i) {
      low = std::min(low, s.positions(i, axis));
      high = std::max(high, s.positions(i, axis));
    }
    s.box.origin[d] = low;
    s.box.length[d] = high > low ? high - low : 1;
    if (!std::isfinite(s.box.length[d])) return false;
  }
  return true;
}

}  // namespace lagoon::files
