// SPDX-License-Identifier: Apache-2.0
#include "select_simd.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3)
#define HWY_TARGET_INCLUDE "statistics/select_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::statistics::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Highway 1.0 moves lanes to the front by tables within its functions, which g++ 12 copies to the stack each time: 80
// cycles where two would do. Where that hurts, here is the same without.
#if HWY_TARGET == HWY_AVX2
/// For each mask of eight 32-bit lanes the numbers of its lanes, a byte each, and then what comes.
constexpr auto kFront = [] {
  std::array<std::uint64_t, 256> table{};
  for (unsigned mask = 0; mask < 256; ++mask)
    for (unsigned lane = 0, at = 0; lane < 8; ++lane)
      if (mask >> lane & 1) table[mask] |= std::uint64_t{lane} << 8 * at++;
  return table;
}();
HWY_INLINE __m256 move_to_front(__m256 v, unsigned mask) {
  const __m128i bytes = _mm_cvtsi64_si128(static_cast<long long>(kFront[mask]));
  return _mm256_permutevar8x32_ps(v, _mm256_cvtepu8_epi32(bytes));
}
#endif

/// The lanes of a mask, moved to the front.
template <class V, class M>
HWY_INLINE V compress(V v, M mask) {
#if HWY_TARGET == HWY_AVX3
  if constexpr (sizeof(hn::TFromV<V>) == 8) return V{_mm512_maskz_compress_pd(mask.raw, v.raw)};
#elif HWY_TARGET == HWY_AVX2
  if constexpr (sizeof(hn::TFromV<V>) == 4)
    return V{move_to_front(v.raw, static_cast<unsigned>(_mm256_movemask_ps(mask.raw)))};
  else  // as pairs of 32-bit lanes
    return V{_mm256_castps_pd(
        move_to_front(_mm256_castpd_ps(v.raw), static_cast<unsigned>(_mm256_movemask_ps(_mm256_castpd_ps(mask.raw)))))};
#endif
  return hn::Compress(v, mask);
}

template <class T>
HWY_INLINE T* store_some(T* out, hn::Vec<hn::ScalableTag<T>> v, hn::Mask<hn::ScalableTag<T>> mask) {
  const hn::ScalableTag<T> d;
  hn::StoreU(compress(v, mask), d, out);
  return out + hn::CountTrue(d, mask);
}

template <class T>
BracketCounts bracket(const T* x, std::ptrdiff_t n, T low, T high, T* out) {
  const hn::ScalableTag<T> d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const auto lo = hn::Set(d, low), hi = hn::Set(d, high);
  const auto count = [&](auto mask) HWY_ATTR { return static_cast<std::ptrdiff_t>(hn::CountTrue(d, mask)); };
  BracketCounts c;
  std::ptrdiff_t up_to_low = 0, up_to_high = 0, i = 0;
  T* const begin = out;
  for (; i + w <= n; i += w) {
    const auto v = hn::LoadU(d, x + i);
    const auto above_low = hn::Gt(v, lo);
    c.below += count(hn::Lt(v, lo));
    up_to_low += count(hn::Le(v, lo));
    up_to_high += count(hn::Le(v, hi));
    const auto inside = hn::And(above_low, hn::Lt(v, hi));
    // Compressing to memory directly takes a hundred cycles on Zen 4; through a register it takes two.
    if (HWY_UNLIKELY(!hn::AllFalse(d, inside))) {
      out = store_some(out, v, inside);
    }
  }
  for (; i < n; ++i) {
    c.below += x[i] < low;
    up_to_low += x[i] <= low;
    up_to_high += x[i] <= high;
    if (x[i] > low && x[i] < high) *out++ = x[i];
  }
  c.inside = out - begin;
  c.at_low = up_to_low - c.below;
  c.at_high = up_to_high - up_to_low - c.inside;
  return c;
}

using Images = hn::ScalableTag<float>;

// As many elements as there are lanes of images.
HWY_INLINE hn::Vec<Images> images(const float* x, const Intervals<float>& in) {
  const Images d;
  return hn::MulAdd(hn::LoadU(d, x), hn::Set(d, in.scale), hn::Set(d, in.offset));
}
HWY_INLINE hn::Vec<Images> images(const double* x, const Intervals<double>& in) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> half;
  const auto scale = hn::Set(d, in.scale), offset = hn::Set(d, in.offset);
  const auto low = hn::DemoteTo(half, hn::MulAdd(hn::LoadU(d, x), scale, offset));
#if HWY_TARGET == HWY_SCALAR
  return low;
#else
  return hn::Combine(Images(), hn::DemoteTo(half, hn::MulAdd(hn::LoadU(d, x + hn::Lanes(d)), scale, offset)), low);
#endif
}

