// SPDX-License-Identifier: Apache-2.0
#include "side_by_side.hpp"

#include <algorithm>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <memory>
#include <string>
#include <utility>

namespace lagoon::services {

Frozen<double, 2> side_by_side(const std::vector<Frozen<double, 1>>& columns, const char* method) {
  const std::ptrdiff_t rows = columns.empty() ? 0 : columns.front().size();
  for (std::size_t j = 0; j < columns.size(); ++j) {
    if (columns[j].size() == rows) continue;
    throw Error(Errc::invalid_argument, std::string(method) + ": column 0 has " + std::to_string(rows) +
                                            " values, column " + std::to_string(j) + " has " +
                                            std::to_string(columns[j].size()));
  }
  const auto n = static_cast<std::ptrdiff_t>(columns.size());
  Tensor<double, 2> transposed({n, rows});  // a column is a row of it, contiguous as it came
  constexpr std::ptrdiff_t kPiece = 16384;  // of a column: some 100 us where its pages are new
  const std::ptrdiff_t pieces = (rows + kPiece - 1) / kPiece;
  parallel_for(n * pieces, {1}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t k = begin; k < end; ++k) {
      const std::ptrdiff_t j = k / pieces, first = k % pieces * kPiece, last = std::min(rows, first + kPiece);
      const View<const double, 1> from = columns[static_cast<std::size_t>(j)];
      for (std::ptrdiff_t i = first; i < last; ++i) transposed(j, i) = from[i];
    }
  });
  const auto keep = std::make_shared<Frozen<double, 2>>(std::move(transposed).freeze());
  return Frozen<double, 2>::over(keep->view().transposed(), keep);
}

}  // namespace lagoon::services
