// SPDX-License-Identifier: Apache-2.0
#include "slope_order.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "polled/parts.hpp"

namespace lagoon::timeseries::detail {
namespace {

struct Key {
  double value;
  std::uint32_t point;
};

/// Adds two numbers: their rounded sum, and what rounding took.
///   source   Knuth 1969
struct Sum {
  Sum(double a, double b) : high(a + b) {
    const double part = high - a;
    low = (a - (high - part)) + (b - part);
  }
  double high, low;
};

/// What the rounding of fma(a, b, c) took: first + second, the first being that rounded.
///   source   Boldo & Muller 2011, "Exact and approximated error of the FMA"
struct FmaError {
  FmaError(double a, double b, double c) {
    const double product = a * b, product_low = std::fma(a, b, -product);
    const Sum small(c, product_low), large(product, small.high);
    const double gamma = (large.high - std::fma(a, b, c)) + large.low;
    const Sum error(gamma, small.low);
    first = error.high;
    second = error.low;
  }
  double first, second;
};

/// Whether a is before b of the same rounded value, by what rounding took and by number.
bool before_equal(const Points& points, double slope, std::uint32_t a, std::uint32_t b) {
  const FmaError p(-slope, points.t[a], points.x[a]), q(-slope, points.t[b], points.x[b]);
  if (p.first != q.first) return p.first < q.first;
  return p.second != q.second ? p.second < q.second : a < b;
}

}  // namespace

SlopeOrder order_of_least(const Points& points) {
  Order order({points.size()});
  polled::for_each(order.size(), [&](std::ptrdiff_t k) { order[k] = static_cast<std::uint32_t>(k); });
  return {-std::numeric_limits<double>::infinity(), std::move(order), 0};
}

// From the last time to the first; those of one time stay as they are.
SlopeOrder order_of_greatest(const Points& points) {
  const std::ptrdiff_t n = points.size();
  Order order({n});
  std::int64_t inversions = 0;
  std::ptrdiff_t out = 0;
  for (std::ptrdiff_t end = n, begin = n; end > 0; end = begin) {
    while (begin > 0 && points.t[begin - 1] == points.t[end - 1]) --begin;
    std::iota(order.data() + out, order.data() + out + (end - begin), static_cast<std::uint32_t>(begin));
    out += end - begin;
    inversions += begin * (end - begin);
  }
  return {std::numeric_limits<double>::infinity(), std::move(order), inversions};
}

// A multiplication and an addition with one rounding keep the order of exact values but for equals: rounding never
// changes who is less. So only equals are looked at more closely.
SlopeOrder order_at(const Points& points, const Order& lesser, double slope) {
  const std::ptrdiff_t n = points.size();
  Tensor<Key, 1> keys({n});
  polled::for_each(n, [&](std::ptrdiff_t k) {
    const std::uint32_t i = lesser[k];
    keys[k] = {std::fma(-slope, points.t[i], points.x[i]), i};
  });
  std::int64_t inversions = 0;
  visit_inversions(
      keys,
      [&](const Key& a, const Key& b) {
        if (a.value == b.value) [[unlikely]]
          return before_equal(points, slope, a.point, b.point);
        return a.value < b.value;
      },
      [&](const Key* left, const Key* left_end, const Key&) { inversions += left_end - left; });
  Order order({n});
  polled::for_each(n, [&](std::ptrdiff_t k) { order[k] = keys[k].point; });
  return {slope, std::move(order), inversions};
}

Order places(const Order& earlier, const Order& later) {
  const std::ptrdiff_t n = earlier.size();
  Order at({n}), result({n});
  polled::for_each(n, [&](std::ptrdiff_t k) { at[earlier[k]] = static_cast<std::uint32_t>(k); });
  polled::for_each(n, [&](std::ptrdiff_t k) { result[k] = at[later[k]]; });
  return result;
}

}  // namespace lagoon::timeseries::detail
