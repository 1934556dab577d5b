// SPDX-License-Identifier: Apache-2.0
#include "resample_simd.hpp"

#include <algorithm>
#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
// Registers are held in arrays, which vectors of unknown size cannot be.
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#define HWY_TARGET_INCLUDE "imaging/resample_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::imaging::detail::HWY_NAMESPACE {
namespace {
#if HWY_TARGET == HWY_SCALAR
// Without vectors there are no pairs of lanes either.
ResampleKernels resample_kernels_here() { return plain_resample_kernels(); }
#else
namespace hn = hwy::HWY_NAMESPACE;
using std::ptrdiff_t;

using I16 = hn::ScalableTag<std::int16_t>;
using I32 = hn::ScalableTag<std::int32_t>;
using F32 = hn::ScalableTag<float>;
template <class D>
constexpr ptrdiff_t lanes(D d) {
  return static_cast<ptrdiff_t>(hn::MaxLanes(d));
}

template <class D>
constexpr ptrdiff_t at(std::size_t vector, D d) {
  return static_cast<ptrdiff_t>(vector) * lanes(d);
}

/// Two weights in each pair of lanes.
HWY_INLINE hn::Vec<I16> pair_of(const std::int16_t* w) {
  std::int32_t both;
  __builtin_memcpy(&both, w, 4);
  return hn::BitCast(I16(), hn::Set(I32(), both));
}

template <std::size_t kVectors>
HWY_INLINE void down_u8_block(const std::uint8_t* const* rows, const std::int16_t* weights, ptrdiff_t taps, int shift,
                              std::int16_t* out, ptrdiff_t i) {
  const I16 d16;
  const I32 d32;
  const hn::Rebind<std::uint8_t, I16> d8;
  hn::Vec<I32> low[kVectors], high[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) low[v] = high[v] = hn::Set(d32, 1 << (shift - 1));
  for (ptrdiff_t k = 0; k < taps; k += 2) {
    const auto w = pair_of(weights + k);
    for (std::size_t v = 0; v < kVectors; ++v) {
      const auto a = hn::PromoteTo(d16, hn::LoadU(d8, rows[k] + i + at(v, d16)));
      const auto b = hn::PromoteTo(d16, hn::LoadU(d8, rows[k + 1] + i + at(v, d16)));
      low[v] = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveLower(d16, a, b), w, low[v], high[v]);
      auto unused = hn::Zero(d32);
      high[v] = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveUpper(d16, a, b), w, high[v], unused);
    }
  }
  for (std::size_t v = 0; v < kVectors; ++v)
    hn::StoreU(hn::ReorderDemote2To(d16, hn::ShiftRightSame(low[v], shift), hn::ShiftRightSame(high[v], shift)), d16,
               out + i + at(v, d16));
}

void down_u8(const std::uint8_t* const* rows, const std::int16_t* weights, ptrdiff_t taps, int shift, std::int16_t* out,
             ptrdiff_t n) {
  constexpr ptrdiff_t kOne = lanes(I16());
  const int down = shift - kFraction;
  ptrdiff_t i = 0;
  for (; i + 2 * kOne <= n; i += 2 * kOne) down_u8_block<2>(rows, weights, taps, down, out, i);
  for (; i + kOne <= n; i += kOne) down_u8_block<1>(rows, weights, taps, down, out, i);
  // The last elements make a whole vector with some that are done, which come out the same again.
  if (i < n) down_u8_block<1>(rows, weights, taps, down, out, n - kOne);
}

template <std::size_t kVectors>
HWY_INLINE void down_f32_block(const float* const* rows, const float* weights, ptrdiff_t taps, float* out,
                               ptrdiff_t i) {
  const F32 d;
  hn::Vec<F32> sum[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) sum[v] = hn::Zero(d);
  for (ptrdiff_t k = 0; k < taps; ++k) {
    const auto w = hn::Set(d, weights[k]);
    for (std::size_t v = 0; v < kVectors; ++v) sum[v] = hn::MulAdd(hn::LoadU(d, rows[k] + i + at(v, d)), w, sum[v]);
  }
  for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(sum[v], d, out + i + at(v, d));
}

/// Rows are padded to whole vectors.
void down_f32(const float* const* rows, const float* weights, ptrdiff_t taps, float* out, ptrdiff_t n) {
  constexpr ptrdiff_t kOne = lanes(F32());
  ptrdiff_t i = 0;
  for (; i + 4 * kOne <= n; i += 4 * kOne) down_f32_block<4>(rows, weights, taps, out, i);
  for (; i < n; i += kOne) down_f32_block<1>(rows, weights, taps, out, i);
}

