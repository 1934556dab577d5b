// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/engine.hpp>

#include <memory>
#include <string>

#include "region.hpp"

namespace lagoon::detail {

/// Slabs of an isolate's memory that come out of a region which peers have mapped.
class RegionSlabs final : public SlabSource {
 public:
  explicit RegionSlabs(std::shared_ptr<Region> region) noexcept : region_(std::move(region)) {}
  void* map(std::size_t bytes) noexcept override {
    try {
      const auto offset = region_->try_allocate(bytes);
      if (!offset) return nullptr;
      region_->ask_for_huge_pages(*offset, bytes);
      return region_->at(*offset);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
  void unmap(void* slab, std::size_t bytes) noexcept override {
    const auto offset = static_cast<std::size_t>(static_cast<std::byte*>(slab) - region_->at(0));
    region_->discard(offset, bytes);
    region_->free(offset, bytes);
  }

 private:
  const std::shared_ptr<Region> region_;
};

/// Memory for arrays that workers see.
struct SharedArrays {
  std::shared_ptr<Region> region;
  std::shared_ptr<IsolateMemory> memory;
};

/// As much of it as the engine may hold; address space, until arrays are made.
inline SharedArrays make_shared_arrays(Engine& engine, const std::string& name, bool huge_pages) {
  SharedArrays made;
  made.region = std::make_shared<Region>(name, engine.memory().limit(), huge_pages);
  made.memory = make_memory(engine, name, engine.memory().limit(),
                            {.soft_mark = 1, .slabs = std::make_shared<RegionSlabs>(made.region)});
  return made;
}

}  // namespace lagoon::detail
