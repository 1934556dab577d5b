// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <lagoon/engine/stop.hpp>
#include <memory>
#include <streambuf>
#include <string>
#include <vector>

namespace lagoon::files {

/// Bytes that come piece by piece and are many: kept in blocks, since a vector that doubles copies megabytes at a time,
/// while nobody looks whether the call is to end.
class Chunks {
 public:
  void append(const void* bytes, std::size_t size);
  std::size_t size() const noexcept { return size_; }

  /// Calls each(const std::byte*, size) for all bytes in order, and looks in between.
  ///   throws  cancelled, deadline_exceeded
  template <class Each>
  void for_each(Each each) const {
    std::size_t left = size_;
    for (const Block& block : blocks_) {
      throw_if_stopped();
      const std::size_t size = std::min(left, block.room);
      each(static_cast<const std::byte*>(block.bytes.get()), size);
      left -= size;
    }
  }
  std::vector<std::byte> joined() const;
  /// The same behind `before`.
  std::string text(std::string before = {}) const;

 private:
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t room = 0;
  };
  std::vector<Block> blocks_;
  std::size_t size_ = 0, free_ = 0;  // of the last block
};

/// What an archive writes, into chunks.
class ChunkBuffer final : public std::streambuf {
 public:
  explicit ChunkBuffer(Chunks& to) : to_(to) {}

 protected:
  std::streamsize xsputn(const char* bytes, std::streamsize size) override;
  int_type overflow(int_type byte) override;

 private:
  Chunks& to_;
};

}  // namespace lagoon::files