HWY_INLINE float* keep(const float* x, hn::Mask<Images> mask, float* out) {
  return store_some(out, hn::LoadU(Images(), x), mask);
}
HWY_INLINE double* keep(const double* x, hn::Mask<Images> mask, double* out) {
#if HWY_TARGET == HWY_SCALAR
  *out = *x;
  return out + hn::CountTrue(Images(), mask);
#else
  const hn::ScalableTag<double> d;
  const auto w = hn::Lanes(d);
  std::uint8_t bits[8] = {};
  hn::StoreMaskBits(Images(), mask, bits);
  const unsigned both = bits[0] | static_cast<unsigned>(bits[1]) << 8;
  const std::uint8_t low[8] = {static_cast<std::uint8_t>(both & ((1u << w) - 1))};
  const std::uint8_t high[8] = {static_cast<std::uint8_t>(both >> w)};
  out = store_some(out, hn::LoadU(d, x), hn::LoadMaskBits(d, low));
  return store_some(out, hn::LoadU(d, x + w), hn::LoadMaskBits(d, high));
#endif
}

template <class T>
std::ptrdiff_t classify(const T* x, std::ptrdiff_t n, const Intervals<T>& in, std::ptrdiff_t* at_least, T* out) {
  const Images d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const auto count = [&](auto mask) HWY_ATTR { return static_cast<std::ptrdiff_t>(hn::CountTrue(d, mask)); };
  T* const begin = out;
  // Four vectors at a time share the loads of the bounds and the additions to the counts.
  for (; n > 0; n -= 4 * w, x += 4 * w) {
    const auto v0 = images(x, in), v1 = images(x + w, in), v2 = images(x + 2 * w, in), v3 = images(x + 3 * w, in);
    auto in0 = hn::Lt(v0, v0), in1 = in0, in2 = in0, in3 = in0;  // none
    for (std::size_t b = 0; b < in.count; ++b) {
      const auto low = hn::Set(d, in.bounds[2 * b]), high = hn::Set(d, in.bounds[2 * b + 1]);
      const auto a0 = hn::Ge(v0, low), a1 = hn::Ge(v1, low), a2 = hn::Ge(v2, low), a3 = hn::Ge(v3, low);
      at_least[b] += (count(a0) + count(a1)) + (count(a2) + count(a3));
      // Above an odd number of bounds is inside.
      in0 = hn::Xor(in0, hn::Xor(a0, hn::Ge(v0, high)));
      in1 = hn::Xor(in1, hn::Xor(a1, hn::Ge(v1, high)));
      in2 = hn::Xor(in2, hn::Xor(a2, hn::Ge(v2, high)));
      in3 = hn::Xor(in3, hn::Xor(a3, hn::Ge(v3, high)));
    }
    out = keep(x, in0, out);
    out = keep(x + w, in1, out);
    out = keep(x + 2 * w, in2, out);
    out = keep(x + 3 * w, in3, out);
  }
  return out - begin;
}

template <class T>
std::ptrdiff_t within(const T* x, std::ptrdiff_t n, const Intervals<T>& in, std::size_t interval, T* out) {
  const Images d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const auto low = hn::Set(d, in.bounds[2 * interval]), high = hn::Set(d, in.bounds[2 * interval + 1]);
  T* const begin = out;
  for (; n > 0; n -= w, x += w) {
    const auto v = images(x, in);
    out = keep(x, hn::Xor(hn::Ge(v, low), hn::Ge(v, high)), out);
  }
  return out - begin;
}

template <class T>
std::ptrdiff_t count_nan(const T* x, std::ptrdiff_t n) {
  const hn::ScalableTag<T> d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  std::ptrdiff_t numbers = 0, i = 0;
  for (; i + w <= n; i += w) {
    const auto v = hn::LoadU(d, x + i);
    numbers += static_cast<std::ptrdiff_t>(hn::CountTrue(d, hn::Eq(v, v)));
  }
  for (; i < n; ++i) numbers += !std::isnan(x[i]);
  return n - numbers;
}

SelectKernels<double> select_kernels_of_double() {
  return {&bracket<double>, &classify<double>, &within<double>, &count_nan<double>};
}
SelectKernels<float> select_kernels_of_float() {
  return {&bracket<float>, &classify<float>, &within<float>, &count_nan<float>};
}

}  // namespace
}  // namespace lagoon::statistics::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::statistics::detail {

HWY_EXPORT(select_kernels_of_double);
HWY_EXPORT(select_kernels_of_float);

template <>
const SelectKernels<double>& select_kernels() {
  static const SelectKernels<double> chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(select_kernels_of_double)());
  return chosen;
}

template <>
const SelectKernels<float>& select_kernels() {
  static const SelectKernels<float> chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(select_kernels_of_float)());
  return chosen;
}

}  // namespace lagoon::statistics::detail
#endif
