// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/error.hpp>
#include <lagoon/kernels/learning/agglomerative.hpp>
#include <numeric>
#include <string>
#include <utility>

#include "agglomerative_chain.hpp"
#include "check.hpp"
#include "polled/sort.hpp"
#include "squares.hpp"

namespace lagoon::learning {
namespace {

constexpr std::ptrdiff_t kMostRows = 65'536;

Tensor<detail::Merge, 1> merges_of(View<const double, 2> x, const AgglomerativeOptions& options) {
  const bool parallel = options.compute.parallel;
  switch (options.linkage) {
    case Linkage::ward: return detail::ward_merges(x, parallel);
    case Linkage::single: return detail::single_merges(x, parallel);
    case Linkage::complete:
    case Linkage::average: return detail::matrix_merges(x, options.linkage, parallel);
  }
  throw Error(Errc::invalid_argument,
              "agglomerative: linkage " + std::to_string(static_cast<int>(options.linkage)) + " is none");
}

/// Merges by height, with the numbers of the clusters they join: of equals the first found is first.
Dendrogram in_order(Tensor<detail::Merge, 1> merges) {
  const std::ptrdiff_t count = merges.size(), rows = count + 1;
  polled::sort(merges.data(), count,
               [](const detail::Merge& a, const detail::Merge& b) { return a.height < b.height; });
  Dendrogram tree{Tensor<std::int64_t, 2>({count, 2}), Tensor<double, 1>({count}), Tensor<std::int64_t, 1>({count})};
  Tensor<std::int64_t, 1> above({rows + count});  // of each cluster: the one it went into, or itself
  std::iota(above.data(), above.data() + above.size(), std::int64_t{0});
  const auto top = [&](std::int64_t k) {
    while (above[k] != k) k = above[k] = above[above[k]];
    return k;
  };
  const auto size = [&](std::int64_t k) { return k < rows ? 1 : tree.sizes[k - rows]; };
  for (std::ptrdiff_t k = 0; k < count; ++k) {
    const auto [a, b] = std::minmax({top(merges[k].a), top(merges[k].b)});
    tree.merges(k, 0) = a;
    tree.merges(k, 1) = b;
    tree.heights[k] = merges[k].height;
    tree.sizes[k] = size(a) + size(b);
    above[a] = above[b] = rows + k;
  }
  return tree;
}

}  // namespace

Dendrogram agglomerative(View<const double, 2> x, const AgglomerativeOptions& options) {
  detail::check_table(x, "agglomerative");
  if (x.extent(0) > kMostRows)
    throw Error(Errc::invalid_argument, "agglomerative: " + std::to_string(x.extent(0)) + " rows; at most " +
                                            std::to_string(kMostRows) + " (kmeans and dbscan take more)");
  detail::check_squares(x, "agglomerative", options.compute.parallel);
  return in_order(merges_of(x, options));
}

}  // namespace lagoon::learning
