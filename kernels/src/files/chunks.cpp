// SPDX-License-Identifier: Apache-2.0
#include "chunks.hpp"

#include <cstring>

#include "polled/parts.hpp"

namespace lagoon::files {
namespace {
constexpr std::size_t kFirst = 1 << 14, kMost = 1 << 18;  // bytes of a block
}

void Chunks::append(const void* bytes, std::size_t size) {
  const auto* from = static_cast<const std::byte*>(bytes);
  while (size > 0) {
    if (free_ == 0) {
      const std::size_t room = std::clamp(size_, kFirst, kMost);
      blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(room), room});
      free_ = room;
    }
    const std::size_t part = std::min(size, free_);
    const Block& last = blocks_.back();
    std::memcpy(last.bytes.get() + (last.room - free_), from, part);
    from += part;
    size -= part;
    free_ -= part;
    size_ += part;
  }
}

std::vector<std::byte> Chunks::joined() const {
  std::vector<std::byte> all;
  all.reserve(size_);
  for_each([&](const std::byte* bytes, std::size_t size) { all.insert(all.end(), bytes, bytes + size); });
  return all;
}

std::string Chunks::text(std::string before) const {
  std::string all = std::move(before);
  all.reserve(all.size() + size_);
  for_each([&](const std::byte* bytes, std::size_t size) { all.append(reinterpret_cast<const char*>(bytes), size); });
  return all;
}

std::streamsize ChunkBuffer::xsputn(const char* bytes, std::streamsize size) {
  throw_if_stopped();
  polled::for_parts(0, size, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    to_.append(bytes + begin, static_cast<std::size_t>(end - begin));
  });
  return size;
}

ChunkBuffer::int_type ChunkBuffer::overflow(int_type byte) {
  const char c = traits_type::to_char_type(byte);
  to_.append(&c, 1);
  return byte;
}

}  // namespace lagoon::files
