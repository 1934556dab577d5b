// SPDX-License-Identifier: Apache-2.0
// What views and tensors need but need not inline: checks with their messages, allocation, the record of splits.
#include <lagoon/core/tensor.hpp>

#include <new>
#include <string>

namespace lagoon::detail {

std::ptrdiff_t checked_size(std::span<const std::ptrdiff_t> extents) {
  std::ptrdiff_t n = 1;
  bool empty = false;
  // 128 bytes is the largest plain element foreseen; the limit keeps size * sizeof(T) below 2^63 as well.
  constexpr std::ptrdiff_t kMost = PTRDIFF_MAX / 128;
  for (std::ptrdiff_t e : extents) {
    if (e < 0) throw Error(Errc::invalid_argument, "an extent is negative: " + std::to_string(e));
    if (e == 0) {  // the others still have to fit: strides are made of them
      empty = true;
    } else if (__builtin_mul_overflow(n, e, &n) || n > kMost) {
      throw Error(Errc::invalid_argument, "the product of the extents does not fit in memory");
    }
  }
  return empty ? 0 : n;
}

void throw_rank_mismatch(std::size_t have, std::size_t want) {
  throw Error(Errc::invalid_argument,
              "the array has " + std::to_string(have) + " axes, the view wants " + std::to_string(want));
}

void throw_not_a_vector(std::ptrdiff_t rows, std::ptrdiff_t columns) {
  throw Error(Errc::invalid_argument, "a " + std::to_string(rows) + "x" + std::to_string(columns) +
                                          " matrix is not a vector; take a row or a column of it");
}

void throw_outside(const char* what, std::ptrdiff_t index, std::ptrdiff_t extent) {
  throw Error(Errc::out_of_range,
              std::string(what) + " " + std::to_string(index) + " is outside [0, " + std::to_string(extent) + "]");
}

void throw_bad_split(std::size_t parts, std::ptrdiff_t extent) {
  throw Error(Errc::out_of_range, "split: " + std::to_string(parts) + " parts of " + std::to_string(extent) +
                                      " rows; parts must be 1 to the number of rows");
}

void throw_moved_inside() {
  throw Error(Errc::invalid_argument, "adopt: the elements live inside the object and would move with it; use copy_of");
}

void throw_still_split() {
  throw Error(Errc::failed_precondition, "freeze: this is a slice that others may still write beside; join first");
}

namespace {
struct OwnedBlock final : Block {
  MemoryHandle memory;
  std::size_t allocated = 0;
};
static_assert(sizeof(OwnedBlock) <= kAlignment, "the header takes one cache line");

void destroy_owned(Block* block) noexcept {
  auto* owned = static_cast<OwnedBlock*>(block);
  // The handle leaves the header first: it may be the last owner of the memory that holds the header.
  const MemoryHandle memory = std::move(owned->memory);
  const std::size_t allocated = owned->allocated;
  owned->~OwnedBlock();
  memory->deallocate(owned, allocated, kAlignment);
}
}  // namespace

Allocation allocate_elements(std::size_t bytes, MemoryHandle memory) {
  const std::size_t allocated = kAlignment + bytes;
  void* raw = memory->allocate(allocated, kAlignment);
  auto* block = ::new (raw) OwnedBlock;
  block->bytes = bytes;
  block->destroy = destroy_owned;
  block->allocated = allocated;
  block->memory = std::move(memory);
  return {BlockHandle(block), static_cast<std::byte*>(raw) + kAlignment};
}

struct SplitRecord {
  SplitHandle parent;
  std::size_t parent_index;
  std::size_t count;
  std::vector<std::ptrdiff_t> extents;
};

SplitHandle make_split(SplitHandle parent, std::size_t parent_index, std::size_t count,
                       std::span<const std::ptrdiff_t> extents) {
  return std::make_shared<SplitRecord>(
      SplitRecord{std::move(parent), parent_index, count, std::vector<std::ptrdiff_t>(extents.begin(), extents.end())});
}

void check_join(std::span<const std::pair<SplitHandle, std::size_t>> slices) {
  auto fail = [](const std::string& why) { throw Error(Errc::invalid_argument, "join: " + why); };
  if (slices.empty()) fail("no slices given");
  const SplitHandle& record = slices.front().first;
  if (!record) fail("slice 0 does not come from a split");
  std::vector<bool> seen(record->count);
  for (std::size_t k = 0; k < slices.size(); ++k) {
    const auto& [split, index] = slices[k];
    if (split != record) fail("slice " + std::to_string(k) + " comes from another split");
    if (seen[index]) fail("slice " + std::to_string(index) + " is given twice");
    seen[index] = true;
  }
  for (std::size_t k = 0; k < seen.size(); ++k) {
    if (!seen[k]) fail("slice " + std::to_string(k) + " of " + std::to_string(record->count) + " is missing");
  }
}

std::span<const std::ptrdiff_t> split_extents(const SplitRecord& record) { return record.extents; }

SplitHandle split_parent(const SplitRecord& record, std::size_t& index) {
  index = record.parent_index;
  return record.parent;
}

}  // namespace lagoon::detail
