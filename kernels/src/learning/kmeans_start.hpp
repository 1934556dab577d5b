// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/tensor.hpp>

namespace lagoon::learning::detail {

/// Rows to begin with, each drawn by how far it is from those before: of 2 + log k that are drawn, the one that leaves
/// the least squared distances.
///   start    whose numbers are drawn
///   source   Arthur & Vassilvitskii 2007
Tensor<double, 2> draw_centres(View<const double, 2> x, std::ptrdiff_t clusters, std::uint64_t seed,
                               std::uint64_t start, bool parallel);

}  // namespace lagoon::learning::detail
