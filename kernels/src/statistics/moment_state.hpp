// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <lagoon/kernels/statistics/moments.hpp>
#include <limits>

namespace lagoon::statistics::detail {

/// What is known of a part of a series; parts merge into the whole.
/// The sum is kept in two numbers, so that the mean of the whole is as good as that of one block.
struct MomentState {
  double count = 0;
  double sum = 0, sum_low = 0;
  double m2 = 0, m3 = 0, m4 = 0;  // sums of powers of x - mean
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -std::numeric_limits<double>::infinity();
  double missing = 0;

  double mean() const noexcept { return (std::isfinite(sum) ? sum + sum_low : sum) / count; }
};

/// The union of two parts (Chan, Golub & LeVeque 1983; Pebay 2008), powers up to `order`.
inline MomentState merge(const MomentState& a, const MomentState& b, int order) {
  MomentState r;
  r.missing = a.missing + b.missing;
  if (a.count == 0 || b.count == 0) {
    const double missing = r.missing;
    r = a.count == 0 ? b : a;
    r.missing = missing;
    return r;
  }
  r.count = a.count + b.count;
  r.minimum = b.minimum < a.minimum ? b.minimum : a.minimum;
  r.maximum = b.maximum > a.maximum ? b.maximum : a.maximum;
  r.sum = a.sum + b.sum;
  const double part = r.sum - a.sum;  // Knuth's two-sum: what the addition lost
  r.sum_low = a.sum_low + b.sum_low + ((a.sum - (r.sum - part)) + (b.sum - part));
  if (order < 2) return r;
  const double na = a.count, nb = b.count, n = r.count;
  const double delta = b.mean() - a.mean();
  const double share = delta / n;
  const double between = delta * share * na * nb;
  r.m2 = a.m2 + b.m2 + between;
  if (order < 3) return r;
  r.m3 = a.m3 + b.m3 + between * share * (na - nb) + 3 * share * (na * b.m2 - nb * a.m2);
  r.m4 = a.m4 + b.m4 + between * share * share * (na * na - na * nb + nb * nb) +
         6 * share * share * (na * na * b.m2 + nb * nb * a.m2) + 4 * share * (na * b.m3 - nb * a.m3);
  return r;
}

/// Of order 4, NaNs left out; x has one element at least.
MomentState moment_state(View<const double, 1> x);

/// The numbers that the state stands for; those that need a power above `order` are NaN.
Moments finish(const MomentState& state, int order, double ddof);

}  // namespace lagoon::statistics::detail
