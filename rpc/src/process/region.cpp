// SPDX-License-Identifier: Apache-2.0
#include "region.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/map_aligned.hpp>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <system_error>
#include <utility>

namespace lagoon::detail {
namespace {

constexpr std::size_t kLine = 64;
constexpr int kOfFixedSize = F_SEAL_SHRINK | F_SEAL_GROW;

[[noreturn]] void refuse(Errc code, const std::string& call) {
  const int error = errno;
  throw Error(code, "shared memory: " + call + ": " + std::generic_category().message(error));
}

constexpr std::size_t alignment_of(std::size_t bytes) noexcept {
  return bytes >= kHugePage ? kHugePage : bytes >= 64 * 1024 ? kPage : kLine;
}

/// What an allocation takes: whole lines, or whole pages, so that what is large begins and ends on them.
constexpr std::size_t whole(std::size_t bytes) noexcept {
  const std::size_t unit = std::min(alignment_of(bytes), kPage);
  return (bytes + unit - 1) & ~(unit - 1);
}

std::size_t real_memory(const File& file) noexcept {
  struct stat about;
  if (fstat(file.get(), &about) != 0) return 0;
  return static_cast<std::size_t>(about.st_blocks) * 512;
}

}  // namespace

File make_shared_file(const std::string& name, std::size_t bytes) {
  File file(memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) refuse(Errc::resource_exhausted, "memfd_create");
  if (ftruncate(file.get(), static_cast<off_t>(bytes)) != 0)
    refuse(Errc::resource_exhausted, "ftruncate to " + std::to_string(bytes) + " bytes");
  if (fcntl(file.get(), F_ADD_SEALS, kOfFixedSize) != 0) refuse(Errc::resource_exhausted, "fcntl(F_ADD_SEALS)");
  return file;
}

void seal_for_readers(const File& file) {
  if (fcntl(file.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0)
    refuse(Errc::resource_exhausted, "fcntl(F_ADD_SEALS)");
}

File open_for_readers(const File& file) {
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  File opened(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) refuse(Errc::resource_exhausted, "open " + path);
  return opened;
}

Mapping::Mapping(const File& file, std::size_t bytes, bool writable) {
  const int seals = fcntl(file.get(), F_GET_SEALS);
  if (seals < 0 || (seals & kOfFixedSize) != kOfFixedSize)
    throw Error(Errc::data_loss, "shared memory: the file can shrink or grow under its readers");
  struct stat about;
  if (fstat(file.get(), &about) != 0) refuse(Errc::data_loss, "fstat");
  if (static_cast<std::size_t>(about.st_size) != bytes)
    throw Error(Errc::data_loss, "shared memory: the file has " + std::to_string(about.st_size) + " bytes, not " +
                                     std::to_string(bytes));
  const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  const auto failed = [&](int error) {
    errno = error;
    refuse(error == EPERM || error == EACCES ? Errc::permission_denied : Errc::resource_exhausted,
           "mmap of " + std::to_string(bytes) + (writable ? " bytes to write" : " bytes to read"));
  };
  void* const place = map_aligned(bytes, kHugePage, PROT_NONE, MAP_NORESERVE);
  if (!place) failed(errno);
  if (mmap(place, bytes, protection, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, file.get(), 0) == MAP_FAILED) {
    const int error = errno;
    munmap(place, bytes);
    failed(error);
  }
  data_ = static_cast<std::byte*>(place);
  size_ = bytes;
}

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  Mapping old(std::move(other));
  std::swap(data_, old.data_);
  std::swap(size_, old.size_);
  return *this;
}

Mapping::~Mapping() {
  if (data_) munmap(data_, size_);
}

Region::Region(const std::string& name, std::size_t bytes, bool huge_pages)
    : Region(make_shared_file(name, in_whole_pages(bytes)), in_whole_pages(bytes), huge_pages) {}

Region::Region(File file, std::size_t bytes, bool huge_pages)
    : file_(std::move(file)), mapping_(file_, bytes, true), huge_pages_(huge_pages), free_(mapping_.size()) {
  if (huge_pages_) madvise(mapping_.data(), bytes, MADV_HUGEPAGE);  // refused where they are not: small pages then
}

std::optional<std::size_t> Region::try_allocate(std::size_t bytes) {
  if (bytes == 0 || bytes > size()) return std::nullopt;
  const std::size_t takes = whole(bytes);
  std::lock_guard lock(mutex_);
  const std::optional<std::size_t> offset = free_.take(takes, alignment_of(bytes));
  if (!offset) return std::nullopt;
  held_ += takes;
  top_ = std::max(top_, *offset + takes);
  return offset;
}

void Region::ask_for_huge_pages(std::size_t offset, std::size_t bytes) noexcept {
  if (!huge_pages_) return;
  // Shared memory has them by itself only where its own setting (transparent_hugepage/shmem_enabled) says so, which is
  // `never` unless somebody changes it; asked for piece by piece it gets them all the same (Linux 6.1). What has no
  // page at all is not taken for a huge one, hence the byte.
  constexpr int kCollapse = 25;  // MADV_COLLAPSE, in headers since glibc 2.37
  const std::size_t first = (offset + kHugePage - 1) & ~(kHugePage - 1), last = (offset + bytes) & ~(kHugePage - 1);
  for (std::size_t piece = first; piece < last; piece += kHugePage) {
    *static_cast<volatile std::byte*>(at(piece)) = std::byte{0};
    if (madvise(at(piece), kHugePage, kCollapse) != 0) return;  // the rest has small pages when it is touched
  }
}

void Region::free(std::size_t offset, std::size_t bytes) noexcept {
  const std::size_t takes = whole(bytes);
  std::lock_guard lock(mutex_);
  assert(takes <= held_);
  free_.give(offset, takes);
  held_ -= takes;
}

void Region::discard(std::size_t offset, std::size_t bytes) noexcept {
  // Of half a page the system would only clear the bytes.
  const std::size_t first = in_whole_pages(offset), last = (offset + bytes) & ~(kPage - 1);
  if (first < last)
    fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(first),
              static_cast<off_t>(last - first));
}

std::size_t Region::trim() noexcept {
  // To give a page back takes about 60 ns with the lock held, so that nobody gets it meanwhile: a piece at a time, or
  // an allocation would wait 15 ms for a gibibyte.
  constexpr std::size_t kPiece = std::size_t{16} << 20;
  const std::size_t before = touched();
  for (std::size_t place = 0;;) {
    std::lock_guard lock(mutex_);
    const std::optional<FreeRanges::Range> range = free_.find_behind(place);
    if (!range) break;
    const std::size_t begin = std::max(range->offset, place);
    const std::size_t top = in_whole_pages(top_);  // what shares the last page is free as well
    if (begin >= top) break;
    place = std::min({range->offset + range->bytes, top, begin + kPiece});
    discard(begin, place - begin);
  }
  return before - std::min(before, touched());
}

std::size_t Region::held() const noexcept {
  std::lock_guard lock(mutex_);
  return held_;
}

std::size_t Region::touched() const noexcept { return real_memory(file_); }

std::optional<std::size_t> Region::find(const void* data, std::size_t bytes) const noexcept {
  // Numbers, not pointers: what is outside may not be compared with what is inside.
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(mapping_.data());
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(data) - begin;
  if (offset > size() || bytes > size() - offset) return std::nullopt;
  return offset;
}

}  // namespace lagoon::detail
