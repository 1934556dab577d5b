// SPDX-License-Identifier: Apache-2.0
#include "near_simd.hpp"

#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3)
#define HWY_TARGET_INCLUDE "dynamics/near_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::dynamics::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, 8>;

void near(const ManyBounds& boxes, std::ptrdiff_t begin, std::ptrdiff_t end, const std::array<Bounds, 2>& two,
          float reach2, const std::array<std::int32_t*, 2>& out, std::array<std::size_t, 2>& counts) {
  const Tag d;
  const hn::Rebind<std::int32_t, Tag> di;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const auto limit = hn::Set(d, reach2);
  for (std::ptrdiff_t i = begin; i < end; i += w) {
    auto distance_a = hn::Zero(d), distance_b = hn::Zero(d);
    for (std::size_t k = 0; k < 3; ++k) {
      const auto low = hn::LoadU(d, boxes.low[k].data() + i), high = hn::LoadU(d, boxes.high[k].data() + i);
      const auto gap_a = hn::Max(hn::Sub(low, hn::Set(d, two[0].high[k])), hn::Sub(hn::Set(d, two[0].low[k]), high));
      const auto gap_b = hn::Max(hn::Sub(low, hn::Set(d, two[1].high[k])), hn::Sub(hn::Set(d, two[1].low[k]), high));
      const auto apart_a = hn::Max(hn::Zero(d), gap_a), apart_b = hn::Max(hn::Zero(d), gap_b);
      distance_a = hn::MulAdd(apart_a, apart_a, distance_a);
      distance_b = hn::MulAdd(apart_b, apart_b, distance_b);
    }
    const auto inside = hn::FirstN(d, static_cast<std::size_t>(end - i));
    const auto numbers = hn::Iota(di, static_cast<std::int32_t>(i));
    const auto near_a = hn::RebindMask(di, hn::And(hn::Lt(distance_a, limit), inside));
    const auto near_b = hn::RebindMask(di, hn::And(hn::Lt(distance_b, limit), inside));
    counts[0] += hn::CompressStore(numbers, near_a, di, out[0] + counts[0]);
    counts[1] += hn::CompressStore(numbers, near_b, di, out[1] + counts[1]);
  }
}

NearKernels near_kernels_here() { return {&near}; }

}  // namespace
}  // namespace lagoon::dynamics::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::dynamics::detail {

HWY_EXPORT(near_kernels_here);

const NearKernels& near_kernels() {
  static const NearKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(near_kernels_here)());
  return chosen;
}

void ManyBounds::resize(std::size_t n) {
  constexpr std::size_t kVector = 16;
  for (auto* axes : {&low, &high})
    for (auto& axis : *axes) axis.resize(n + kVector);
}

}  // namespace lagoon::dynamics::detail
#endif
