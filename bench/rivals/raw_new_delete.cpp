// SPDX-License-Identifier: Apache-2.0
// Small blocks from the same malloc, charged to nobody.
#include <new>

#include "rivals/rivals.hpp"
#include "runner/small_blocks.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench::rivals {

Side new_delete() {
  return {"operator new and delete, not counted", small_blocks(
              [](std::size_t bytes, std::size_t alignment) { return ::operator new(bytes, std::align_val_t{alignment}); },
              [](void* p, std::size_t bytes, std::size_t alignment) {
                ::operator delete(p, bytes, std::align_val_t{alignment});
              })};
}

}  // namespace lagoon::bench::rivals
