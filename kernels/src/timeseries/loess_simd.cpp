// SPDX-License-Identifier: Apache-2.0
#include "loess_simd.hpp"

#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3)
#define HWY_TARGET_INCLUDE "timeseries/loess_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::timeseries::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using F64 = hn::ScalableTag<double>;
using One = hn::CappedTag<double, 1>;  // what is left over is computed by the same operations

template <class D>
std::ptrdiff_t lanes(D d) {
  return static_cast<std::ptrdiff_t>(hn::Lanes(d));
}

// Eight vectors side by side hide the latency of a multiply-add and share each broadcast of a tap.
template <int Vectors, class D>
HWY_INLINE void convolve_at(D d, const double* x, const double* taps, std::ptrdiff_t tap_count, double* out) {
  const std::ptrdiff_t width = lanes(d);
  hn::Vec<D> sums[Vectors];
  for (auto& s : sums) s = hn::Zero(d);
  for (std::ptrdiff_t k = 0; k < tap_count; ++k) {
    const auto tap = hn::Set(d, taps[k]);
    for (int v = 0; v < Vectors; ++v) sums[v] = hn::MulAdd(tap, hn::LoadU(d, x + k + v * width), sums[v]);
  }
  for (int v = 0; v < Vectors; ++v) hn::StoreU(sums[v], d, out + v * width);
}

void convolve(const double* x, const double* taps, std::ptrdiff_t tap_count, double* out, std::ptrdiff_t count) {
  const F64 d;
  const std::ptrdiff_t width = lanes(d);
  std::ptrdiff_t i = 0;
  for (; i + 8 * width <= count; i += 8 * width) convolve_at<8>(d, x + i, taps, tap_count, out + i);
  for (; i + width <= count; i += width) convolve_at<1>(d, x + i, taps, tap_count, out + i);
  for (; i < count; ++i) convolve_at<1>(One(), x + i, taps, tap_count, out + i);
}

template <class D>
HWY_INLINE void constant_at(D d, const double* weights, const double* weighted, const Taps& taps, double* out) {
  auto one = hn::Zero(d), y = one;
  for (std::ptrdiff_t k = 0; k < taps.count; ++k) {
    const auto w = hn::Set(d, taps.w[k]);
    one = hn::MulAdd(w, hn::LoadU(d, weights + k), one);
    y = hn::MulAdd(w, hn::LoadU(d, weighted + k), y);
  }
  hn::StoreU(hn::Div(y, one), d, out);  // 0 / 0 where nothing has a weight
}

template <class D>
HWY_INLINE void line_at(D d, const double* weights, const double* weighted, const Taps& taps, double least_variance,
                        double* out) {
  auto one = hn::Zero(d), t = one, tt = one, y = one, ty = one;
  for (std::ptrdiff_t k = 0; k < taps.count; ++k) {
    const auto g = hn::LoadU(d, weights + k), z = hn::LoadU(d, weighted + k);
    const auto w = hn::Set(d, taps.w[k]), wt = hn::Set(d, taps.wt[k]);
    one = hn::MulAdd(w, g, one);
    t = hn::MulAdd(wt, g, t);
    tt = hn::MulAdd(hn::Set(d, taps.wtt[k]), g, tt);
    y = hn::MulAdd(w, z, y);
    ty = hn::MulAdd(wt, z, ty);
  }
  const auto mean = hn::Div(y, one), centre = hn::Div(t, one);
  const auto variance = hn::NegMulAdd(centre, centre, hn::Div(tt, one));
  const auto covariance = hn::NegMulAdd(centre, mean, hn::Div(ty, one));
  const auto move = hn::Div(hn::Mul(centre, covariance), variance);
  const auto slopes = hn::Gt(variance, hn::Set(d, least_variance));
  hn::StoreU(hn::Sub(mean, hn::IfThenElseZero(slopes, move)), d, out);
}

