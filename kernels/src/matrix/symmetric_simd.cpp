// SPDX-License-Identifier: Apache-2.0
#include "symmetric_simd.hpp"

#include <algorithm>
#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3)
#define HWY_TARGET_INCLUDE "matrix/symmetric_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::matrix::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
void one_column(std::ptrdiff_t m, const T* HWY_RESTRICT a, T of_column, const T* HWY_RESTRICT of_rows,
                T* HWY_RESTRICT rows, T* column) {
  T sum = 0;
  for (std::ptrdiff_t i = 0; i < m; ++i) {
    rows[i] += a[i] * of_column;
    sum += a[i] * of_rows[i];
  }
  *column = sum;
}

template <class T>
void both(std::ptrdiff_t m, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda, const T* of_columns, const T* of_rows,
          T* HWY_RESTRICT rows, T* HWY_RESTRICT columns) {
  const hn::ScalableTag<T> d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  std::fill_n(rows, m, T{0});
  std::ptrdiff_t j = 0;
  for (; j + 4 <= n; j += 4) {
    const T *a0 = a + j * lda, *a1 = a0 + lda, *a2 = a1 + lda, *a3 = a2 + lda;
    const auto x0 = hn::Set(d, of_columns[j]), x1 = hn::Set(d, of_columns[j + 1]);
    const auto x2 = hn::Set(d, of_columns[j + 2]), x3 = hn::Set(d, of_columns[j + 3]);
    auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    std::ptrdiff_t i = 0;
    for (; i + w <= m; i += w) {
      const auto v0 = hn::LoadU(d, a0 + i), v1 = hn::LoadU(d, a1 + i), v2 = hn::LoadU(d, a2 + i);
      const auto v3 = hn::LoadU(d, a3 + i), x = hn::LoadU(d, of_rows + i);
      s0 = hn::MulAdd(v0, x, s0);
      s1 = hn::MulAdd(v1, x, s1);
      s2 = hn::MulAdd(v2, x, s2);
      s3 = hn::MulAdd(v3, x, s3);
      const auto left = hn::MulAdd(v1, x1, hn::Mul(v0, x0)), right = hn::MulAdd(v3, x3, hn::Mul(v2, x2));
      hn::StoreU(hn::Add(hn::LoadU(d, rows + i), hn::Add(left, right)), d, rows + i);
    }
    T tail[4] = {0, 0, 0, 0};
    for (; i < m; ++i) {
      rows[i] +=
          a0[i] * of_columns[j] + a1[i] * of_columns[j + 1] + a2[i] * of_columns[j + 2] + a3[i] * of_columns[j + 3];
      tail[0] += a0[i] * of_rows[i];
      tail[1] += a1[i] * of_rows[i];
      tail[2] += a2[i] * of_rows[i];
      tail[3] += a3[i] * of_rows[i];
    }
    columns[j] = tail[0] + hn::GetLane(hn::SumOfLanes(d, s0));
    columns[j + 1] = tail[1] + hn::GetLane(hn::SumOfLanes(d, s1));
    columns[j + 2] = tail[2] + hn::GetLane(hn::SumOfLanes(d, s2));
    columns[j + 3] = tail[3] + hn::GetLane(hn::SumOfLanes(d, s3));
  }
  for (; j < n; ++j) one_column(m, a + j * lda, of_columns[j], of_rows, rows, columns + j);
}

SymmetricKernels symmetric_kernels_here() { return {&both<double>, &both<float>}; }

}  // namespace
}  // namespace lagoon::matrix::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::matrix::detail {

HWY_EXPORT(symmetric_kernels_here);

const SymmetricKernels& symmetric_kernels() {
  static const SymmetricKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(symmetric_kernels_here)());
  return chosen;
}

}  // namespace lagoon::matrix::detail
#endif
