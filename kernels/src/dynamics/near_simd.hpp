// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lagoon::dynamics::detail {

/// What boxes with edges along the axes enclose.
struct Bounds {
  std::array<float, 3> low, high;
  bool empty() const noexcept { return low[0] > high[0]; }
};

/// Bounds of many, side by side. There is room for a whole vector behind the last.
struct ManyBounds {
  std::array<std::vector<float>, 3> low, high;
  void resize(std::size_t n);
};

struct NearKernels {
  /// Numbers of the boxes in [begin, end) that are closer than the root of `reach2` to the first of two boxes, and to
  /// the second, each behind what is in `out` already; it has room for all and a vector more.
  void (*near)(const ManyBounds& boxes, std::ptrdiff_t begin, std::ptrdiff_t end, const std::array<Bounds, 2>& two,
               float reach2, const std::array<std::int32_t*, 2>& out, std::array<std::size_t, 2>& counts);
};
const NearKernels& near_kernels();

}  // namespace lagoon::dynamics::detail
