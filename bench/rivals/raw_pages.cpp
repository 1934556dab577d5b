// SPDX-License-Identifier: Apache-2.0
// The floor of reusing a big buffer: touch each page of memory that is mapped already.
#include <sys/mman.h>

#include <memory>
#include <stdexcept>

#include "rivals/rivals.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench::rivals {
namespace {

struct Mapping {
  static constexpr std::size_t kHuge = 2 << 20;
  void* raw;
  std::size_t bytes;
  char* data;
  explicit Mapping(std::size_t size) : bytes(size + kHuge) {
    raw = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) throw std::runtime_error("mmap failed");
    data = reinterpret_cast<char*>((reinterpret_cast<std::uintptr_t>(raw) + kHuge - 1) / kHuge * kHuge);
    madvise(data, size, MADV_HUGEPAGE);
  }
  ~Mapping() { munmap(raw, bytes); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
};

}  // namespace

Side retouch(std::size_t bytes) {
  auto mapping = std::make_shared<Mapping>(bytes);
  return {"touching mapped huge pages again", time_of(1, [mapping, bytes] {
            for (std::size_t i = 0; i < bytes; i += 4096) mapping->data[i] = 1;
            benchmark::ClobberMemory();
          })};
}

}  // namespace lagoon::bench::rivals
