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

// Four chains hide the latency of an addition; their order is fixed, so are the bits.
template <bool Ahead, class T>
double sum(const T* x, std::ptrdiff_t n) {
  const F64 d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  V64 a = hn::Zero(d), b = a, c = a, e = a;
  std::ptrdiff_t i = 0;
  for (; i + 4 * w <= n; i += 4 * w) {
    if constexpr (Ahead) fetch(x + n + i / 2, 2 * w);
    a = hn::Add(a, load(d, x + i));
    b = hn::Add(b, load(d, x + i + w));
    c = hn::Add(c, load(d, x + i + 2 * w));
    e = hn::Add(e, load(d, x + i + 3 * w));
  }
  double rest = 0;
  for (; i < n; ++i) rest += static_cast<double>(x[i]);
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e)))) + rest;
}

template <bool Ahead, class T>
SumAndExtrema sum_and_extrema(const T* x, std::ptrdiff_t n) {
  const F64 d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  V64 a = hn::Zero(d), b = a, c = a, e = a;
  V64 low = hn::Set(d, static_cast<double>(x[0])), low2 = low, high = low, high2 = low;
  std::ptrdiff_t i = 0;
  for (; i + 4 * w <= n; i += 4 * w) {
    if constexpr (Ahead) fetch(x + n + i / 2, 2 * w);
    const V64 p = load(d, x + i), q = load(d, x + i + w), r = load(d, x + i + 2 * w), s = load(d, x + i + 3 * w);
    a = hn::Add(a, p);
    b = hn::Add(b, q);
    c = hn::Add(c, r);
    e = hn::Add(e, s);
    low = hn::Min(low, hn::Min(p, q));
    low2 = hn::Min(low2, hn::Min(r, s));
    high = hn::Max(high, hn::Max(p, q));
    high2 = hn::Max(high2, hn::Max(r, s));
  }
  double rest = 0, least = hn::GetLane(hn::MinOfLanes(d, hn::Min(low, low2)));
  double most = hn::GetLane(hn::MaxOfLanes(d, hn::Max(high, high2)));
  for (; i < n; ++i) {
    const auto value = static_cast<double>(x[i]);
    rest += value;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  return {hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e)))) + rest, least, most};
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

MomentKernels<double> moment_kernels_of_double() { return {&sum<false>, &sum<true>, &sum_and_extrema<false>, &sum_and_extrema<true>, &centred<2>, &centred<4>}; }
MomentKernels<float> moment_kernels_of_float() { return {&sum<false>, &sum<true>, &sum_and_extrema<false>, &sum_and_extrema<true>, &centred<2>, &centred<4>}; }

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
