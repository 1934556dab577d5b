// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/statistics/histogram.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/kernels/statistics/quantiles.hpp>
#include <limits>
#include <string>

namespace lagoon::statistics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Counts every element; place(value) is the bin of a value within the edges.
template <class T, class Place>
void count(View<const T, 1> x, Histogram& h, bool parallel, Place place) {
  const std::size_t bins = h.edges.size() - 1;
  h.counts.assign(bins, 0);
  if (x.empty()) return;
  const double first = h.edges.front(), last = h.edges.back();
  // Counters of a part must cost less than its elements.
  const std::ptrdiff_t grain = std::max<std::ptrdiff_t>(1 << 16, static_cast<std::ptrdiff_t>(8 * bins));
  using Counters = Tensor<std::int64_t, 1>;  // bins, below, above, missing
  const auto outside = static_cast<std::ptrdiff_t>(bins);
  const Counters total = parallel_reduce<Counters>(
      x.size(), {grain, parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        auto c = Counters::zeros({outside + 3});
        for (std::ptrdiff_t i = begin; i < end; ++i) {
          const auto value = static_cast<double>(x[i]);
          if (value >= first && value <= last)
            ++c[place(value)];
          else
            ++c[outside + (value < first ? 0 : value > last ? 1 : 2)];
        }
        return c;
      },
      [](Counters a, const Counters& b) {
        for (std::ptrdiff_t k = 0; k < a.size(); ++k) a[k] += b[k];
        return a;
      });
  std::copy_n(total.data(), bins, h.counts.begin());
  h.below = total[outside];
  h.above = total[outside + 1];
  h.missing = total[outside + 2];
}

template <class T>
Histogram equal_width(View<const T, 1> x, std::ptrdiff_t bins, double low, double high,
                      const HistogramOptions& options) {
  if (bins < 1)
    throw Error(Errc::invalid_argument, "histogram: " + std::to_string(bins) + " bins; at least 1 is needed");
  if (!(low < high) || !std::isfinite(low) || !std::isfinite(high))
    throw Error(Errc::invalid_argument, "histogram: limits are " + std::to_string(low) + " and " +
                                            std::to_string(high) + "; they must be finite and rise");
  Histogram h;
  const auto k = static_cast<double>(bins);
  const double width = high / k - low / k;  // the difference itself may overflow
  for (std::ptrdiff_t i = 0; i < bins; ++i) h.edges.push_back(low + static_cast<double>(i) * width);
  h.edges.push_back(high);
  const double scale = 1 / width;
  if (!(width > 0) || !std::isfinite(scale) ||
      std::adjacent_find(h.edges.begin(), h.edges.end(), std::greater_equal<>()) != h.edges.end())
    throw Error(Errc::invalid_argument, "histogram: " + std::to_string(bins) + " bins between " + std::to_string(low) +
                                            " and " + std::to_string(high) + " are narrower than numbers can be");
  const double* edges = h.edges.data();
  const std::ptrdiff_t last = bins - 1;
  count(x, h, options.compute.parallel, [=](double value) {
    auto bin = std::min(static_cast<std::ptrdiff_t>((value - low) * scale), last);
    // Rounding may be one bin off; the edges decide.
    if (value < edges[bin])
      --bin;
    else if (bin < last && value >= edges[bin + 1])
      ++bin;
    return bin;
  });
  return h;
}

template <class T>
Histogram given_edges(View<const T, 1> x, std::span<const double> edges, const HistogramOptions& options) {
  if (edges.size() < 2)
    throw Error(Errc::invalid_argument, "histogram: " + std::to_string(edges.size()) + " edges; at least 2 are needed");
  for (std::size_t i = 1; i < edges.size(); ++i)
    if (!(edges[i - 1] < edges[i]))
      throw Error(Errc::invalid_argument, "histogram: edge " + std::to_string(i) + " is " + std::to_string(edges[i]) +
                                              " after " + std::to_string(edges[i - 1]) + "; edges must rise");
  Histogram h;
  h.edges.assign(edges.begin(), edges.end());
  const double *begin = h.edges.data() + 1, *end = begin + edges.size() - 2;  // inner edges
  count(x, h, options.compute.parallel, [=](double value) { return std::upper_bound(begin, end, value) - begin; });
  return h;
}

template <class T>
Histogram automatic(View<const T, 1> x, const HistogramOptions& options) {
  struct Range {
    double low = kInfinity, high = -kInfinity, count = 0;
  };
  const Range range = parallel_reduce<Range>(
      x.size(), {1 << 16, options.compute.parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        Range r;
        for (std::ptrdiff_t i = begin; i < end; ++i) {
          const auto value = static_cast<double>(x[i]);
          if (!std::isfinite(value)) continue;
          r.low = std::min(r.low, value);
          r.high = std::max(r.high, value);
          ++r.count;
        }
        return r;
      },
      [](const Range& a, const Range& b) {
        return Range{std::min(a.low, b.low), std::max(a.high, b.high), a.count + b.count};
      });
  if (range.count == 0) throw Error(Errc::invalid_argument, "histogram: no finite number to choose bins by");
  if (range.low == range.high) {
    const double half = std::max(0.5, 4 * std::numeric_limits<double>::epsilon() * std::fabs(range.low));
    return equal_width(x, 1, range.low - half, range.high + half, options);
  }
  const auto quartiles = percentiles(x, std::array{25.0, 75.0}, {.nan = NanPolicy::omit, .compute = options.compute});
  const double width = 2 * (quartiles[1] - quartiles[0]) / std::cbrt(range.count);
  double bins = std::ceil(std::log2(range.count)) + 1;
  if (width > 0 && std::isfinite(width)) bins = std::ceil((range.high / width) - (range.low / width));
  // Neighbouring numbers leave no room for more bins than there are steps between them.
  const double step = std::max(std::fabs(range.low), std::fabs(range.high)) * std::numeric_limits<double>::epsilon();
  const double most = std::min(static_cast<double>(std::max<std::ptrdiff_t>(options.most_bins, 1)),
                               std::floor((range.high / 4 - range.low / 4) / step * 2));
  return equal_width(x, static_cast<std::ptrdiff_t>(std::max(1.0, std::min(bins, most))), range.low, range.high,
                     options);
}

}  // namespace

Histogram histogram(View<const double, 1> x, std::ptrdiff_t bins, double low, double high,
                    const HistogramOptions& options) {
  return equal_width(x, bins, low, high, options);
}
Histogram histogram(View<const float, 1> x, std::ptrdiff_t bins, double low, double high,
                    const HistogramOptions& options) {
  return equal_width(x, bins, low, high, options);
}
Histogram histogram(View<const double, 1> x, std::span<const double> edges, const HistogramOptions& options) {
  return given_edges(x, edges, options);
}
Histogram histogram(View<const float, 1> x, std::span<const double> edges, const HistogramOptions& options) {
  return given_edges(x, edges, options);
}
Histogram histogram(View<const double, 1> x, const HistogramOptions& options) { return automatic(x, options); }
Histogram histogram(View<const float, 1> x, const HistogramOptions& options) { return automatic(x, options); }

}  // namespace lagoon::statistics
