// SPDX-License-Identifier: Apache-2.0
// Small blocks from the same malloc, charged to nobody.
#include <new>

#include "rivals/rivals.hpp"
#include "runner/small_blocks.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench::rivals {

namespace {

// What a new-expression calls for a type of that alignment.
void* take(std::size_t bytes, std::size_t alignment) {
  if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return ::operator new(bytes);
  return ::operator new(bytes, std::align_val_t{alignment});
}
void give(void* p, std::size_t bytes, std::size_t alignment) {
  if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return ::operator delete(p, bytes);
  ::operator delete(p, bytes, std::align_val_t{alignment});
}

}  // namespace

Side new_delete(std::size_t alignment) {
  return {"operator new and delete, not counted", small_blocks(alignment, take, give)};
}

}  // namespace lagoon::bench::rivals
