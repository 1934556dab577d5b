// SPDX-License-Identifier: Apache-2.0
#include "select_simd.hpp"

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

/// The lanes of a mask, moved to the front.
template <class V, class M>
HWY_INLINE V compress(V v, M mask) {
#if HWY_TARGET == HWY_AVX3
  // Highway 1.0 takes a table for 64-bit lanes, which g++ 12 copies to the stack: 80 cycles where this takes two.
  if constexpr (sizeof(hn::TFromV<V>) == 8) return V{_mm512_maskz_compress_pd(mask.raw, v.raw)};
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

template <class T>
std::ptrdiff_t classify(const T* x, std::ptrdiff_t n, const T* bounds, std::size_t k, std::ptrdiff_t* at_least,
                        T* out) {
  const hn::ScalableTag<T> d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const auto count = [&](auto mask) HWY_ATTR { return static_cast<std::ptrdiff_t>(hn::CountTrue(d, mask)); };
  T* const begin = out;
  std::ptrdiff_t i = 0;
  // Four vectors at a time share the loads of the bounds and the additions to the counts.
  for (; i + 4 * w <= n; i += 4 * w) {
    const auto v0 = hn::LoadU(d, x + i), v1 = hn::LoadU(d, x + i + w);
    const auto v2 = hn::LoadU(d, x + i + 2 * w), v3 = hn::LoadU(d, x + i + 3 * w);
    auto in0 = hn::Lt(v0, v0), in1 = in0, in2 = in0, in3 = in0;  // none
    for (std::size_t b = 0; b < k; ++b) {
      const auto low = hn::Set(d, bounds[2 * b]), high = hn::Set(d, bounds[2 * b + 1]);
      const auto a0 = hn::Ge(v0, low), a1 = hn::Ge(v1, low), a2 = hn::Ge(v2, low), a3 = hn::Ge(v3, low);
      at_least[b] += (count(a0) + count(a1)) + (count(a2) + count(a3));
      // Above an odd number of bounds is inside.
      in0 = hn::Xor(in0, hn::Xor(a0, hn::Ge(v0, high)));
      in1 = hn::Xor(in1, hn::Xor(a1, hn::Ge(v1, high)));
      in2 = hn::Xor(in2, hn::Xor(a2, hn::Ge(v2, high)));
      in3 = hn::Xor(in3, hn::Xor(a3, hn::Ge(v3, high)));
    }
    out = store_some(out, v0, in0);
    out = store_some(out, v1, in1);
    out = store_some(out, v2, in2);
    out = store_some(out, v3, in3);
  }
  for (; i < n; ++i) {
    bool inside = false;
    for (std::size_t b = 0; b < k; ++b) {
      at_least[b] += x[i] >= bounds[2 * b];
      inside |= x[i] >= bounds[2 * b] && x[i] < bounds[2 * b + 1];
    }
    if (inside) *out++ = x[i];
  }
  return out - begin;
}

template <class T>
std::ptrdiff_t within(const T* x, std::ptrdiff_t n, T low, T high, T* out) {
  const hn::ScalableTag<T> d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const auto lo = hn::Set(d, low), hi = hn::Set(d, high);
  T* const begin = out;
  std::ptrdiff_t i = 0;
  for (; i + w <= n; i += w) {
    const auto v = hn::LoadU(d, x + i);
    const auto inside = hn::And(hn::Ge(v, lo), hn::Lt(v, hi));
    out = store_some(out, v, inside);
  }
  for (; i < n; ++i)
    if (x[i] >= low && x[i] < high) *out++ = x[i];
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
  for (; i < n; ++i) numbers += x[i] == x[i];
  return n - numbers;
}

SelectKernels<double> select_kernels_of_double() { return {&bracket<double>, &classify<double>, &within<double>, &count_nan<double>}; }
SelectKernels<float> select_kernels_of_float() { return {&bracket<float>, &classify<float>, &within<float>, &count_nan<float>}; }

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