template <std::size_t kVectors>
HWY_INLINE void across_i16_block(const std::int16_t* in, ptrdiff_t wide, const std::int16_t* weights, ptrdiff_t taps,
                                 int shift, std::int16_t* out) {
  const I16 d16;
  const I32 d32;
  hn::Vec<I32> low[kVectors], high[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) low[v] = high[v] = hn::Set(d32, 1 << (shift - 1));
  for (ptrdiff_t k = 0; k < taps; k += 2, in += 2 * wide) {
    const auto w = pair_of(weights + k);
    for (std::size_t v = 0; v < kVectors; ++v) {
      const auto a = hn::LoadU(d16, in + at(v, d16)), b = hn::LoadU(d16, in + wide + at(v, d16));
      low[v] = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveLower(d16, a, b), w, low[v], high[v]);
      auto unused = hn::Zero(d32);
      high[v] = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveUpper(d16, a, b), w, high[v], unused);
    }
  }
  for (std::size_t v = 0; v < kVectors; ++v)
    hn::StoreU(hn::ReorderDemote2To(d16, hn::ShiftRightSame(low[v], shift), hn::ShiftRightSame(high[v], shift)), d16,
               out + at(v, d16));
}

template <std::size_t kVectors>
HWY_INLINE void across_f32_block(const float* in, ptrdiff_t wide, const float* weights, ptrdiff_t taps, float* out) {
  const F32 d;
  hn::Vec<F32> sum[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) sum[v] = hn::Zero(d);
  for (ptrdiff_t k = 0; k < taps; ++k, in += wide) {
    const auto w = hn::Set(d, weights[k]);
    for (std::size_t v = 0; v < kVectors; ++v) sum[v] = hn::MulAdd(hn::LoadU(d, in + at(v, d)), w, sum[v]);
  }
  for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(sum[v], d, out + at(v, d));
}

void across_i16(const Across<std::int16_t>& a, const std::int16_t* in, std::int16_t* out) {
  constexpr ptrdiff_t kOne = lanes(I16());
  const int down = a.shift + kFraction;
  for (ptrdiff_t i = a.first; i < a.last; ++i) {
    const std::int16_t* const from = in + (a.begin[i] - a.base) * a.wide;
    const std::int16_t* const weights = a.weights + i * a.widest;
    const ptrdiff_t taps = (a.count[i] + 1) / 2 * 2;
    ptrdiff_t v = 0;
    for (; v + 3 * kOne <= a.wide; v += 3 * kOne) across_i16_block<3>(from + v, a.wide, weights, taps, down, out + v);
    for (; v < a.wide; v += kOne) across_i16_block<1>(from + v, a.wide, weights, taps, down, out + v);
    out += a.wide;
  }
}

void across_f32(const Across<float>& a, const float* in, float* out) {
  constexpr ptrdiff_t kOne = lanes(F32());
  for (ptrdiff_t i = a.first; i < a.last; ++i) {
    const float* const from = in + (a.begin[i] - a.base) * a.wide;
    const float* const weights = a.weights + i * a.widest;
    ptrdiff_t v = 0;
    for (; v + 6 * kOne <= a.wide; v += 6 * kOne) across_f32_block<6>(from + v, a.wide, weights, a.count[i], out + v);
    for (; v < a.wide; v += 2 * kOne) across_f32_block<2>(from + v, a.wide, weights, a.count[i], out + v);
    out += a.wide;
  }
}

void turn_i16(const std::int16_t* from, ptrdiff_t from_row, std::int16_t* to, ptrdiff_t to_row, ptrdiff_t rows,
              ptrdiff_t columns) {
  const hn::Full128<std::int16_t> d;
  const hn::Full128<std::int32_t> d32;
  const hn::Full128<std::int64_t> d64;
  for (ptrdiff_t j = 0; j < columns; j += 8)
    for (ptrdiff_t i = 0; i < rows; i += 8) {
      hn::Vec<decltype(d)> a[8];
      for (int k = 0; k < 8; ++k) a[k] = hn::LoadU(d, from + (i + k) * from_row + j);
      hn::Vec<decltype(d32)> b[8];
      for (int k = 0; k < 4; ++k) {
        b[2 * k] = hn::BitCast(d32, hn::InterleaveLower(d, a[2 * k], a[2 * k + 1]));
        b[2 * k + 1] = hn::BitCast(d32, hn::InterleaveUpper(d, a[2 * k], a[2 * k + 1]));
      }
      hn::Vec<decltype(d64)> c[8];
      for (int k = 0; k < 2; ++k)
        for (int h = 0; h < 2; ++h) {
          c[4 * k + 2 * h] = hn::BitCast(d64, hn::InterleaveLower(d32, b[4 * k + h], b[4 * k + h + 2]));
          c[4 * k + 2 * h + 1] = hn::BitCast(d64, hn::InterleaveUpper(d32, b[4 * k + h], b[4 * k + h + 2]));
        }
      for (int k = 0; k < 4; ++k) {
        std::int16_t* const at = to + (j + 2 * k) * to_row + i;
        hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, c[k], c[k + 4])), d, at);
        hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, c[k], c[k + 4])), d, at + to_row);
      }
    }
}

