// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "free_ranges.hpp"

namespace lagoon::detail {

/// An open file descriptor, closed with its owner.
class File {
 public:
  File() noexcept = default;
  explicit File(int descriptor) noexcept : descriptor_(descriptor) {}
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();
  int get() const noexcept { return descriptor_; }
  explicit operator bool() const noexcept { return descriptor_ >= 0; }
  int release() noexcept;

 private:
  int descriptor_ = -1;
};

/// Anonymous memory with a descriptor: close-on-exec, of a size that nobody can change any more.
///   name    what /proc/<pid>/maps shows
///   throws  resource_exhausted naming the call that failed (memfd_create, ftruncate, fcntl) and errno's text
File make_shared_file(const std::string& name, std::size_t bytes);

// A peer must not write to what only its maker writes. Two ways, and the system does not let us have both:

/// Once the writer has its mapping, nobody may map the file for writing, write() to it or seal it further: holds
/// against any peer, but no page can be given back to the system any more either (for rings).
///   throws  resource_exhausted (fcntl)
void seal_for_readers(const File& file);

/// A second descriptor of the file that cannot be mapped for writing, to be sent to the peer: its pages can still be
/// given back (for regions). A hostile peer that may open files can open this one again for writing through /proc;
/// against it take seal_for_readers(), or a sandbox without open().
///   throws  resource_exhausted (open)
File open_for_readers(const File& file);

/// A mapping of such a file.
class Mapping {
 public:
  Mapping() noexcept = default;
  /// Maps the file whole, after a look at its seals and size: it must not be able to shrink under the reader. On a
  /// multiple of 2 MiB, so that its huge pages are huge in this mapping as well.
  ///   throws  data_loss (it can shrink or grow, or has another size), permission_denied (not to be mapped for
  ///           writing), resource_exhausted (mmap)
  Mapping(const File& file, std::size_t bytes, bool writable);
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();
  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  explicit operator bool() const noexcept { return data_ != nullptr; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

inline constexpr std::size_t kPage = 4096;
constexpr std::size_t in_whole_pages(std::size_t bytes) noexcept { return (bytes + kPage - 1) & ~(kPage - 1); }

/// Memory that peers see, handed out by its maker: a file that is mapped whole and takes real memory only where it has
/// been written. What is freed keeps its pages, so that it is quick to fill again, until trim(). All bookkeeping is the
/// maker's own; nothing of it lies in the shared memory. Safe from many threads.
class Region {
 public:
  /// bytes   that it can hand out at most (address space, not memory), rounded up to a page
  Region(const std::string& name, std::size_t bytes, bool huge_pages);
  /// The same over a file that a peer has made for this.
  Region(File file, std::size_t bytes, bool huge_pages);

  /// Room for so many bytes, aligned to 64 (to a page from 64 KiB, to 2 MiB from 2 MiB); nothing when there is none, or
  /// for no bytes. The lowest place that fits, so that warm pages are used again.
  std::optional<std::size_t> try_allocate(std::size_t bytes);
  /// Of what is the caller's and has not been written to. Unless the region is to do without.
  ///   cost   of each 2 MiB what touching it first would cost, or less; nothing changes where there are none
  void ask_for_huge_pages(std::size_t offset, std::size_t bytes) noexcept;
  /// The same number of bytes as was asked for.
  void free(std::size_t offset, std::size_t bytes) noexcept;
  /// Gives whole pages back to the system, of what is the caller's or nobody's: it reads as zeros then.
  void discard(std::size_t offset, std::size_t bytes) noexcept;
  /// Gives the pages of all that is free back to the system; returns their bytes. Others may allocate meanwhile.
  /// After seal_for_readers() there is nothing that it can do.
  std::size_t trim() noexcept;
  /// Bytes handed out, as they were rounded up.
  std::size_t held() const noexcept;
  /// Real memory that the file takes, as the system counts it (asks it); it shrinks in trim() alone.
  std::size_t touched() const noexcept;

  std::byte* at(std::size_t offset) const noexcept { return mapping_.data() + offset; }
  /// Offset of `data` when all of the bytes are inside.
  std::optional<std::size_t> find(const void* data, std::size_t bytes) const noexcept;
  std::size_t size() const noexcept { return mapping_.size(); }
  const File& file() const noexcept { return file_; }

 private:
  File file_;
  Mapping mapping_;
  const bool huge_pages_;
  mutable std::mutex mutex_;
  FreeRanges free_;
  std::size_t held_ = 0;
  std::size_t top_ = 0;  // nothing behind it was ever handed out
};

}  // namespace lagoon::detail