void fit(const double* weights, const double* weighted, const Taps& taps, bool line, double least_variance, double* out,
         std::ptrdiff_t count) {
  const auto at = [&](auto d, std::ptrdiff_t i) HWY_ATTR {
    if (line)
      line_at(d, weights + i, weighted + i, taps, least_variance, out + i);
    else
      constant_at(d, weights + i, weighted + i, taps, out + i);
  };
  const F64 d;
  const std::ptrdiff_t width = lanes(d);
  std::ptrdiff_t i = 0;
  for (; i + width <= count; i += width) at(d, i);
  for (; i < count; ++i) at(One(), i);
}

/// (1 - |t / reach|^3)^3; 1 very near and 0 very far, as the authors of STL have it.
template <class D>
HWY_INLINE hn::Vec<D> tricube(D d, hn::Vec<D> t, double reach) {
  const auto far = hn::Abs(t), r = hn::Mul(far, hn::Set(d, 1 / reach));
  const auto v = hn::NegMulAdd(hn::Mul(r, r), r, hn::Set(d, 1.0));
  const auto w = hn::IfThenElse(hn::Le(far, hn::Set(d, 0.001 * reach)), hn::Set(d, 1.0), hn::Mul(hn::Mul(v, v), v));
  return hn::IfThenElseZero(hn::Le(far, hn::Set(d, 0.999 * reach)), w);
}

template <class D>
struct Sums {
  explicit Sums(D d) : one(hn::Zero(d)), t(one), tt(one), y(one), ty(one) {}
  HWY_INLINE void add(hn::Vec<D> weight, hn::Vec<D> tricube_y, hn::Vec<D> distance) {
    const auto wt = hn::Mul(weight, distance);
    one = hn::Add(one, weight);
    t = hn::Add(t, wt);
    tt = hn::MulAdd(wt, distance, tt);
    y = hn::Add(y, tricube_y);
    ty = hn::MulAdd(tricube_y, distance, ty);
  }
  HWY_INLINE LocalSums total(D d) const {
    const auto of = [&](hn::Vec<D> v) HWY_ATTR { return hn::GetLane(hn::SumOfLanes(d, v)); };
    return {of(one), of(t), of(tt), of(y), of(ty)};
  }
  hn::Vec<D> one, t, tt, y, ty;
};

/// Whole vectors of a window, then the rest one by one.
template <bool Weighted>
LocalSums sums_of(const double* weights, const double* y, std::ptrdiff_t count, double first, double reach) {
  const auto add = [&](auto d, auto& sums, std::ptrdiff_t i) HWY_ATTR {
    const auto t = hn::Iota(d, first + static_cast<double>(i));
    const auto w = tricube(d, t, reach);
    const auto weight = Weighted ? hn::Mul(w, hn::LoadU(d, weights + i)) : w;
    sums.add(weight, hn::Mul(w, hn::LoadU(d, y + i)), t);
  };
  const F64 d;
  const std::ptrdiff_t width = lanes(d);
  Sums<F64> many(d);
  std::ptrdiff_t i = 0;
  for (; i + width <= count; i += width) add(d, many, i);
  const One one;
  Sums<One> rest(one);
  for (; i < count; ++i) add(one, rest, i);
  const LocalSums a = many.total(d), b = rest.total(one);
  return {a.one + b.one, a.t + b.t, a.tt + b.tt, a.y + b.y, a.ty + b.ty};
}

LocalSums sums(const double* y, std::ptrdiff_t count, double first, double reach) {
  return sums_of<false>(nullptr, y, count, first, reach);
}
LocalSums weighted_sums(const double* weights, const double* weighted, std::ptrdiff_t count, double first,
                        double reach) {
  return sums_of<true>(weights, weighted, count, first, reach);
}

LoessKernels kernels() { return {&convolve, &fit, &sums, &weighted_sums}; }

}  // namespace
}  // namespace lagoon::timeseries::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::timeseries::detail {

HWY_EXPORT(kernels);

const LoessKernels& loess_kernels() {
  static const LoessKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(kernels)());
  return chosen;
}

}  // namespace lagoon::timeseries::detail
#endif
