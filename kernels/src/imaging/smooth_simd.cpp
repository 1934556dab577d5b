// SPDX-License-Identifier: Apache-2.0
#include "smooth_simd.hpp"

#include <algorithm>
#include <cstring>
#include <lagoon/kernels/simd.hpp>

#include "resample_simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#define HWY_TARGET_INCLUDE "imaging/smooth_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/cache_control.h>
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

using B8 = hn::ScalableTag<std::uint8_t>;
using U16 = hn::ScalableTag<std::uint16_t>;
using V8 = hn::Vec<B8>;
using VU16 = hn::Vec<U16>;

/// Read once: else the compiler reads memory again for each use, and loads that cross a line are half of this loop.
HWY_INLINE VU16 read_once(const std::uint8_t* x) {
  V8 v = hn::LoadU(B8(), x);
#if HWY_ARCH_X86_64 && HWY_TARGET != HWY_EMU128
  asm("" : "+x"(v.raw));
#endif
  return hn::BitCast(U16(), v);
}

/// Elements at `at` and so on of a row, `step` and more from its ends.
class SmallMaskRow {
 public:
  HWY_INLINE SmallMaskRow(const std::uint8_t* const* rows, ptrdiff_t step, const SmallMask& mask)
      : above_(rows[0]),
        middle_(rows[1]),
        below_(rows[2]),
        step_(step),
        own_(hn::Set(U16(), mask.own)),
        edges_(hn::Set(U16(), mask.edges)),
        corners_(hn::Set(U16(), mask.corners)),
        half_(hn::Set(U16(), static_cast<std::uint16_t>(0x8000 | half_of(mask)))),
        upper_(hn::Set(U16(), 0xFF00)) {}

  HWY_INLINE V8 at(ptrdiff_t i) const {
    const U16 d;
    const V8 corners = hn::AverageRound(pair(i - step_), pair(i + step_));
    const VU16 own = read_once(middle_ + i), left = read_once(middle_ + i - step_),
               right = read_once(middle_ + i + step_), pairs = hn::BitCast(d, pair(i)), c = hn::BitCast(d, corners);
    // Of each two bytes both in their turn are the upper one of 16 bits: nothing has to be moved between lanes.
    const VU16 even = changed(low(own), hn::AverageRound(low(left), low(right)), low(pairs), low(c));
    const VU16 odd = changed(high(own), hn::AverageRound(high(left), high(right)), high(pairs), high(c));
    const VU16 both = hn::Or(hn::ShiftRight<8>(even), high(odd));
    return hn::Xor(hn::BitCast(B8(), both), hn::Set(B8(), 0x80));
  }

 private:
  HWY_INLINE V8 pair(ptrdiff_t i) const {
    return hn::AverageRound(hn::LoadU(B8(), above_ + i), hn::LoadU(B8(), below_ + i));
  }
  HWY_INLINE VU16 low(VU16 v) const { return hn::ShiftLeft<8>(v); }
  HWY_INLINE VU16 high(VU16 v) const { return hn::And(v, upper_); }
  /// Less 128: so that they are held in range by what signed sums are held in.
  HWY_INLINE VU16 changed(VU16 own, VU16 beside, VU16 pairs, VU16 corners) const {
    const I16 d;
    const VU16 edges = hn::AverageRound(pairs, beside);
    const VU16 less = hn::Add(hn::MulHigh(edges, edges_), hn::MulHigh(corners, corners_));
    const VU16 more = hn::Sub(hn::MulHigh(own, own_), less);
    return hn::BitCast(U16(), hn::SaturatedAdd(hn::BitCast(d, hn::Xor(own, half_)), hn::BitCast(d, more)));
  }

  const std::uint8_t *above_, *middle_, *below_;
  ptrdiff_t step_;
  VU16 own_, edges_, corners_, half_, upper_;
};

void small_mask_u8(const std::uint8_t* const* rows, ptrdiff_t n, ptrdiff_t step, const SmallMask& mask,
                   const std::uint8_t* next, std::uint8_t* out) {
  constexpr ptrdiff_t kOne = lanes(B8()), kLine = 64;
  const ptrdiff_t last = n - step;
  if (last - step < kOne + 2 * kLine) return small_mask_part(rows, n, step, mask, 0, n, out);
  const B8 d;
  const SmallMaskRow row(rows, step, mask);
  small_mask_part(rows, n, step, mask, 0, step, out);
  // Elements that fill no vector, and no byte beside them: a line that is stored both ways takes as long as ten.
  const auto put_some = [&](ptrdiff_t from, ptrdiff_t begin, ptrdiff_t end) HWY_ATTR {
    alignas(64) std::uint8_t some[kOne];
    hn::Store(row.at(from), d, some);
    std::memcpy(out + begin, some + (begin - from), static_cast<std::size_t>(end - begin));
  };
  ptrdiff_t i = step;
  if (next) {
    const auto beyond = static_cast<ptrdiff_t>(reinterpret_cast<std::uintptr_t>(out + i) % kLine);
    for (const ptrdiff_t whole = i + (kLine - beyond) % kLine; i < whole; i = std::min(i + kOne, whole))
      put_some(i, i, std::min(i + kOne, whole));
    // A vector late: picture and result often lie a multiple of 4096 bytes apart, and loads that follow a store to what
    // looks like their own address wait for it.
    const ptrdiff_t end = i + (last - i) / kLine * kLine;
    V8 made = row.at(i);
    for (i += kOne; i < end; i += kOne) {
      hwy::Prefetch(next + i);
      const V8 now = row.at(i);
      hn::Stream(made, d, out + i - kOne);
      made = now;
    }
    hn::Stream(made, d, out + i - kOne);
  }
  for (; i + kOne <= last; i += kOne) hn::StoreU(row.at(i), d, out + i);
  if (i < last) put_some(last - kOne, i, last);
  small_mask_part(rows, n, step, mask, last, n, out);
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
  return {&down3,      &sharpen3,    &small_mask_u8, &along_i16, &along_f32,
          &unsharp_u8, &unsharp_f32, &whole,         &nine_i16,  &nine_f32};
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
