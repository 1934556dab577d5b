// SPDX-License-Identifier: Apache-2.0
#include "pair_slopes.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "random/counter.hpp"
#include "ties.hpp"

namespace lagoon::timeseries::detail {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::uint64_t kSeed = 20;  // any: the result does not depend on it

/// What numbers are drawn for; unique over all families.
enum class Purpose : std::uint32_t { pairs = 96 };

// Bounds are numbers, or 0 and its neighbours `kTiny` away: products with lesser ones would not be exact.
constexpr double kTiny = 0x1p-500;

double at_or_below(double slope) { return std::abs(slope) >= kTiny ? slope : slope < 0 ? -kTiny : 0; }
double above(double slope) {
  return slope >= 0 && slope < kTiny ? kTiny : slope >= -kTiny && slope < 0 ? 0 : std::nextafter(slope, kInfinity);
}
double below(double slope) { return -above(-slope); }

}  // namespace

/// A slope, the points in its order, and how many slopes are less.
struct PairSlopes::Bound : SlopeOrder {
  std::int64_t rank = 0;
};

PairSlopes::PairSlopes(Points points)
    : points_(std::move(points)), all_(pairs(points_.size()) - ties_of(points_.t.data(), points_.size()).pairs) {}

void PairSlopes::select(std::span<const std::int64_t> ranks, double* slopes) {
  select_between({order_of_least(points_), 0}, {order_of_greatest(points_), all_}, ranks, slopes);
}

PairSlopes::Bound PairSlopes::bound_at(double slope, const Bound& low) const {
  SlopeOrder order = order_at(points_, low.order, slope);
  const std::int64_t rank = low.rank + order.inversions;
  return {std::move(order), rank};
}

// Slopes in [low, high), of which some have the ranks.
void PairSlopes::select_between(const Bound& low, const Bound& high, std::span<const std::int64_t> ranks,
                                double* slopes) {
  if (ranks.empty()) return;
  const std::int64_t inside = high.rank - low.rank;
  if (inside <= 4 * points_.size() + 4096) return write_down(low, high, ranks, slopes);

  Tensor<double, 1> drawn = sample(low, high);
  const std::ptrdiff_t m = drawn.size();
  const double share = (static_cast<double>(ranks[ranks.size() / 2] - low.rank) + 0.5) / static_cast<double>(inside);
  const auto middle = std::min(static_cast<std::ptrdiff_t>(share * static_cast<double>(m)), m - 1);
  polled::select(drawn.data(), 0, m, middle);
  if (above(low.slope) >= high.slope) {  // all of them are this one, but for rounding
    std::fill_n(slopes, ranks.size(), drawn[middle]);
    return;
  }
  // Two deviations of a rank in the sample to either side. Slopes are computed with rounding and may lie outside.
  const auto reach = static_cast<std::ptrdiff_t>(std::sqrt(static_cast<double>(m)));
  if (middle >= reach) polled::select(drawn.data(), 0, middle, middle - reach);
  if (middle + reach < m) polled::select(drawn.data(), middle + 1, m, middle + reach);
  double from = middle < reach ? low.slope : std::min(at_or_below(drawn[middle - reach]), below(high.slope));
  double to = middle + reach >= m ? high.slope : std::max(above(drawn[middle + reach]), above(low.slope));
  if (from <= low.slope && to >= high.slope)  // nothing won: halve, and leave out one number at least
    from = std::clamp(at_or_below(drawn[middle]), above(low.slope), below(high.slope));

  const bool has_from = from > low.slope, has_to = to < high.slope;
  Bound first, second;
  if (has_from) first = bound_at(from, low);
  if (has_to) second = bound_at(to, has_from ? first : low);
  const Bound &lower = has_from ? first : low, &upper = has_to ? second : high;
  const auto rank_at = [&](const Bound& bound) {
    return static_cast<std::size_t>(std::lower_bound(ranks.begin(), ranks.end(), bound.rank) - ranks.begin());
  };
  const std::size_t a = rank_at(lower), b = rank_at(upper);
  select_between(low, lower, ranks.first(a), slopes);
  select_between(lower, upper, ranks.subspan(a, b - a), slopes + a);
  select_between(upper, high, ranks.subspan(b), slopes + b);
}

void PairSlopes::write_down(const Bound& low, const Bound& high, std::span<const std::int64_t> ranks,
                            double* slopes) const {
  const std::int64_t inside = high.rank - low.rank;
  Tensor<double, 1> all({inside});
  double* out = all.data();
  double* const end = out + inside;
  Order order = places(low.order, high.order);
  visit_inversions(order, std::less<std::uint32_t>(),
                   [&](const std::uint32_t* left, const std::uint32_t* left_end, std::uint32_t right) {
                     for (; left != left_end && out != end; ++left)
                       *out++ = points_.slope(low.order[right], low.order[*left]);
                   });
  // Fewer only where times differ by less than numbers can: there an order is not exact.
  std::fill(out, end, out == all.data() ? low.slope : out[-1]);
  std::ptrdiff_t begin = 0;
  for (std::size_t k = 0; k < ranks.size(); ++k) {
    const std::ptrdiff_t rank = ranks[k] - low.rank;
    polled::select(all.data(), begin, inside, rank);
    slopes[k] = all[rank];
    begin = rank;
  }
}

// One of each of as many parts of the inversions as there are points.
Tensor<double, 1> PairSlopes::sample(const Bound& low, const Bound& high) {
  const std::int64_t inside = high.rank - low.rank;
  const std::ptrdiff_t m = points_.size();
  const double part = static_cast<double>(inside) / static_cast<double>(m);
  Tensor<double, 1> drawn({m});
  std::ptrdiff_t k = 0;
  std::int64_t seen = 0, next = 0;
  std::array<double, 4> random{};
  const auto draw = [&] {
    if (k % 4 == 0) random = random::uniform(kSeed, Purpose::pairs, samples_, static_cast<std::uint32_t>(k / 4));
    next = std::min(static_cast<std::int64_t>((static_cast<double>(k) + random[k % 4]) * part), inside - 1);
  };
  draw();
  Order order = places(low.order, high.order);
  visit_inversions(order, std::less<std::uint32_t>(),
                   [&](const std::uint32_t* left, const std::uint32_t* left_end, std::uint32_t right) {
                     for (; k < m && next < seen + (left_end - left);) {
                       drawn[k] = points_.slope(low.order[right], low.order[left[next - seen]]);
                       if (++k < m) draw();
                     }
                     seen += left_end - left;
                   });
  std::fill(drawn.data() + k, drawn.data() + m, k == 0 ? low.slope : drawn[k - 1]);  // see write_down
  ++samples_;
  return drawn;
}

}  // namespace lagoon::timeseries::detail
