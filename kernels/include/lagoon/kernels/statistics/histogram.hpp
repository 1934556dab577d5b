// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/core/view.hpp>
#include <lagoon/engine/compute.hpp>
#include <span>
#include <vector>

namespace lagoon::statistics {

/// How many numbers fall between each two neighbouring edges.
struct Histogram {
  std::vector<double> edges;         ///< k + 1, rising
  std::vector<std::int64_t> counts;  ///< k; bin i holds edges[i] <= x < edges[i + 1], the last bin its upper edge too
  std::int64_t below = 0;            ///< numbers below the first edge
  std::int64_t above = 0;            ///< numbers above the last
  std::int64_t missing = 0;          ///< NaNs
  LAGOON_FIELDS(Histogram, edges, counts, below, above, missing)
};

struct HistogramOptions {
  std::ptrdiff_t most_bins = 10'000;  ///< what automatic bins stop at
  ComputeOptions compute{};
};

/// Bins of equal width between two limits.
///
///   Histogram h = histogram(x, 50, -4, 4);
///
///   x        n numbers, any stride; none is an empty histogram
///   bins     k >= 1
///   low      finite, below high
///   returns  an element is counted where the edges written in the result say, not where rounding puts it
///   throws   invalid_argument (bins, limits); cancelled, deadline_exceeded
///   cost     O(n), one read of x, k counters per part; parallel
Histogram histogram(View<const double, 1> x, std::ptrdiff_t bins, double low, double high,
                    const HistogramOptions& options = {});
Histogram histogram(View<const float, 1> x, std::ptrdiff_t bins, double low, double high,
                    const HistogramOptions& options = {});

/// Bins between given edges.
///   edges   two or more, strictly rising; infinities may be the first and the last
///   throws  invalid_argument (edges)
///   cost    O(n log k)
Histogram histogram(View<const double, 1> x, std::span<const double> edges, const HistogramOptions& options = {});
Histogram histogram(View<const float, 1> x, std::span<const double> edges, const HistogramOptions& options = {});

/// Bins of equal width from the least finite number to the greatest, as wide as the data ask for.
///   returns  a constant series has one bin of width 1 about it; infinities are in below and above
///   throws   invalid_argument: nothing finite in x
///   cost     O(n), three reads of x
///   source   Freedman & Diaconis 1981, width 2 (q75 - q25) / n^(1/3); where the quartiles coincide, Sturges 1926,
///            log2(n) + 1 bins
Histogram histogram(View<const double, 1> x, const HistogramOptions& options = {});
Histogram histogram(View<const float, 1> x, const HistogramOptions& options = {});

}  // namespace lagoon::statistics