void turn_f32(const float* from, ptrdiff_t from_row, float* to, ptrdiff_t to_row, ptrdiff_t rows, ptrdiff_t columns) {
  const hn::Full128<float> d;
  const hn::Full128<double> d64;
  for (ptrdiff_t j = 0; j < columns; j += 4)
    for (ptrdiff_t i = 0; i < rows; i += 4) {
      hn::Vec<decltype(d)> a[4];
      for (int k = 0; k < 4; ++k) a[k] = hn::LoadU(d, from + (i + k) * from_row + j);
      const auto p = hn::BitCast(d64, hn::InterleaveLower(d, a[0], a[1])),
                 q = hn::BitCast(d64, hn::InterleaveUpper(d, a[0], a[1])),
                 r = hn::BitCast(d64, hn::InterleaveLower(d, a[2], a[3])),
                 s = hn::BitCast(d64, hn::InterleaveUpper(d, a[2], a[3]));
      float* const at = to + j * to_row + i;
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, p, r)), d, at);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, p, r)), d, at + to_row);
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, q, s)), d, at + 2 * to_row);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, q, s)), d, at + 3 * to_row);
    }
}

void narrow(const std::int16_t* from, std::uint8_t* to, ptrdiff_t n) {
  const I16 d16;
  const hn::Rebind<std::uint8_t, I16> d8;
  ptrdiff_t i = 0;
  for (; i + lanes(d16) <= n; i += lanes(d16)) hn::StoreU(hn::DemoteTo(d8, hn::LoadU(d16, from + i)), d8, to + i);
  for (; i < n; ++i) to[i] = static_cast<std::uint8_t>(std::clamp<int>(from[i], 0, 255));
}

using U8 = hn::ScalableTag<std::uint8_t>;
using U16 = hn::ScalableTag<std::uint16_t>;

/// Of neighbours in one channel: the sum of each two and the two below, as a quarter.
HWY_INLINE hn::Vec<U16> quarter(hn::Vec<U8> above, hn::Vec<U8> below) {
  const U16 d;
  const auto even = hn::Set(d, 0xFF), a = hn::BitCast(d, above), b = hn::BitCast(d, below);
  const auto sum =
      hn::Add(hn::Add(hn::And(a, even), hn::ShiftRight<8>(a)), hn::Add(hn::And(b, even), hn::ShiftRight<8>(b)));
  return hn::ShiftRight<2>(hn::Add(sum, hn::Set(d, 2)));
}

using Blocks = hn::CappedTag<std::uint8_t, 32>;  // one block of 16 bytes, or two
using VB = hn::Vec<Blocks>;

/// 16 bytes of which 12 are four pixels; in the second block those that are eight pixels further on.
template <class D>
HWY_INLINE hn::Vec<D> four_pixels(D d, const std::uint8_t* p) {
  const hn::Full128<std::uint8_t> one;
  if constexpr (lanes(d) == 16) {
    return hn::LoadU(d, p);
  } else {
    return hn::Combine(d, hn::LoadU(one, p + 24), hn::LoadU(one, p));
  }
}

/// Of twice four pixels in each block the first and third, or the second and fourth; 4 bytes of nothing behind them.
HWY_INLINE VB every_other(VB low, VB high, const std::uint8_t (*which)[16]) {
  const Blocks d;
  return hn::Or(hn::TableLookupBytesOr0(low, hn::LoadDup128(d, which[0])),
                hn::TableLookupBytesOr0(high, hn::LoadDup128(d, which[1])));
}
constexpr std::uint8_t kNo = 0x80;
alignas(16) constexpr std::uint8_t kFirst[2][16] = {
    {0, 1, 2, 6, 7, 8, kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo},
    {kNo, kNo, kNo, kNo, kNo, kNo, 0, 1, 2, 6, 7, 8, kNo, kNo, kNo, kNo}};
