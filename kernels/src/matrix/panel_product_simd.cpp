// SPDX-License-Identifier: Apache-2.0
#include "panel_product_simd.hpp"

#include <algorithm>
#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
// Registers are held in arrays, which vectors of unknown size cannot be.
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#define HWY_TARGET_INCLUDE "matrix/panel_product_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::matrix::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Sums that registers hold beside a row of the right panel and a number of the left one: 24 of 32, or 12 of 16.
constexpr int kWide = 2;
constexpr int kRows = HWY_TARGET <= HWY_AVX3 || !HWY_ARCH_X86 ? 12 : 6;
constexpr std::ptrdiff_t kSteps = HWY_TARGET <= HWY_AVX3 ? 256 : 384;
template <class T>
constexpr std::ptrdiff_t kColumns = kWide * hn::MaxLanes(hn::ScalableTag<T>());

// Numbers of the next right panel that are asked for in each step: all of it while 12 left panels pass by.
constexpr std::ptrdiff_t kAhead = 2;

/// kRows rows of c, of kColumns each, stay in registers while k passes by. What comes `next` is fetched meanwhile.
template <class T>
HWY_INLINE void multiply_panels(const T* HWY_RESTRICT left, const T* HWY_RESTRICT right, std::ptrdiff_t k, bool add,
                                T* HWY_RESTRICT c, std::ptrdiff_t c_row, const T* next) {
  const hn::ScalableTag<T> d;
  constexpr std::ptrdiff_t kLanes = hn::MaxLanes(d);
  hn::Vec<decltype(d)> sum[kRows][kWide];
  for (int i = 0; i < kRows; ++i) {
    hwy::Prefetch(c + i * c_row);
    for (int j = 0; j < kWide; ++j) sum[i][j] = hn::Zero(d);
  }
  // A loop's own instructions are 3 of 23: unrolled, another 1 to 3 % where two threads share a core.
#pragma GCC unroll 8
  for (std::ptrdiff_t l = 0; l < k; ++l, left += kRows, right += kColumns<T>, next += kAhead) {
    hwy::Prefetch(next);
    hn::Vec<decltype(d)> line[kWide];
    for (int j = 0; j < kWide; ++j) line[j] = hn::Load(d, right + j * kLanes);
    for (int i = 0; i < kRows; ++i) {
      const auto number = hn::Set(d, left[i]);
      for (int j = 0; j < kWide; ++j) sum[i][j] = hn::MulAdd(number, line[j], sum[i][j]);
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kWide; ++j) {
      T* const to = c + i * c_row + j * kLanes;
      hn::StoreU(add ? hn::Add(hn::LoadU(d, to), sum[i][j]) : sum[i][j], d, to);
    }
  }
}

/// The same where c has less than a panel's rows or columns.
template <class T>
HWY_NOINLINE void multiply_rest(const T* left, const T* right, std::ptrdiff_t m, std::ptrdiff_t n, std::ptrdiff_t k,
                                bool add, T* c, std::ptrdiff_t c_row) {
  HWY_ALIGN T whole[kRows * kColumns<T>];
  multiply_panels(left, right, k, false, whole, kColumns<T>, right);
  for (std::ptrdiff_t i = 0; i < m; ++i)
    for (std::ptrdiff_t j = 0; j < n; ++j)
      c[i * c_row + j] = add ? c[i * c_row + j] + whole[i * kColumns<T> + j] : whole[i * kColumns<T> + j];
}

/// A right panel stays in the first cache while all the left ones pass by.
template <class T>
void multiply(const T* left, const T* right, std::ptrdiff_t m, std::ptrdiff_t n, std::ptrdiff_t k, bool add, T* c,
              std::ptrdiff_t c_row) {
  for (std::ptrdiff_t j = 0; j < n; j += kColumns<T>, right += kColumns<T> * k) {
    const std::ptrdiff_t columns = std::min(kColumns<T>, n - j);
    const T* next = j + kColumns<T> < n ? right + kColumns<T> * k : right;
    for (std::ptrdiff_t i = 0; i < m; i += kRows) {
      const std::ptrdiff_t rows = std::min<std::ptrdiff_t>(kRows, m - i);
      T* const to = c + i * c_row + j;
      if (rows == kRows && columns == kColumns<T>) {
        multiply_panels(left + i * k, right, k, add, to, c_row, next);
        next += kAhead * k;
      } else {
        multiply_rest(left + i * k, right, rows, columns, k, add, to, c_row);
      }
    }
  }
}

