// SPDX-License-Identifier: Apache-2.0
#include "kmeans_start.hpp"

#include <cmath>
#include <vector>

#include "kmeans_panels.hpp"
#include "random.hpp"

namespace lagoon::learning::detail {
namespace {

/// In [0, 1), of 53 random bits.
double fraction(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t word = std::uint64_t{high} << 32 | low;
  return static_cast<double>(word >> 11) * 0x1p-53;
}

/// Draws centres one by one, and knows how far each row is from the nearest of them.
class Draw {
 public:
  Draw(View<const double, 2> x, std::ptrdiff_t clusters, bool parallel)
      : x_(x),
        candidates_(2 + static_cast<std::ptrdiff_t>(std::log(static_cast<double>(clusters)))),
        grain_(grain_of_parts(x.extent(0), clusters, parallel)),
        parts_((x.extent(0) + grain_.elements - 1) / grain_.elements),
        nearest_(Tensor<double, 1>::filled({x.extent(0)}, std::numeric_limits<double>::infinity())),
        of_parts_({parts_}) {}

  std::ptrdiff_t candidates() const { return candidates_; }

  /// A row, each as likely as its squared distance says; any when all of them are 0 or none is drawn yet.
  std::ptrdiff_t row_at(double fraction) const {
    const std::ptrdiff_t n = x_.extent(0);
    const auto any = std::min(static_cast<std::ptrdiff_t>(fraction * static_cast<double>(n)), n - 1);
    if (!(total_ > 0)) return any;
    double rest = fraction * total_;
    std::ptrdiff_t part = 0;
    while (part + 1 < parts_ && rest >= of_parts_[part]) rest -= of_parts_[part++];
    std::ptrdiff_t last = -1;  // sums in another order round differently: what is left over may outlast the part
    for (std::ptrdiff_t i = part * grain_.elements; i < std::min(n, (part + 1) * grain_.elements); ++i) {
      if (nearest_[i] == 0) continue;
      last = i;
      rest -= nearest_[i];
      if (rest < 0) break;
    }
    return last < 0 ? any : last;
  }

  /// The candidate after which squared distances sum to least.
  std::ptrdiff_t best_of(const std::vector<std::ptrdiff_t>& rows) const {
    const auto count = static_cast<std::ptrdiff_t>(rows.size());
    CentreTiles tiles(count, x_.extent(1));
    for (std::ptrdiff_t k = 0; k < count; ++k) tiles.set(k, x_.row(rows[static_cast<std::size_t>(k)]));
    const auto sums = parallel_reduce<std::vector<double>>(
        x_.extent(0), grain_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) { return sums_after(tiles, begin, end); },
        [](std::vector<double> a, const std::vector<double>& b) {
          for (std::size_t k = 0; k < a.size(); ++k) a[k] += b[k];
          return a;
        });
    const auto least =
        std::min_element(sums.begin(), sums.begin() + count);  // which leaves out what fills the last tile
    return rows[static_cast<std::size_t>(least - sums.begin())];
  }

  void add(std::ptrdiff_t row) {
    CentreTiles tile(1, x_.extent(1));
    tile.set(0, x_.row(row));
    parallel_for(x_.extent(0), grain_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      double sum = 0;
      for_each_panel(x_, begin, end, 1, [&](const Panel& panel, std::ptrdiff_t first, std::ptrdiff_t rows) {
        std::array<double, kTileCentres * kPanelRows> squared;
        kernels_.distances(panel.data(), x_.extent(1), tile.data(), squared.data());
        for (std::ptrdiff_t r = 0; r < rows; ++r) {
          double& nearest = nearest_[first + r];
          nearest = std::min(nearest, squared[static_cast<std::size_t>(r)]);
          sum += nearest;
        }
      });
      of_parts_[begin / grain_.elements] = sum;
    });
    total_ = 0;
    for (std::ptrdiff_t k = 0; k < parts_; ++k) total_ += of_parts_[k];
  }

 private:
  std::vector<double> sums_after(const CentreTiles& tiles, std::ptrdiff_t begin, std::ptrdiff_t end) const {
    std::vector<double> sums(static_cast<std::size_t>(tiles.count() * kTileCentres));
    const auto add = [&](const Panel& panel, std::ptrdiff_t first, std::ptrdiff_t rows) {
      for (std::ptrdiff_t k = 0; k < tiles.count(); ++k) {
        std::array<double, kTileCentres * kPanelRows> squared;
        kernels_.distances(panel.data(), x_.extent(1), tiles.data() + k * kTileCentres * x_.extent(1), squared.data());
        for (std::ptrdiff_t c = 0; c < kTileCentres; ++c)
          for (std::ptrdiff_t r = 0; r < rows; ++r)
            sums[static_cast<std::size_t>(k * kTileCentres + c)] +=
                std::min(nearest_[first + r], squared[static_cast<std::size_t>(c * kPanelRows + r)]);
      }
    };
    for_each_panel(x_, begin, end, tiles.count() * kTileCentres, add);
    return sums;
  }

  View<const double, 2> x_;
  std::ptrdiff_t candidates_;
  Grain grain_;
  std::ptrdiff_t parts_;
  Tensor<double, 1> nearest_;   ///< squared distance of each row to the nearest centre
  Tensor<double, 1> of_parts_;  ///< what those sum to
  double total_ = 0;
  const KMeansKernels& kernels_ = kmeans_kernels();
};

}  // namespace

Tensor<double, 2> draw_centres(View<const double, 2> x, std::ptrdiff_t clusters, std::uint64_t seed,
                               std::uint64_t start, bool parallel) {
  Draw draw(x, clusters, parallel);
  Tensor<double, 2> centres({clusters, x.extent(1)});
  const auto words = [&](std::ptrdiff_t k, std::ptrdiff_t candidate) {
    const std::uint64_t step = start << 32 | static_cast<std::uint64_t>(k);
    return bits(seed, Purpose::centres, step, static_cast<std::uint32_t>(candidate));
  };
  for (std::ptrdiff_t k = 0; k < clusters; ++k) {
    const std::ptrdiff_t count = k == 0 ? 1 : draw.candidates();
    std::vector<std::ptrdiff_t> rows;
    for (std::ptrdiff_t c = 0; c < count; ++c) {
      const auto w = words(k, c);
      rows.push_back(draw.row_at(fraction(w[0], w[1])));
    }
    const std::ptrdiff_t row = count == 1 ? rows[0] : draw.best_of(rows);
    draw.add(row);
    for (std::ptrdiff_t j = 0; j < x.extent(1); ++j) centres(k, j) = x(row, j);
  }
  return centres;
}

}  // namespace lagoon::learning::detail
