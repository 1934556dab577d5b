// SPDX-License-Identifier: Apache-2.0
#include "packed_rows.hpp"

#include <algorithm>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>

namespace lagoon::learning::detail {

PackedRows::PackedRows(View<const double, 2> x, bool parallel)
    : rows_(x.extent(0)), columns_(x.extent(1)), numbers_({packs() * kPack * columns_}) {
  const std::ptrdiff_t grain = std::max<std::ptrdiff_t>(1, (1 << 15) / (kPack * columns_));
  parallel_for(packs() * kPack, {grain * kPack, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i)
      for (std::ptrdiff_t j = 0; j < columns_; ++j)
        at(i)[j * kPack] = i < rows_ ? x(i, j) : std::numeric_limits<double>::quiet_NaN();
  });
}

}  // namespace lagoon::learning::detail
