// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::detail {

inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// Fresh private pages as mmap() gives them, on a multiple of `alignment`; null: there are none, and errno says why.
///   alignment    a power of two, from a page
///   protection   PROT_...
///   more_flags   MAP_... besides those of private anonymous memory
void* map_aligned(std::size_t bytes, std::size_t alignment, int protection, int more_flags = 0) noexcept;

}  // namespace lagoon::detail
