// SPDX-License-Identifier: Apache-2.0
#include "moving_average.hpp"

#include <algorithm>
#include <lagoon/engine/parallel.hpp>

namespace lagoon::timeseries::detail {
namespace {

/// The means that begin in one block of x: `count` of them, at most a window. sums[i] = x[i .. window) is made
/// backwards.
void means_from_block(const double* x, std::ptrdiff_t window, std::ptrdiff_t count, double* out) {
  double sum = 0;
  for (std::ptrdiff_t i = window - 1; i >= count; --i) sum += x[i];
  for (std::ptrdiff_t i = count - 1; i >= 0; --i) out[i] = sum += x[i];
  const auto size = static_cast<double>(window);
  out[0] /= size;
  sum = 0;
  for (std::ptrdiff_t i = 1; i < count; ++i) {
    sum += x[window + i - 1];
    out[i] = (out[i] + sum) / size;
  }
}

}  // namespace

void moving_average(const double* x, std::ptrdiff_t n, std::ptrdiff_t window, double* out, bool parallel) {
  const std::ptrdiff_t means = n - window + 1, blocks = (means + window - 1) / window;
  const std::ptrdiff_t grain = std::max<std::ptrdiff_t>(1, 16384 / window);
  parallel_for(blocks, {grain, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t b = begin; b < end; ++b)
      means_from_block(x + b * window, window, std::min(window, means - b * window), out + b * window);
  });
}

}  // namespace lagoon::timeseries::detail
