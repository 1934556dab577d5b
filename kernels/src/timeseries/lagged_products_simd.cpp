// SPDX-License-Identifier: Apache-2.0
#include "lagged_products_simd.hpp"

#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3)
#define HWY_TARGET_INCLUDE "timeseries/lagged_products_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::timeseries::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<double, kWidest>;
using V = hn::Vec<D>;

constexpr std::ptrdiff_t kLanes = hn::MaxLanes(D());
// Vectors of x that meet one number of y: with them kLanes * kVectors sums fill the registers.
constexpr std::ptrdiff_t kVectors = kLanes == 2 ? 5 : 3;

/// Sums for the lags about kLanes * vector. With t = kLanes a + i and t + k = kLanes (a + q) + j, each number i of y
/// meets a whole vector of x, and the lag of lane j is kLanes q + j - i: every load of x is of a vector that begins
/// where one of y begins, and each of them meets kLanes numbers.
HWY_INLINE void add_about(const double* x, const double* y, std::ptrdiff_t n, std::ptrdiff_t vector,
                          std::ptrdiff_t lags, double* sums) {
  const D d;
  V s[kLanes][kVectors];
  for (auto& row : s)
    for (V& v : row) v = hn::Zero(d);
  const double* ahead = x + vector * kLanes;
  for (std::ptrdiff_t t = 0; t < n; t += kLanes) {
    V later[kVectors];
    for (std::ptrdiff_t q = 0; q < kVectors; ++q) later[q] = hn::LoadU(d, ahead + t + q * kLanes);
    for (std::ptrdiff_t i = 0; i < kLanes; ++i) {
      const V now = hn::Set(d, y[t + i]);
      for (std::ptrdiff_t q = 0; q < kVectors; ++q) s[i][q] = hn::MulAdd(now, later[q], s[i][q]);
    }
  }
  for (std::ptrdiff_t q = 0; q < kVectors; ++q)
    for (std::ptrdiff_t i = 0; i < kLanes; ++i) {
      double lanes[kLanes];
      hn::StoreU(s[i][q], d, lanes);
      for (std::ptrdiff_t j = 0; j < kLanes; ++j) {
        const std::ptrdiff_t lag = (vector + q) * kLanes + j - i;
        if (lag >= 0 && lag <= lags) sums[lag] += lanes[j];
      }
    }
}

void add_products(const double* x, const double* y, std::ptrdiff_t n, std::ptrdiff_t lags, double* sums) {
  for (std::ptrdiff_t vector = 0; vector * kLanes < lags + kLanes; vector += kVectors)
    add_about(x, y, n, vector, lags, sums);
}

LagKernels lag_kernels_here() { return {kLanes, &add_products}; }

}  // namespace
}  // namespace lagoon::timeseries::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::timeseries::detail {

HWY_EXPORT(lag_kernels_here);

const LagKernels& lag_kernels() {
  static const LagKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(lag_kernels_here)());
  return chosen;
}

}  // namespace lagoon::timeseries::detail
#endif
