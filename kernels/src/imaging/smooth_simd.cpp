// SPDX-License-Identifier: Apache-2.0
#include "smooth_simd.hpp"

#include <lagoon/kernels/simd.hpp>

#include "resample_simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#define HWY_TARGET_INCLUDE "imaging/smooth_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::imaging::detail::HWY_NAMESPACE {
namespace {
#if HWY_TARGET == HWY_SCALAR
SmoothKernels smooth_kernels_here() { return plain_smooth_kernels(); }
#else
namespace hn = hwy::HWY_NAMESPACE;
using std::ptrdiff_t;

using I16 = hn::ScalableTag<std::int16_t>;
using I32 = hn::ScalableTag<std::int32_t>;
using F32 = hn::ScalableTag<float>;
using U8 = hn::Rebind<std::uint8_t, I16>;
using V16 = hn::Vec<I16>;
using V32 = hn::Vec<I32>;
template <class D>
constexpr ptrdiff_t lanes(D d) {
  return static_cast<ptrdiff_t>(hn::MaxLanes(d));
}

/// f(i) for whole vectors of n elements, at least one; the last begins early and does some again.
template <class F>
HWY_INLINE void each(ptrdiff_t n, ptrdiff_t step, F f) {
  ptrdiff_t i = 0;
  for (; i + step <= n; i += step) f(i);
  if (i < n) f(n - step);
}

HWY_INLINE V16 levels(const std::uint8_t* x) { return hn::PromoteTo(I16(), hn::LoadU(U8(), x)); }

void down3(const std::uint8_t* above, const std::uint8_t* middle, const std::uint8_t* below, std::int16_t side,
           std::int16_t centre, std::int16_t* out, ptrdiff_t n) {
  const I16 d;
  const V16 s = hn::Set(d, side), c = hn::Set(d, centre);
  each(n, lanes(d), [&](ptrdiff_t i) HWY_ATTR {
    const V16 outer = hn::ShiftLeft<kFraction>(hn::Add(levels(above + i), levels(below + i)));
    const V16 inner = hn::ShiftLeft<kFraction>(levels(middle + i));
    hn::StoreU(hn::SaturatedAdd(hn::MulFixedPoint15(outer, s), hn::MulFixedPoint15(inner, c)), d, out + i);
  });
}

/// Levels after the mask, of x and what it is when blurred.
template <bool kThreshold>
HWY_INLINE hn::Vec<U8> masked(V16 x, V16 blurred, V16 factor, int doubled, V16 threshold) {
  const I16 d;
  const V16 level = hn::ShiftLeft<kFraction>(x), difference = hn::Sub(level, blurred);
  V16 change = hn::MulFixedPoint15(difference, factor);
  for (int k = 0; k < doubled; ++k) change = hn::SaturatedAdd(change, change);
  if constexpr (kThreshold) change = hn::IfThenZeroElse(hn::Lt(hn::Abs(difference), threshold), change);
  const V16 sum = hn::SaturatedAdd(hn::SaturatedAdd(level, change), hn::Set(d, 1 << (kFraction - 1)));
  return hn::DemoteTo(U8(), hn::ShiftRight<kFraction>(sum));
}

template <bool kThreshold>
void sharpen3_of(const std::uint8_t* x, const std::int16_t* down, ptrdiff_t step, std::int16_t side,
                 std::int16_t centre, const FixedUnsharp& u, std::uint8_t* out, ptrdiff_t n) {
  const I16 d;
  const V16 s = hn::Set(d, side), c = hn::Set(d, centre), factor = hn::Set(d, u.factor),
            threshold = hn::Set(d, u.threshold);
  const int doubled = u.doubled;
  each(n, lanes(d), [&](ptrdiff_t i) HWY_ATTR {
    const V16 outer = hn::Add(hn::LoadU(d, down + i - step), hn::LoadU(d, down + i + step));
    const V16 blurred = hn::SaturatedAdd(hn::MulFixedPoint15(outer, s), hn::MulFixedPoint15(hn::LoadU(d, down + i), c));
    hn::StoreU(masked<kThreshold>(levels(x + i), blurred, factor, doubled, threshold), U8(), out + i);
  });
}

void sharpen3(const std::uint8_t* x, const std::int16_t* down, ptrdiff_t step, std::int16_t side, std::int16_t centre,
              const FixedUnsharp& u, std::uint8_t* out, ptrdiff_t n) {
  u.threshold > 0 ? sharpen3_of<true>(x, down, step, side, centre, u, out, n)
                  : sharpen3_of<false>(x, down, step, side, centre, u, out, n);
}

/// Sums of pairs of products, in the two halves of each 16 bytes.
struct Sums {
  V32 low, high;
};
HWY_INLINE Sums begin_at(int value) { return {hn::Set(I32(), value), hn::Set(I32(), value)}; }
HWY_INLINE void add(Sums& sums, V16 a, V16 b, V16 weights) {
  const I16 d;
  auto unused = hn::Zero(I32());
  sums.low = hn::ReorderWidenMulAccumulate(I32(), hn::InterleaveLower(d, a, b), weights, sums.low, unused);
  sums.high = hn::ReorderWidenMulAccumulate(I32(), hn::InterleaveUpper(d, a, b), weights, sums.high, unused);
}
HWY_INLINE V16 shifted(const Sums& sums, int shift) {
  return hn::ReorderDemote2To(I16(), hn::ShiftRightSame(sums.low, shift), hn::ShiftRightSame(sums.high, shift));
}
HWY_INLINE V16 pair_of(const std::int16_t* w) {
  std::int32_t both;
  __builtin_memcpy(&both, w, 4);
  return hn::BitCast(I16(), hn::Set(I32(), both));
}

void along_i16(const std::int16_t* in, const std::int16_t* weights, ptrdiff_t taps, ptrdiff_t step, int shift,
               std::int16_t* out, ptrdiff_t n) {
  const I16 d;
  each(n, lanes(d), [&](ptrdiff_t i) HWY_ATTR {
    Sums sums = begin_at(1 << (shift - 1));
    for (ptrdiff_t k = 0; k < taps; k += 2)
      add(sums, hn::LoadU(d, in + i + k * step), hn::LoadU(d, in + i + (k + 1) * step), pair_of(weights + k));
    hn::StoreU(shifted(sums, shift), d, out + i);
  });
}

void along_f32(const float* in, const float* weights, ptrdiff_t taps, ptrdiff_t step, float* out, ptrdiff_t n) {
  const F32 d;
  each(n, 2 * lanes(d), [&](ptrdiff_t i) HWY_ATTR {
    auto first = hn::Zero(d), second = first;
    for (ptrdiff_t k = 0; k < taps; ++k) {
      const auto w = hn::Set(d, weights[k]);
      first = hn::MulAdd(hn::LoadU(d, in + i + k * step), w, first);
      second = hn::MulAdd(hn::LoadU(d, in + i + k * step + lanes(d)), w, second);
    }
    hn::StoreU(first, d, out + i);
    hn::StoreU(second, d, out + i + lanes(d));
  });
}

void unsharp_u8(const std::uint8_t* x, const std::int16_t* blurred, const FixedUnsharp& u, std::uint8_t* out,
                ptrdiff_t n) {
  const I16 d;
  const V16 factor = hn::Set(d, u.factor), threshold = hn::Set(d, u.threshold);
  each(n, lanes(d), [&](ptrdiff_t i) HWY_ATTR {
    hn::StoreU(masked<true>(levels(x + i), hn::LoadU(d, blurred + i), factor, u.doubled, threshold), U8(), out + i);
  });
}

void unsharp_f32(const float* x, const float* blurred, float amount, float threshold, float* out, ptrdiff_t n) {
  const F32 d;
  const auto a = hn::Set(d, amount), t = hn::Set(d, threshold);
  each(n, lanes(d), [&](ptrdiff_t i) HWY_ATTR {
    const auto v = hn::LoadU(d, x + i), difference = hn::Sub(v, hn::LoadU(d, blurred + i));
    const auto sharp = hn::MulAdd(a, difference, v);
    hn::StoreU(hn::IfThenElse(hn::Lt(hn::Abs(difference), t), v, sharp), d, out + i);
  });
}

void whole(const std::int16_t* in, std::uint8_t* out, ptrdiff_t n) {
  const I16 d;
  each(n, lanes(d), [&](ptrdiff_t i) HWY_ATTR {
    const V16 v = hn::SaturatedAdd(hn::LoadU(d, in + i), hn::Set(d, 1 << (kFraction - 1)));
    hn::StoreU(hn::DemoteTo(U8(), hn::ShiftRight<kFraction>(v)), U8(), out + i);
  });
}

void nine_i16(const std::int16_t* const* rows, const std::int16_t* weights, ptrdiff_t step, int shift,
              std::uint8_t* out, ptrdiff_t n) {
  const I16 d;
  V16 w[5];
  for (std::size_t k = 0; k < 5; ++k) w[k] = pair_of(weights + 2 * k);
  each(n, lanes(d), [&](ptrdiff_t i) HWY_ATTR {
    const auto at = [&](ptrdiff_t k) HWY_ATTR { return hn::LoadU(d, rows[k / 3] + i + k % 3 * step); };
    Sums sums = begin_at(1 << shift >> 1);
    add(sums, at(0), at(1), w[0]);
    add(sums, at(2), at(3), w[1]);
    add(sums, at(4), at(5), w[2]);
    add(sums, at(6), at(7), w[3]);
    add(sums, at(8), hn::Zero(d), w[4]);
    hn::StoreU(hn::DemoteTo(U8(), shifted(sums, shift)), U8(), out + i);
  });
}

void nine_f32(const float* const* rows, const float* weights, ptrdiff_t step, float* out, ptrdiff_t n) {
  const F32 d;
  each(n, lanes(d), [&](ptrdiff_t i) HWY_ATTR {
    auto sum = hn::Zero(d);
    for (ptrdiff_t k = 0; k < 9; ++k)
      sum = hn::MulAdd(hn::Set(d, weights[k]), hn::LoadU(d, rows[k / 3] + i + k % 3 * step), sum);
    hn::StoreU(sum, d, out + i);
  });
}

SmoothKernels smooth_kernels_here() {
  return {&down3, &sharpen3, &along_i16, &along_f32, &unsharp_u8, &unsharp_f32, &whole, &nine_i16, &nine_f32};
}
#endif

}  // namespace
}  // namespace lagoon::imaging::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::imaging::detail {

HWY_EXPORT(smooth_kernels_here);

const SmoothKernels& smooth_kernels() {
  static const SmoothKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(smooth_kernels_here)());
  return chosen;
}

}  // namespace lagoon::imaging::detail
#endif
