// SPDX-License-Identifier: Apache-2.0
// Small blocks by the same way, std::pmr, from the same malloc, charged to nobody.
#include <memory_resource>

#include "rivals/rivals.hpp"
#include "runner/small_blocks.hpp"

namespace lagoon::bench::rivals {

Side pmr_new_delete(std::size_t alignment) {
  std::pmr::memory_resource* memory = std::pmr::new_delete_resource();
  return {"std::pmr::new_delete_resource, not counted",
          small_blocks(
              alignment, [memory](std::size_t bytes, std::size_t align) { return memory->allocate(bytes, align); },
              [memory](void* p, std::size_t bytes, std::size_t align) { memory->deallocate(p, bytes, align); })};
}

}  // namespace lagoon::bench::rivals
