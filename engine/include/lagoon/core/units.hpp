// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::literals {

/// Sizes of memory, in bytes: `64_MiB`.
consteval std::size_t operator""_KiB(unsigned long long n) { return static_cast<std::size_t>(n) << 10; }
consteval std::size_t operator""_MiB(unsigned long long n) { return static_cast<std::size_t>(n) << 20; }
consteval std::size_t operator""_GiB(unsigned long long n) { return static_cast<std::size_t>(n) << 30; }

}  // namespace lagoon::literals
