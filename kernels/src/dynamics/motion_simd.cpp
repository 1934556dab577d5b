// SPDX-License-Identifier: Apache-2.0
#include "motion_simd.hpp"

#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3)
#define HWY_TARGET_INCLUDE "dynamics/motion_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::dynamics::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<double, 8>;

template <bool kRounded>
double move(const MotionView& m, std::ptrdiff_t begin, std::ptrdiff_t end, double kick, int kicks, double drift,
            double limit2, bool* lost) {
  const Tag d;
  [[maybe_unused]] const hn::Rebind<float, Tag> narrow;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const auto by = hn::Set(d, kick), dt = hn::Set(d, drift), limit = hn::Set(d, limit2);
  const auto scale = hn::Set(d, m.listed_scale);
  auto most = hn::Zero(d);
  auto below = hn::Eq(most, most);
  for (std::ptrdiff_t i = begin; i < end; i += w) {
    const auto push = hn::Mul(by, hn::Load(d, m.inverse_mass + i));
    auto r2 = hn::Zero(d);
    for (int k = 0; k < 3; ++k) {
      auto f = hn::Zero(d);
      if constexpr (kRounded)  // added to zero, as in a pass of its own, which has no zero with a sign
        f = hn::Add(f, hn::PromoteTo(d, hn::Load(narrow, m.f32[k] + i)));
      else
        f = hn::Load(d, m.f[k] + i);
      auto v = hn::Load(d, m.v[k] + i);
      for (int n = 0; n < kicks; ++n) v = hn::MulAdd(push, f, v);
      const auto x = hn::MulAdd(dt, v, hn::Load(d, m.x[k] + i));
      hn::Store(v, d, m.v[k] + i);
      hn::Store(x, d, m.x[k] + i);
      if constexpr (kRounded) {
        hn::Store(hn::DemoteTo(narrow, hn::Sub(x, hn::Set(d, m.middle[k]))), narrow, m.x32[k] + i);
        hn::Store(hn::Zero(narrow), narrow, m.f32[k] + i);
      } else {
        hn::Store(hn::Zero(d), d, m.f[k] + i);
      }
      const auto gone = hn::NegMulAdd(scale, hn::Load(d, m.listed[k] + i), x);
      r2 = hn::MulAdd(gone, gone, r2);
    }
    below = hn::And(below, hn::Lt(r2, limit));
    most = hn::Max(most, r2);
  }
  if (!hn::AllTrue(d, below)) *lost = true;
  return hn::GetLane(hn::MaxOfLanes(d, most));
}

void kick(const MotionView& m, std::ptrdiff_t begin, std::ptrdiff_t end, double kick) {
  const Tag d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const auto by = hn::Set(d, kick);
  for (std::ptrdiff_t i = begin; i < end; i += w) {
    const auto push = hn::Mul(by, hn::Load(d, m.inverse_mass + i));
    for (int k = 0; k < 3; ++k)
      hn::Store(hn::MulAdd(push, hn::Load(d, m.f[k] + i), hn::Load(d, m.v[k] + i)), d, m.v[k] + i);
  }
}

MotionKernels motion_kernels_here() { return {&move<false>, &move<true>, &kick}; }

}  // namespace
}  // namespace lagoon::dynamics::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::dynamics::detail {

HWY_EXPORT(motion_kernels_here);

const MotionKernels& motion_kernels() {
  static const MotionKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(motion_kernels_here)());
  return chosen;
}

}  // namespace lagoon::dynamics::detail
#endif
