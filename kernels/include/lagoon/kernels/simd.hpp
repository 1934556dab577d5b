// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lagoon::simd {

/// Which instructions the kernels of this process use: "avx512", "avx2" or "baseline" (anything older or other).
///
/// The best that the processor has, unless the environment says LAGOON_ISA=baseline|avx2|avx512 before the first
/// kernel runs; a level that the processor lacks means the next lower one. Last bits of a result depend on it.
///   throws  invalid_argument for another value of LAGOON_ISA
std::string_view isa_name();

}  // namespace lagoon::simd
