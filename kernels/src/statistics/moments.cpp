// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/statistics/moments.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <limits>
#include <string>

#include "moment_state.hpp"
#include "moments_simd.hpp"

namespace lagoon::statistics {
namespace detail {
namespace {

constexpr std::ptrdiff_t kBlock = 2048;  // 16 KiB: the second look at a block finds it in the first-level cache
constexpr std::ptrdiff_t kGrain = 65536;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// What one walk over a series computes.
struct Walk {
  const char* what;  // for messages
  int order;
  bool extrema;
  NanPolicy nan;
};

template <class T>
MomentState of_block(const T* x, std::ptrdiff_t n, const Walk& walk) {
  const MomentKernels<T>& kernels = moment_kernels<T>();
  MomentState state;
  state.count = static_cast<double>(n);
  if (walk.extrema) {
    const SumAndExtrema s = walk.order < 2 ? kernels.sum_and_extrema(x, n) : kernels.sum_and_extrema_ahead(x, n);
    state.sum = s.sum;
    state.minimum = s.minimum;
    state.maximum = s.maximum;
  } else {
    state.sum = walk.order < 2 ? kernels.sum(x, n) : kernels.sum_ahead(x, n);
  }
  if (walk.order < 2) return state;
  const double centre = state.sum / state.count;
  const CentredPowers p = walk.order == 2 ? kernels.second(x, n, centre) : kernels.fourth(x, n, centre);
  // The centre is the mean but for rounding; e is the rest.
  const double e = p.first / state.count;
  state.m2 = std::max(p.second - p.first * e, 0.0);
  if (std::isnan(p.second)) state.m2 = p.second;
  state.m3 = p.third - 3 * e * p.second + 2 * e * e * p.first;
  state.m4 = p.fourth - 4 * e * p.third + 6 * e * e * p.second - 3 * e * e * e * p.first;
  if (walk.extrema && state.minimum == state.maximum) {  // the sum of equal numbers may be rounded; their spread is 0
    state.m2 = state.m3 = state.m4 = 0;
  }
  return state;
}

/// A block whose sum is NaN: counts the NaNs and goes on without them.
template <class T>
MomentState of_block_with_nan(const T* x, std::ptrdiff_t n, std::ptrdiff_t index, const Walk& walk) {
  T kept[kBlock];
  std::ptrdiff_t count = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    if (!std::isnan(x[i])) {
      kept[count++] = x[i];
    } else if (walk.nan == NanPolicy::fail) {
      throw Error(Errc::invalid_argument,
                  std::string(walk.what) + ": element " + std::to_string(index + i) + " is NaN");
    }
  }
  MomentState state;
  if (count > 0) state = of_block(kept, count, walk);
  state.missing = static_cast<double>(n - count);
  return state;
}

template <class T>
MomentState of_part(View<const T, 1> x, std::ptrdiff_t begin, std::ptrdiff_t end, const Walk& walk) {
  MomentState total;
  const std::ptrdiff_t stride = x.stride(0);
  T gathered[kBlock];
  for (std::ptrdiff_t i = begin; i < end; i += kBlock) {
    const std::ptrdiff_t n = std::min(kBlock, end - i);
    const T* block = x.data() + i * stride;
    if (stride != 1) {
      for (std::ptrdiff_t k = 0; k < n; ++k) gathered[k] = block[k * stride];
      block = gathered;
    }
    MomentState state = of_block(block, n, walk);
    if (std::isnan(state.sum)) state = of_block_with_nan(block, n, i, walk);
    total = merge(total, state, walk.order);
  }
  return total;
}

template <class T>
MomentState of_series(View<const T, 1> x, const Walk& walk, const MomentsOptions& options) {
  if (x.empty()) throw Error(Errc::invalid_argument, std::string(walk.what) + ": the series is empty");
  return parallel_reduce<MomentState>(
      x.size(), {kGrain, options.compute.parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) { return of_part(x, begin, end, walk); },
      [&](const MomentState& a, const MomentState& b) { return merge(a, b, walk.order); });
}

template <class T>
Moments moments_of(View<const T, 1> x, const MomentsOptions& options, const char* what, int order, bool extrema) {
  if (order < 1 || order > 4)
    throw Error(Errc::invalid_argument,
                std::string(what) + ": order is " + std::to_string(order) + "; 1 to 4 are known");
  MomentState state = of_series(x, Walk{what, order, extrema, options.nan}, options);
  // Without extrema, a spread at the level of rounding may be that of a constant series: look again.
  const double rounding = 4 * std::numeric_limits<double>::epsilon() * state.mean();
  if (order >= 2 && !extrema && state.m2 <= state.count * rounding * rounding)
    state = of_series(x, Walk{what, order, true, options.nan}, options);
  Moments m = finish(state, order, options.ddof);
  if (state.missing > 0 && options.nan == NanPolicy::propagate)
    m.mean = m.variance = m.standard_deviation = m.skewness = m.kurtosis = m.minimum = m.maximum = kNan;
  return m;
}

}  // namespace

MomentState moment_state(View<const double, 1> x) {
  return of_series(x, Walk{"moments", 4, true, NanPolicy::omit}, {});
}

Moments finish(const MomentState& state, int order, double ddof) {
  Moments m;
  m.count = static_cast<std::int64_t>(state.count);
  m.missing = static_cast<std::int64_t>(state.missing);
  m.mean = m.variance = m.standard_deviation = m.skewness = m.kurtosis = m.minimum = m.maximum = kNan;
  if (state.count == 0) return m;
  m.mean = state.mean();
  m.minimum = state.minimum;
  m.maximum = state.maximum;
  const bool constant = state.minimum == state.maximum;
  if (constant) m.mean = state.minimum;
  const double m2 = constant && std::isfinite(state.minimum) ? 0 : state.m2;
  if (order >= 2 && state.count > ddof) {
    m.variance = m2 / (state.count - ddof);
    m.standard_deviation = std::sqrt(m.variance);
  }
  if (m2 > 0) {
    const double v = m2 / state.count;
    if (order >= 3) m.skewness = state.m3 / state.count / (v * std::sqrt(v));
    if (order >= 4) m.kurtosis = state.m4 / state.count / (v * v) - 3;
  }
  return m;
}

}  // namespace detail

