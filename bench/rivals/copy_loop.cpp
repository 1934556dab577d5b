// SPDX-License-Identifier: Apache-2.0
// The floor of a filter that makes a picture of a picture: the same bytes, read and written once by memcpy, on one
// thread, into huge pages that are mapped already.
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "rivals/photographs.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench::rivals {

Candidate copy_loop(const Raster& picture) {
  constexpr std::size_t kHuge = 2 << 20;
  const std::size_t bytes = picture.bytes(), room = (bytes + kHuge - 1) / kHuge * kHuge;
  void* raw = std::aligned_alloc(kHuge, room);
  if (!raw) throw std::runtime_error("no memory for a copy of the picture");
  madvise(raw, room, MADV_HUGEPAGE);
  const std::shared_ptr<void> to(raw, std::free);
  const auto* from = picture.rgb;
  Candidate c;
  c.name = "memcpy";
  c.seconds = [=] {
    return seconds_of([&] {
      std::memcpy(to.get(), from, bytes);
      benchmark::ClobberMemory();
    });
  };
  return c;
}

}  // namespace lagoon::bench::rivals
