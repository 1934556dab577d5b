// SPDX-License-Identifier: Apache-2.0
#include "tall_qr_simd.hpp"

#include <cmath>
#include <lagoon/kernels/simd.hpp>

// Arrays of vectors below need vectors of a known size.
#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#define HWY_TARGET_INCLUDE "learning/tall_qr_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::learning::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<double, kRowGroup>;
using V = hn::Vec<D>;

constexpr int kPanel = 4;                        // reflections that are applied together
constexpr int kColumns = HWY_CAP_GE512 ? 4 : 2;  // to so many columns at a time: as many sums as there are registers

HWY_INLINE double sum(V v) { return hn::GetLane(hn::SumOfLanes(D(), v)); }

void pack(const double* x, std::ptrdiff_t step, std::ptrdiff_t n, double factor, double origin, double* out) {
  const D d;
  const hn::RebindToSigned<D> di;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  alignas(64) std::int64_t places[kRowGroup];
  for (std::ptrdiff_t l = 0; l < w; ++l) places[l] = l * step;
  const auto index = hn::Load(di, places);
  const V f = hn::Set(d, factor), o = hn::Set(d, origin);
  std::ptrdiff_t i = 0;
  for (; i + w <= n; i += w, x += w * step) {
    const V v = step == 1 ? hn::LoadU(d, x) : hn::GatherIndex(d, x, index);
    hn::StoreU(hn::MulSub(v, f, o), d, out + i);  // factors are powers of two: the product is exact
  }
  for (; i < n; ++i, x += step) out[i] = *x * factor - origin;
}

HWY_INLINE double dot(const double* a, const double* b, std::ptrdiff_t rows) {
  const D d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  V even = hn::Zero(d), odd = even;
  std::ptrdiff_t i = 0;
  for (; i + 2 * w <= rows; i += 2 * w) {
    even = hn::MulAdd(hn::Load(d, a + i), hn::Load(d, b + i), even);
    odd = hn::MulAdd(hn::Load(d, a + i + w), hn::Load(d, b + i + w), odd);
  }
  if (i < rows) even = hn::MulAdd(hn::Load(d, a + i), hn::Load(d, b + i), even);
  return sum(hn::Add(even, odd));
}

/// b -= factor * a
HWY_INLINE void subtract(const double* a, double factor, double* b, std::ptrdiff_t rows) {
  const D d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const V f = hn::Set(d, factor);
  for (std::ptrdiff_t i = 0; i < rows; i += w)
    hn::Store(hn::NegMulAdd(f, hn::Load(d, a + i), hn::Load(d, b + i)), d, b + i);
}

HWY_INLINE void scale(double* a, double factor, std::ptrdiff_t rows) {
  const D d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const V f = hn::Set(d, factor);
  for (std::ptrdiff_t i = 0; i < rows; i += w) hn::Store(hn::Mul(f, hn::Load(d, a + i)), d, a + i);
}

/// The reflection I - tau v v' that takes (alpha, a) to (beta, 0): v is (1, a) afterwards. returns tau
HWY_INLINE double reflection(double& alpha, double* a, std::ptrdiff_t rows) {
  const double below = dot(a, a, rows);
  if (below == 0) return 0;
  const double beta = -std::copysign(std::sqrt(alpha * alpha + below), alpha);
  const double tau = (beta - alpha) / beta;
  scale(a, 1 / (alpha - beta), rows);
  alpha = beta;
  return tau;
}

/// Takes P columns of the block to zero, one after the other. Their reflections are I - V t V'.
template <int P>
void factor(double* r, std::ptrdiff_t r_stride, double* block, std::ptrdiff_t rows, std::ptrdiff_t stride,
            double (&t)[P][P]) {
  for (int k = 0; k < P; ++k) {
    double* a = block + k * stride;
    const double tau = reflection(r[k + k * r_stride], a, rows);
    for (int j = k + 1; j < P; ++j) {
      double& above = r[k + j * r_stride];
      const double y = tau * (above + dot(a, block + j * stride, rows));
      above -= y;
      subtract(a, y, block + j * stride, rows);
    }
    double products[P] = {};  // with the vectors before; above the block they are different unit vectors
    for (int i = 0; i < k; ++i) products[i] = dot(block + i * stride, a, rows);
    for (int i = 0; i < k; ++i) {
      double s = 0;
      for (int l = i; l < k; ++l) s += t[i][l] * products[l];
      t[i][k] = -tau * s;
    }
    t[k][k] = tau;
  }
}

