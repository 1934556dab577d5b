// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/simd.hpp>

#include <cstdlib>
#include <lagoon/core/error.hpp>
#include <string>

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3)
#define HWY_TARGET_INCLUDE "simd/isa.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::simd::HWY_NAMESPACE {
namespace {
std::int64_t target() { return HWY_TARGET; }
}  // namespace
}  // namespace lagoon::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::simd {
namespace {

HWY_EXPORT(target);

// Targets are bits in falling order of worth: all bits below AVX2 are AVX-512 of some kind on x86.
constexpr std::int64_t kAvx512 = HWY_AVX2 - 1;

/// Hides what is above the level asked for from Highway's choice; its name is what kernels get from then on.
std::string_view choose() {
  std::string_view highest = "avx512";
  if (const char* wanted = std::getenv("LAGOON_ISA"); wanted && *wanted) {
    highest = wanted;
    if (highest != "baseline" && highest != "avx2" && highest != "avx512")
      throw Error(Errc::invalid_argument,
                  "LAGOON_ISA: \"" + std::string(wanted) + "\"; known are baseline, avx2, avx512");
  }
  std::int64_t hidden = 0;
  if (highest != "avx512") hidden |= kAvx512;
  if (highest == "baseline") hidden |= HWY_AVX2;
  if (HWY_ARCH_X86 && hidden) hwy::DisableTargets(hidden);
  // The first question for the targets chooses among all of them, hidden or not (Highway 1.0); so choose again.
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  if (!HWY_ARCH_X86) return "baseline";
  const std::int64_t chosen = HWY_DYNAMIC_DISPATCH(target)();
  return chosen & kAvx512 ? "avx512" : chosen == HWY_AVX2 ? "avx2" : "baseline";
}

}  // namespace

std::string_view isa_name() {
  static const std::string_view chosen = choose();
  return chosen;
}

}  // namespace lagoon::simd
#endif
