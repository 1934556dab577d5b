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
      hn::StoreU(hn::Compress(v, inside), d, out);
      out += count(inside);
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

SelectKernels<double> select_kernels_of_double() { return {&bracket<double>, &count_nan<double>}; }
SelectKernels<float> select_kernels_of_float() { return {&bracket<float>, &count_nan<float>}; }

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