/// Applies the reflections of P columns at v to C columns at b, whose numbers above the block are at r.
template <int P, int C>
HWY_INLINE void reflect(const double* v, const double (&t)[P][P], double* b, std::ptrdiff_t rows, std::ptrdiff_t stride,
                        double* r, std::ptrdiff_t r_stride) {
  const D d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  V sums[P][C];
  for (int p = 0; p < P; ++p)
    for (int c = 0; c < C; ++c) sums[p][c] = hn::Zero(d);
  for (std::ptrdiff_t i = 0; i < rows; i += w) {
    V x[C];
    for (int c = 0; c < C; ++c) x[c] = hn::Load(d, b + c * stride + i);
    for (int p = 0; p < P; ++p) {
      const V vp = hn::Load(d, v + p * stride + i);
      for (int c = 0; c < C; ++c) sums[p][c] = hn::MulAdd(vp, x[c], sums[p][c]);
    }
  }
  V y[P][C];
  for (int c = 0; c < C; ++c) {
    double products[P];
    for (int p = 0; p < P; ++p) products[p] = r[p + c * r_stride] + sum(sums[p][c]);
    for (int p = 0; p < P; ++p) {
      double s = 0;
      for (int l = 0; l <= p; ++l) s += t[l][p] * products[l];
      r[p + c * r_stride] -= s;
      y[p][c] = hn::Set(d, s);
    }
  }
  for (std::ptrdiff_t i = 0; i < rows; i += w) {
    V vp[P];
    for (int p = 0; p < P; ++p) vp[p] = hn::Load(d, v + p * stride + i);
    for (int c = 0; c < C; ++c) {
      V x = hn::Load(d, b + c * stride + i);
      for (int p = 0; p < P; ++p) x = hn::NegMulAdd(vp[p], y[p][c], x);
      hn::Store(x, d, b + c * stride + i);
    }
  }
}

template <int P>
void step(double* r, std::ptrdiff_t r_stride, double* block, std::ptrdiff_t rows, std::ptrdiff_t stride,
          std::ptrdiff_t columns, std::ptrdiff_t k) {
  double t[P][P] = {};
  double* const v = block + k * stride;
  factor<P>(r + k + k * r_stride, r_stride, v, rows, stride, t);
  std::ptrdiff_t j = k + P;
  for (; j + kColumns <= columns; j += kColumns)
    reflect<P, kColumns>(v, t, block + j * stride, rows, stride, r + k + j * r_stride, r_stride);
  for (; j < columns; ++j) reflect<P, 1>(v, t, block + j * stride, rows, stride, r + k + j * r_stride, r_stride);
}

void absorb(double* r, std::ptrdiff_t r_stride, double* block, std::ptrdiff_t rows, std::ptrdiff_t stride,
            std::ptrdiff_t columns) {
  std::ptrdiff_t k = 0;
  for (; k + kPanel <= columns; k += kPanel) step<kPanel>(r, r_stride, block, rows, stride, columns, k);
  for (; k < columns; ++k) step<1>(r, r_stride, block, rows, stride, columns, k);
}

TallQrKernels tall_qr_kernels_here() { return {&pack, &absorb}; }

}  // namespace
}  // namespace lagoon::learning::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::learning::detail {

HWY_EXPORT(tall_qr_kernels_here);

const TallQrKernels& tall_qr_kernels() {
  static const TallQrKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(tall_qr_kernels_here)());
  return chosen;
}

}  // namespace lagoon::learning::detail
#endif
