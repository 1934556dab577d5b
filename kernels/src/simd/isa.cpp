// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/simd.hpp>

#include <hwy/highway.h>

#include <cstdlib>
#include <lagoon/core/error.hpp>
#include <string>

namespace lagoon::simd {
namespace {

/// Hides what is above the level asked for from Highway's choice; its name is what remains.
std::string_view choose() {
  std::string_view highest = "avx512";
  if (const char* wanted = std::getenv("LAGOON_ISA"); wanted && *wanted) {
    highest = wanted;
    if (highest != "baseline" && highest != "avx2" && highest != "avx512")
      throw Error(Errc::invalid_argument,
                  "LAGOON_ISA: \"" + std::string(wanted) + "\"; known are baseline, avx2, avx512");
  }
  // Targets are bits in falling order of worth: all bits below AVX2 are AVX-512 of some kind on x86.
  constexpr std::int64_t kAvx512 = HWY_AVX2 - 1;
  std::int64_t hidden = 0;
  if (highest != "avx512") hidden |= kAvx512;
  if (highest == "baseline") hidden |= HWY_AVX2;
  if (HWY_ARCH_X86 && hidden) hwy::DisableTargets(hidden);
  const std::int64_t usable = hwy::SupportedTargets();
  if (!HWY_ARCH_X86) return "baseline";
  if (usable & kAvx512) return "avx512";
  return usable & HWY_AVX2 ? "avx2" : "baseline";
}

}  // namespace

std::string_view isa_name() {
  static const std::string_view chosen = choose();
  return chosen;
}

}  // namespace lagoon::simd
