// SPDX-License-Identifier: Apache-2.0
#include "condense_simd.hpp"

#include <algorithm>
#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
// Registers are held in arrays, which vectors of unknown size cannot be.
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#define HWY_TARGET_INCLUDE "matrix/condense_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::matrix::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using Size = std::ptrdiff_t;

// Columns that a symmetric product takes together: each has a factor and a sum in registers, of which there are 32
// or 16.
constexpr int kColumns = HWY_TARGET <= HWY_AVX3 || !HWY_ARCH_X86 ? 8 : 4;

/// Lanes of rows [from, to), of the vector that begins at row i.
template <class D>
HWY_INLINE auto rows_between(D d, Size i, Size from, Size to) {
  const auto count = [&](Size row) { return static_cast<std::size_t>(std::max<Size>(row - i, 0)); };
  return hn::AndNot(hn::FirstN(d, count(from)), hn::FirstN(d, count(to)));
}

template <int kWide, class T>
HWY_INLINE void symmetric_stripe(Size j, Size n, const T* HWY_RESTRICT a, Size lda, const T* HWY_RESTRICT x,
                                 T* HWY_RESTRICT y) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const auto w = static_cast<Size>(hn::Lanes(d));
  const T* column[kWide];
  V factor[kWide], sum[kWide];
  for (int c = 0; c < kWide; ++c) {
    column[c] = a + (j + c) * lda;
    factor[c] = hn::Set(d, x[j + c]);
    sum[c] = hn::Zero(d);
  }
  const auto some_lanes = [&](Size i) HWY_ATTR {
    const V right = hn::MaskedLoad(rows_between(d, i, j + 1, n), d, x + i);
    V rows = hn::LoadU(d, y + i);
    for (int c = 0; c < kWide; ++c) {
      const V v = hn::MaskedLoad(rows_between(d, i, j + c + 1, n), d, column[c] + i);
      sum[c] = hn::MulAdd(v, right, sum[c]);
      rows = hn::MulAdd(v, factor[c], rows);
    }
    hn::StoreU(rows, d, y + i);
  };
  Size i = j / w * w;
  for (; i < std::min(n, j + kWide); i += w) some_lanes(i);  // across the diagonal
  for (; i + w <= n; i += w) {  // prefetching the columns, 2 to 32 lines ahead: 5 to 30 % slower, dropped
    const V right = hn::LoadU(d, x + i);
    V even = hn::LoadU(d, y + i), odd = hn::Zero(d);
    for (int c = 0; c < kWide; ++c) {
      const V v = hn::LoadU(d, column[c] + i);
      sum[c] = hn::MulAdd(v, right, sum[c]);
      (c % 2 ? odd : even) = hn::MulAdd(v, factor[c], c % 2 ? odd : even);
    }
    hn::StoreU(hn::Add(even, odd), d, y + i);
  }
  if (i < n) some_lanes(i);
  for (int c = 0; c < kWide; ++c) y[j + c] += column[c][j + c] * x[j + c] + hn::GetLane(hn::SumOfLanes(d, sum[c]));
}

template <class T>
void symmetric(Size first, Size last, Size n, const T* a, Size lda, const T* x, T* y) {
  std::fill(y + first, y + n, T{0});
  Size j = first;
  for (; j + kColumns <= last; j += kColumns) symmetric_stripe<kColumns>(j, n, a, lda, x, y);
  for (; j < last; ++j) symmetric_stripe<1>(j, n, a, lda, x, y);
}

constexpr int kGroup = 4;  // columns that come in while as many are read again

/// Columns of one group, the last of which may stand for some that are not there.
template <class T>
struct Group {
  const T* column[kGroup];
  T factor[kGroup];
};

/// x += the columns of `back` by their factors, and sums = those of `there` by v; either may be missing.
template <bool kThere, bool kBack, class T>
HWY_INLINE void pass(Size first, Size m, const Group<T>& there, const Group<T>& back, const T* HWY_RESTRICT v,
                     T* HWY_RESTRICT x, T* HWY_RESTRICT sums) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const auto w = static_cast<Size>(hn::Lanes(d));
  V sum[kGroup], factor[kGroup];
  for (int c = 0; c < kGroup; ++c) {
    sum[c] = hn::Zero(d);
    factor[c] = hn::Set(d, kBack ? back.factor[c] : T{0});
  }
  const auto step = [&](Size i, const auto& load) HWY_ATTR {
    if (kBack) {
      V even = hn::LoadU(d, x + i), odd = hn::Zero(d);
      for (int c = 0; c < kGroup; ++c)
        (c % 2 ? odd : even) = hn::MulAdd(load(back.column[c] + i), factor[c], c % 2 ? odd : even);
      hn::StoreU(hn::Add(even, odd), d, x + i);
    }
    if (kThere) {
      const V left = load(v + i);
      for (int c = 0; c < kGroup; ++c) sum[c] = hn::MulAdd(load(there.column[c] + i), left, sum[c]);
    }
  };
  const auto some_lanes = [&](Size i) HWY_ATTR {
    const auto mask = rows_between(d, i, first, m);
    step(i, [&](const T* p) HWY_ATTR { return hn::MaskedLoad(mask, d, p); });
  };
  Size i = first / w * w;
  if (i < first) {
    some_lanes(i);
    i += w;
  }
  for (; i + w <= m; i += w) step(i, [&](const T* p) HWY_ATTR { return hn::LoadU(d, p); });
  if (i < m) some_lanes(i);
  if (kThere)
    for (int c = 0; c < kGroup; ++c) sums[c] = hn::GetLane(hn::SumOfLanes(d, sum[c]));
}

template <class T>
void there_and_back(Size first, Size m, Size n, const T* a, Size lda, const T* v, T factor, const T* less, const T* row,
                    T* y, T* u, T* x) {
  std::fill(x + first, x + m, T{0});
  if (n == 0) return;
  Group<T> back{};
  for (Size j = 0; j < n + kGroup; j += kGroup) {
    Group<T> there{};
    for (int c = 0; c < kGroup; ++c) there.column[c] = a + std::min(j + c, n - 1) * lda;
    T sums[kGroup];
    if (j == 0)
      pass<true, false>(first, m, there, back, v, x, sums);
    else if (j < n)
      pass<true, true>(first, m, there, back, v, x, sums);
    else
      pass<false, true>(first, m, there, back, v, x, sums);
    for (Size c = j; c < std::min(j + kGroup, n); ++c) {
      y[c] = factor * (sums[c - j] - less[c]);
      u[c] = there.factor[c - j] = row[c] - y[c];
    }
    back = there;
  }
}

template <class T>
void product(Size first, Size m, Size n, const T* a, Size lda, const T* x, T* y) {
  std::fill(y + first, y + m, T{0});
  for (Size j = 0; j < n; j += kGroup) {
    Group<T> back{};
    for (int c = 0; c < kGroup; ++c) {
      back.column[c] = a + std::min(j + c, n - 1) * lda;
      back.factor[c] = j + c < n ? x[j + c] : T{0};
    }
    pass<false, true, T>(first, m, back, back, x, y, nullptr);
  }
}

template <class T>
CondenseLoops<T> loops() {
  return {&symmetric<T>, &there_and_back<T>, &product<T>};
}

CondenseKernels condense_kernels_here() { return {loops<double>(), loops<float>()}; }

}  // namespace
}  // namespace lagoon::matrix::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::matrix::detail {

HWY_EXPORT(condense_kernels_here);

const CondenseKernels& condense_kernels() {
  static const CondenseKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(condense_kernels_here)());
  return chosen;
}

}  // namespace lagoon::matrix::detail
#endif
