// SPDX-License-Identifier: Apache-2.0
#include "past_cache.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#define HWY_TARGET_INCLUDE "imaging/past_cache.cpp"
#include <hwy/foreach_target.h>

#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::imaging::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// Whole lines: those that are begun and not filled are read and written several times.
void copy_lines(const std::uint8_t* from, std::uint8_t* to, std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  const std::size_t before = std::min(bytes, (kLine - reinterpret_cast<std::uintptr_t>(to) % kLine) % kLine);
  std::memcpy(to, from, before);
  const hn::CappedTag<std::uint8_t, kLine> d;
  std::size_t i = before;
  for (; i + kLine <= bytes; i += kLine)
    for (std::size_t k = 0; k < kLine; k += hn::MaxLanes(d)) hn::Stream(hn::LoadU(d, from + i + k), d, to + i + k);
  std::memcpy(to + i, from + i, bytes - i);
}

using Copy = void (*)(const std::uint8_t*, std::uint8_t*, std::size_t);
Copy copy_here() { return &copy_lines; }

}  // namespace
}  // namespace lagoon::imaging::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::imaging::detail {

HWY_EXPORT(copy_here);

void copy_past_cache(const void* from, void* to, std::size_t bytes) {
  static const auto chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(copy_here)());
  chosen(static_cast<const std::uint8_t*>(from), static_cast<std::uint8_t*>(to), bytes);
}

void finish_past_cache() { hwy::FlushStream(); }

}  // namespace lagoon::imaging::detail
#endif
