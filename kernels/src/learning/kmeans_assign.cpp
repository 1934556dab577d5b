// SPDX-License-Identifier: Apache-2.0
#include "kmeans_assign.hpp"

#include <utility>

#include "kmeans_panels.hpp"

namespace lagoon::learning::detail {

Assignment assign(View<const double, 2> x, View<const double, 2> centres, bool parallel) {
  struct Part {
    double inertia = 0;
    Tensor<std::int64_t, 1> sizes;
  };
  const std::ptrdiff_t clusters = centres.extent(0), columns = x.extent(1);
  CentreTiles tiles(clusters, columns);
  tiles.set(centres);
  const KMeansKernels& kernels = kmeans_kernels();
  Assignment all;
  all.labels = Tensor<std::int32_t, 1>({x.extent(0)});
  Part sum = parallel_reduce<Part>(
      x.extent(0), grain_of_parts(x.extent(0), clusters, parallel),
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        Part part{0, Tensor<std::int64_t, 1>::zeros({clusters})};
        const auto note = [&](const Panel& panel, std::ptrdiff_t first, std::ptrdiff_t rows) {
          Nearest found;
          kernels.nearest(panel.data(), columns, tiles.data(), tiles.count(), &found);
          for (std::ptrdiff_t r = 0; r < rows; ++r) {
            const auto at = static_cast<std::size_t>(r);
            all.labels[first + r] = static_cast<std::int32_t>(found.centre[at]);
            ++part.sizes[all.labels[first + r]];
            part.inertia += found.squared[at];
          }
        };
        for_each_panel(x, begin, end, clusters, note);
        return part;
      },
      [](Part a, Part b) {
        a.inertia += b.inertia;
        for (std::ptrdiff_t k = 0; k < a.sizes.size(); ++k) a.sizes[k] += b.sizes[k];
        return a;
      });
  all.inertia = sum.inertia;
  all.sizes = std::move(sum.sizes);
  return all;
}

}  // namespace lagoon::learning::detail
