// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/dynamics/system.hpp>

#include <limits>
#include <vector>

namespace lagoon::files {

/// Three particles of two types with numbers that need all of their digits.
inline dynamics::System three_particles() {
  dynamics::System s;
  s.box.origin = {-1.1, 0.2, 1e-3};
  s.box.length = {10.0 / 3, 7.7, 1e3 + 0.1};
  s.positions = Tensor<double, 2>({3, 3});
  s.velocities = Tensor<double, 2>({3, 3});
  s.types = Tensor<std::int32_t, 1>({3});
  s.charges = Tensor<double, 1>({3});
  for (std::ptrdiff_t i = 0; i < 3; ++i) {
    for (std::ptrdiff_t d = 0; d < 3; ++d) {
      s.positions(i, d) = 1.0 / static_cast<double>(7 + 3 * i + d);
      s.velocities(i, d) = -1.0 / static_cast<double>(3 + i * d);
    }
    s.types[i] = i == 0 ? 1 : 0;
    s.charges[i] = 0.1 * static_cast<double>(i) - 0.1;
  }
  s.velocities(2, 2) = std::numeric_limits<double>::denorm_min();
  s.masses = {39.948, 1.0 / 3};
  return s;
}

template <class T, std::size_t R>
std::vector<T> values(const Tensor<T, R>& a) {
  return {a.data(), a.data() + a.size()};
}

}  // namespace lagoon::files
