// SPDX-License-Identifier: Apache-2.0
#include "moments_simd.hpp"

#include <algorithm>
#include <lagoon/kernels/simd.hpp>

// Between SSE4 and AVX2, and above AVX-512F/DQ/BW, there is nothing for sums.
#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3)
#define HWY_TARGET_INCLUDE "statistics/moments_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::statistics::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using F64 = hn::ScalableTag<double>;
using V64 = hn::Vec<F64>;

HWY_INLINE V64 load(F64 d, const double* x) { return hn::LoadU(d, x); }
HWY_INLINE V64 load(F64 d, const float* x) { return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, F64>(), x)); }

// The next block comes into the cache while this one is worked on: its first half during the first look at this
// block, its second half during the second look. Else memory rests while a block is looked at again.
// Asking past the end of an array is harmless.
template <class T>
HWY_INLINE void fetch(const T* x, std::ptrdiff_t elements) {
  for (std::ptrdiff_t i = 0; i < elements; i += static_cast<std::ptrdiff_t>(64 / sizeof(T)))
    __builtin_prefetch(x + i, 0, 2);
}

// Thirty-two sums side by side, whatever the width of a vector: fewer would round more. They hide the latency of an
// addition too. Their order is fixed, so are the bits.
constexpr std::ptrdiff_t kSums = 32, kWidth = hn::MaxLanes(F64()), kVectors = kSums / kWidth;

// A block that is looked at once needs what comes soon: the processor's own prefetching stops at the end of a page
// (4 % of the speed).
template <bool Ahead, class T>
HWY_INLINE void fetch_for_sum(const T* x, std::ptrdiff_t n, std::ptrdiff_t i) {
  if constexpr (Ahead) {
    fetch(x + n + i / 2, kSums / 2);
  } else {
    fetch(x + i + 256, kSums);
  }
}

HWY_INLINE double total(V64 (&sums)[kVectors]) {
  for (std::ptrdiff_t step = 1; step < kVectors; step *= 2)
    for (std::ptrdiff_t k = 0; k < kVectors; k += 2 * step) sums[k] = hn::Add(sums[k], sums[k + step]);
  return hn::GetLane(hn::SumOfLanes(F64(), sums[0]));
}

template <bool Ahead, class T>
double sum(const T* x, std::ptrdiff_t n) {
  const F64 d;
  V64 sums[kVectors];
  for (V64& s : sums) s = hn::Zero(d);
  std::ptrdiff_t i = 0;
  for (; i + kSums <= n; i += kSums) {
    fetch_for_sum<Ahead>(x, n, i);
    for (std::ptrdiff_t k = 0; k < kVectors; ++k) sums[k] = hn::Add(sums[k], load(d, x + i + k * kWidth));
  }
  double rest = 0;
  for (; i < n; ++i) rest += static_cast<double>(x[i]);
  return total(sums) + rest;
}

template <bool Ahead, class T>
SumAndExtrema sum_and_extrema(const T* x, std::ptrdiff_t n) {
  const F64 d;
  V64 sums[kVectors];
  for (V64& s : sums) s = hn::Zero(d);
  V64 low[2], high[2];
  low[0] = low[1] = high[0] = high[1] = hn::Set(d, static_cast<double>(x[0]));
  std::ptrdiff_t i = 0;
  for (; i + kSums <= n; i += kSums) {
    fetch_for_sum<Ahead>(x, n, i);
    for (std::ptrdiff_t k = 0; k < kVectors; ++k) {
      const V64 value = load(d, x + i + k * kWidth);
      sums[k] = hn::Add(sums[k], value);
      low[k % 2] = hn::Min(low[k % 2], value);
      high[k % 2] = hn::Max(high[k % 2], value);
    }
  }
  double rest = 0, least = hn::GetLane(hn::MinOfLanes(d, hn::Min(low[0], low[1])));
  double most = hn::GetLane(hn::MaxOfLanes(d, hn::Max(high[0], high[1])));
  for (; i < n; ++i) {
    const auto value = static_cast<double>(x[i]);
    rest += value;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  return {total(sums) + rest, least, most};
}

template <int Order, class T>
CentredPowers centred(const T* x, std::ptrdiff_t n, double centre) {
  const F64 d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const V64 m = hn::Set(d, centre);
  V64 s1a = hn::Zero(d), s1b = s1a, s2a = s1a, s2b = s1a, s3a = s1a, s3b = s1a, s4a = s1a, s4b = s1a;
  const auto one = [&](V64 value, V64& s1, V64& s2, V64& s3, V64& s4) HWY_ATTR {
    const V64 t = hn::Sub(value, m);
    s1 = hn::Add(s1, t);
    if constexpr (Order == 2) {
      s2 = hn::MulAdd(t, t, s2);
    } else {
      const V64 t2 = hn::Mul(t, t);
      s2 = hn::Add(s2, t2);
      s3 = hn::MulAdd(t2, t, s3);
      s4 = hn::MulAdd(t2, t2, s4);
    }
  };
  std::ptrdiff_t i = 0;
  for (; i + 2 * w <= n; i += 2 * w) {
    fetch(x + n + n / 2 + i / 2, w);
    one(load(d, x + i), s1a, s2a, s3a, s4a);
    one(load(d, x + i + w), s1b, s2b, s3b, s4b);
  }
  const auto total = [&](V64 p, V64 q) HWY_ATTR { return hn::GetLane(hn::SumOfLanes(d, hn::Add(p, q))); };
  CentredPowers powers{total(s1a, s1b), total(s2a, s2b), total(s3a, s3b), total(s4a, s4b)};
  for (; i < n; ++i) {
    const double t = static_cast<double>(x[i]) - centre, t2 = t * t;
    powers.first += t;
    powers.second += t2;
    powers.third += t2 * t;
    powers.fourth += t2 * t2;
  }
  return powers;
}

MomentKernels<double> moment_kernels_of_double() {
  return {&sum<false>, &sum<true>, &sum_and_extrema<false>, &sum_and_extrema<true>, &centred<2>, &centred<4>};
}
MomentKernels<float> moment_kernels_of_float() {
  return {&sum<false>, &sum<true>, &sum_and_extrema<false>, &sum_and_extrema<true>, &centred<2>, &centred<4>};
}

}  // namespace
}  // namespace lagoon::statistics::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::statistics::detail {

HWY_EXPORT(moment_kernels_of_double);
HWY_EXPORT(moment_kernels_of_float);

template <>
const MomentKernels<double>& moment_kernels() {
  static const MomentKernels<double> chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(moment_kernels_of_double)());
  return chosen;
}

template <>
const MomentKernels<float>& moment_kernels() {
  static const MomentKernels<float> chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(moment_kernels_of_float)());
  return chosen;
}

}  // namespace lagoon::statistics::detail
#endif