/// kPanels panels whose lines follow each other in memory: steps are read in pieces of whole cache lines.
template <std::ptrdiff_t kLines, int kPanels, class T>
HWY_INLINE void pack_contiguous(const T* HWY_RESTRICT from, std::ptrdiff_t next_step, std::ptrdiff_t k, T factor,
                                T* HWY_RESTRICT to) {
  constexpr std::ptrdiff_t kSoon = 8;
  for (std::ptrdiff_t l = 0; l < k; ++l, from += next_step, to += kLines) {
    hwy::Prefetch(from + kSoon * next_step);
    hwy::Prefetch(from + kSoon * next_step + kPanels * kLines - 1);
    for (int p = 0; p < kPanels; ++p)
      for (std::ptrdiff_t i = 0; i < kLines; ++i) to[p * kLines * k + i] = factor * from[p * kLines + i];
  }
}

template <std::ptrdiff_t kLines, class T>
HWY_INLINE void pack(const T* HWY_RESTRICT from, std::ptrdiff_t next_line, std::ptrdiff_t next_step,
                     std::ptrdiff_t lines, std::ptrdiff_t k, T factor, T* HWY_RESTRICT to) {
  const auto done = [&](std::ptrdiff_t panels) {
    lines -= panels * kLines;
    from += panels * kLines * next_line;
    to += panels * kLines * k;
  };
  if (next_line == 1) {
    for (; lines >= 4 * kLines; done(4)) pack_contiguous<kLines, 4>(from, next_step, k, factor, to);
    for (; lines >= kLines; done(1)) pack_contiguous<kLines, 1>(from, next_step, k, factor, to);
  }
  for (; lines >= kLines; done(1))
    for (std::ptrdiff_t l = 0; l < k; ++l)
      for (std::ptrdiff_t i = 0; i < kLines; ++i) to[l * kLines + i] = factor * from[l * next_step + i * next_line];
  if (lines == 0) return;
  for (std::ptrdiff_t l = 0; l < k; ++l, to += kLines) {
    for (std::ptrdiff_t i = 0; i < lines; ++i) to[i] = factor * from[l * next_step + i * next_line];
    std::fill(to + lines, to + kLines, T{0});
  }
}

template <class T>
void pack_left(const T* from, std::ptrdiff_t next_line, std::ptrdiff_t next_step, std::ptrdiff_t lines,
               std::ptrdiff_t k, T factor, T* to) {
  pack<kRows>(from, next_line, next_step, lines, k, factor, to);
}
template <class T>
void pack_right(const T* from, std::ptrdiff_t next_line, std::ptrdiff_t next_step, std::ptrdiff_t lines,
                std::ptrdiff_t k, T* to) {
  pack<kColumns<T>>(from, next_line, next_step, lines, k, T{1}, to);
}

template <class T>
PanelProductKernels<T> kernels_here() {
  return {kRows, kColumns<T>, kSteps, &pack_left<T>, &pack_right<T>, &multiply<T>};
}
PanelProductKernels<double> panel_product_f64() { return kernels_here<double>(); }
PanelProductKernels<float> panel_product_f32() { return kernels_here<float>(); }

}  // namespace
}  // namespace lagoon::matrix::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::matrix::detail {

HWY_EXPORT(panel_product_f64);
HWY_EXPORT(panel_product_f32);

template <>
const PanelProductKernels<double>& panel_product_kernels<double>() {
  static const auto chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(panel_product_f64)());
  return chosen;
}
template <>
const PanelProductKernels<float>& panel_product_kernels<float>() {
  static const auto chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(panel_product_f32)());
  return chosen;
}

}  // namespace lagoon::matrix::detail
#endif
