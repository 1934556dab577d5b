// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/kernels/learning/agglomerative.hpp>
#include <string>

namespace lagoon::learning {
namespace {

/// Labels after the first `count` merges.
Tensor<std::int64_t, 1> labels_after(const Dendrogram& tree, std::ptrdiff_t count) {
  const std::ptrdiff_t rows = tree.merges.extent(0) + 1;
  // The last cluster that each belongs to. Clusters have higher numbers than those they are made of, so from the top
  // down what is above is known.
  auto top = Tensor<std::int64_t, 1>::filled({rows + count}, -1);
  for (std::ptrdiff_t k = count; k-- > 0;) {
    if (top[rows + k] < 0) top[rows + k] = rows + k;
    for (std::ptrdiff_t side = 0; side < 2; ++side) {
      const std::int64_t part = tree.merges(k, side);
      if (part < 0 || part >= rows + k)
        throw Error(Errc::invalid_argument, "labels: merge " + std::to_string(k) + " joins cluster " +
                                                std::to_string(part) + ", which is not there yet");
      top[part] = top[rows + k];
    }
  }
  auto numbers = Tensor<std::int64_t, 1>::filled({rows + count}, -1);
  Tensor<std::int64_t, 1> labels({rows});
  std::int64_t next = 0;
  for (std::ptrdiff_t i = 0; i < rows; ++i) {
    std::int64_t& number = numbers[top[i] < 0 ? i : top[i]];
    if (number < 0) number = next++;
    labels[i] = number;
  }
  return labels;
}

}  // namespace

Tensor<std::int64_t, 1> Dendrogram::labels(std::ptrdiff_t clusters) const {
  const std::ptrdiff_t rows = merges.extent(0) + 1;
  if (clusters < 1 || clusters > rows)
    throw Error(Errc::invalid_argument,
                "labels: " + std::to_string(clusters) + " clusters; wanted are 1 to " + std::to_string(rows));
  return labels_after(*this, rows - clusters);
}

Tensor<std::int64_t, 1> Dendrogram::labels_at(double height) const {
  if (std::isnan(height)) throw Error(Errc::invalid_argument, "labels_at: the height is NaN");
  const double* end = heights.data() + heights.size();
  return labels_after(*this, std::upper_bound(heights.data(), end, height) - heights.data());
}

}  // namespace lagoon::learning