// One definition for both element types.
#define LAGOON_MOMENTS_OF(T)                                                                     \
  Moments moments(View<const T, 1> x, const MomentsOptions& options) {                           \
    return detail::moments_of<T>(x, options, "moments", options.order, true);                    \
  }                                                                                              \
  double mean(View<const T, 1> x, const MomentsOptions& options) {                               \
    return detail::moments_of<T>(x, options, "mean", 1, false).mean;                             \
  }                                                                                              \
  double variance(View<const T, 1> x, const MomentsOptions& options) {                           \
    return detail::moments_of<T>(x, options, "variance", 2, false).variance;                     \
  }                                                                                              \
  double standard_deviation(View<const T, 1> x, const MomentsOptions& options) {                 \
    return detail::moments_of<T>(x, options, "standard_deviation", 2, false).standard_deviation; \
  }                                                                                              \
  double skewness(View<const T, 1> x, const MomentsOptions& options) {                           \
    return detail::moments_of<T>(x, options, "skewness", 3, true).skewness;                      \
  }                                                                                              \
  double kurtosis(View<const T, 1> x, const MomentsOptions& options) {                           \
    return detail::moments_of<T>(x, options, "kurtosis", 4, true).kurtosis;                      \
  }                                                                                              \
  Extrema extrema(View<const T, 1> x, const MomentsOptions& options) {                           \
    const Moments m = detail::moments_of<T>(x, options, "extrema", 1, true);                     \
    return {m.minimum, m.maximum};                                                               \
  }
LAGOON_MOMENTS_OF(double)
LAGOON_MOMENTS_OF(float)
#undef LAGOON_MOMENTS_OF

}  // namespace lagoon::statistics