alignas(16) constexpr std::uint8_t kSecond[2][16] = {
    {3, 4, 5, 9, 10, 11, kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo},
    {kNo, kNo, kNo, kNo, kNo, kNo, 3, 4, 5, 9, 10, 11, kNo, kNo, kNo, kNo}};

/// The blocks without their last four bytes.
template <class D>
HWY_INLINE hn::Vec<D> without_gaps(D d, hn::Vec<D> v) {
  if constexpr (lanes(d) == 16) {
    return v;
  } else {
    alignas(32) constexpr std::int32_t kFrom[8] = {0, 1, 2, 4, 5, 6, 7, 7};
    const hn::Repartition<std::uint32_t, D> d32;
    return hn::BitCast(d, hn::TableLookupLanes(hn::BitCast(d32, v), hn::SetTableIndices(d32, kFrom)));
  }
}

/// Pixels of three channels, as far as whole vectors go: how many. Bytes stay bytes: the mean of two means that are
/// rounded up is one too large where both are odd together and one of the four was rounded.
template <bool kFetch>
ptrdiff_t halve_rgb(const std::uint8_t* above, const std::uint8_t* below, std::uint8_t* to, ptrdiff_t n,
                    ptrdiff_t ahead) {
  const Blocks d;
  ptrdiff_t x = 0;
  for (; 3 * (n - x) >= lanes(d); x += lanes(d) / 4) {
    const std::uint8_t *a = above + 6 * x, *b = below + 6 * x;
    if constexpr (kFetch) {
      hwy::Prefetch(a + ahead);
      hwy::Prefetch(b + ahead);
    }
    const VB a0 = four_pixels(d, a), a1 = four_pixels(d, a + 12), b0 = four_pixels(d, b), b1 = four_pixels(d, b + 12);
    const VB mean0 = hn::AverageRound(a0, b0), mean1 = hn::AverageRound(a1, b1);
    const VB odd0 = hn::Xor(a0, b0), odd1 = hn::Xor(a1, b1);
    const VB left = every_other(mean0, mean1, kFirst), right = every_other(mean0, mean1, kSecond);
    const VB rounded = hn::Or(every_other(odd0, odd1, kFirst), every_other(odd0, odd1, kSecond));
    const VB less = hn::And(hn::And(rounded, hn::Xor(left, right)), hn::Set(d, 1));
    hn::StoreU(without_gaps(d, hn::Sub(hn::AverageRound(left, right), less)), d, to + 3 * x);
  }
  return x;
}

void halve_u8(const std::uint8_t* above, const std::uint8_t* below, std::uint8_t* to, ptrdiff_t n, ptrdiff_t channels,
              ptrdiff_t ahead) {
  const U8 d;
  constexpr ptrdiff_t kOne = lanes(d);
  const auto both = [](hn::Vec<U16> low, hn::Vec<U16> high)
                        HWY_ATTR { return hn::ConcatEven(U8(), hn::BitCast(U8(), high), hn::BitCast(U8(), low)); };
  ptrdiff_t x = 0;
  if (channels == 1)
    for (; x + kOne <= n; x += kOne) {
      const std::uint8_t *a = above + 2 * x, *b = below + 2 * x;
      hn::StoreU(
          both(quarter(hn::LoadU(d, a), hn::LoadU(d, b)), quarter(hn::LoadU(d, a + kOne), hn::LoadU(d, b + kOne))), d,
          to + x);
    }
  if (channels == 3) x = ahead ? halve_rgb<true>(above, below, to, n, ahead) : halve_rgb<false>(above, below, to, n, 0);
  for (; x < n; ++x)
    for (ptrdiff_t c = 0; c < channels; ++c) {
      const ptrdiff_t i = 2 * x * channels + c, j = i + channels;
      to[x * channels + c] = static_cast<std::uint8_t>((above[i] + above[j] + below[i] + below[j] + 2) / 4);
    }
}

ResampleKernels resample_kernels_here() {
  return {&down_u8, &down_f32, &across_i16, &across_f32, &turn_i16, &turn_f32, &narrow, &halve_u8};
}
#endif

}  // namespace
}  // namespace lagoon::imaging::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::imaging::detail {

HWY_EXPORT(resample_kernels_here);

const ResampleKernels& resample_kernels() {
  static const ResampleKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(resample_kernels_here)());
  return chosen;
}

}  // namespace lagoon::imaging::detail
#endif
