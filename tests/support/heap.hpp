// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <malloc.h>

#include <cstddef>

namespace lagoon::test {

/// Bytes that the program has of malloc and has not freed, whichever thread's arena they are in; what threads keep for
/// their next allocations (some KiB each) counts as not freed. Unlike resident memory, it does not depend on where
/// malloc puts things and on what it keeps. A sanitizer's own malloc is not seen: then it does not change.
inline std::size_t heap_bytes() {
  const auto now = mallinfo2();
  return now.uordblks + now.hblkhd;
}

}  // namespace lagoon::test
