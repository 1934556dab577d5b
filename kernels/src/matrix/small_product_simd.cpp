// SPDX-License-Identifier: Apache-2.0
#include "small_product_simd.hpp"

#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
// Registers are held in arrays, which vectors of unknown size cannot be.
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#define HWY_TARGET_INCLUDE "matrix/small_product_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::matrix::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// kRows rows by kWide vectors of c stay in registers while k passes by.
template <int kRows, int kWide, bool kPast, class T>
HWY_INLINE void multiply_block(const SmallProducts<T>& p, const T* HWY_RESTRICT a, const T* HWY_RESTRICT b,
                               T* HWY_RESTRICT c) {
  const hn::ScalableTag<T> d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  hn::Vec<decltype(d)> sum[kRows][kWide];
  for (auto& row : sum)
    for (auto& v : row) v = hn::Zero(d);
  for (std::ptrdiff_t l = 0; l < p.k; ++l, a += p.a_column, b += p.b_row) {
    hn::Vec<decltype(d)> right[kWide];
    for (int j = 0; j < kWide; ++j) right[j] = hn::LoadU(d, b + j * w);
    for (int i = 0; i < kRows; ++i) {
      const auto left = hn::Set(d, a[i * p.a_row]);
      for (int j = 0; j < kWide; ++j) sum[i][j] = hn::MulAdd(left, right[j], sum[i][j]);
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kWide; ++j) {
      T* const to = c + i * p.c_row + j * w;
      if (kPast) {
        hn::Stream(sum[i][j], d, to);
      } else {
        hn::StoreU(sum[i][j], d, to);
      }
    }
  }
}

// Sums that registers hold beside a row of b: 16 of 32 registers, or 8 of 16.
constexpr int kSums = HWY_TARGET <= HWY_AVX3 || !HWY_ARCH_X86 ? 16 : 8;

template <int kWide, bool kPast, class T>
HWY_INLINE void multiply_columns(const SmallProducts<T>& p, const T* a, const T* b, T* c) {
  constexpr int kRows = kWide == 1 ? kSums / 2 : kSums / kWide;
  std::ptrdiff_t i = 0;
  for (; i + kRows <= p.m; i += kRows) multiply_block<kRows, kWide, kPast>(p, a + i * p.a_row, b, c + i * p.c_row);
  if (i + kRows / 2 <= p.m) {
    multiply_block<kRows / 2, kWide, kPast>(p, a + i * p.a_row, b, c + i * p.c_row);
    i += kRows / 2;
  }
  for (; i < p.m; ++i) multiply_block<1, kWide, kPast>(p, a + i * p.a_row, b, c + i * p.c_row);
}

/// Columns that fill no vector: where n is less than one.
template <class T>
void multiply_narrow(const SmallProducts<T>& p, const T* a, const T* b, T* c) {
  for (std::ptrdiff_t i = 0; i < p.m; ++i) {
    for (std::ptrdiff_t j = 0; j < p.n; ++j) {
      T sum = 0;
      for (std::ptrdiff_t l = 0; l < p.k; ++l) sum += a[i * p.a_row + l * p.a_column] * b[l * p.b_row + j];
      c[i * p.c_row + j] = sum;
    }
  }
}

template <bool kPast, class T>
HWY_INLINE void multiply_one(const SmallProducts<T>& p, const T* a, const T* b, T* c) {
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(hn::ScalableTag<T>()));
  if (p.n < w) return multiply_narrow(p, a, b, c);
  std::ptrdiff_t j = 0;
  // As wide as can be: rows of b are read in the order in which memory has them, and come before they are asked for.
  for (; j + 4 * w <= p.n; j += 4 * w) multiply_columns<4, kPast>(p, a, b + j, c + j);
  for (; j + 2 * w <= p.n; j += 2 * w) multiply_columns<2, kPast>(p, a, b + j, c + j);
  for (; j + w <= p.n; j += w) multiply_columns<1, kPast>(p, a, b + j, c + j);
  // The last columns make a whole vector with some that are done, which come out the same again.
  if (j < p.n) multiply_columns<1, false>(p, a, b + p.n - w, c + p.n - w);
}

template <class T>
void multiply(const SmallProducts<T>& p, bool past_the_cache) {
  for (std::ptrdiff_t i = 0; i < p.count; ++i) {
    const T* const a = p.a + i * p.a_next;
    const T* const b = p.b + i * p.b_next;
    T* const c = p.c + i * p.c_next;
    past_the_cache ? multiply_one<true>(p, a, b, c) : multiply_one<false>(p, a, b, c);
  }
  if (past_the_cache) hwy::FlushStream();
}

SmallProductKernels small_product_kernels_here() { return {&multiply<double>, &multiply<float>}; }

}  // namespace
}  // namespace lagoon::matrix::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::matrix::detail {

HWY_EXPORT(small_product_kernels_here);

const SmallProductKernels& small_product_kernels() {
  static const SmallProductKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(small_product_kernels_here)());
  return chosen;
}

}  // namespace lagoon::matrix::detail
#endif
