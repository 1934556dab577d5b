// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/atomic_file.hpp>

#include <lagoon/core/error.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "write_error.hpp"

namespace lagoon::files {
namespace {

constexpr std::size_t kBuffer = 256 << 10;  // bytes per write(2): below 64 KiB the calls begin to show

/// What a symbolic link points to, also when nothing is there yet.
std::string resolved(std::string path) {
  for (int links = 0; links < 40; ++links) {
    char next[4096];
    const ssize_t n = ::readlink(path.c_str(), next, sizeof next);
    if (n <= 0 || n == static_cast<ssize_t>(sizeof next)) break;
    std::string link(next, static_cast<std::size_t>(n));
    const auto slash = path.rfind('/');
    path = link[0] == '/' || slash == std::string::npos ? link : path.substr(0, slash + 1) + link;
  }
  return path;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// A name beside `target` that no other writer of this machine uses.
std::string hidden_beside(const std::string& target, unsigned attempt) {
  static std::atomic<unsigned> writers{0};
  const auto slash = target.rfind('/');
  const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
  const std::string tag = std::to_string(::getpid()) + "-" + std::to_string(writers.fetch_add(1) + attempt);
  return target.substr(0, begin) + "." + target.substr(begin, 200) + "." + tag + ".part";
}

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)), target_(resolved(path_)) {
  if (path_.empty()) throw Error(Errc::invalid_argument, "a file to write has no name");
  buffer_.reserve(kBuffer);
  struct stat there {};
  const bool exists = ::stat(target_.c_str(), &there) == 0;
  if (exists && S_ISDIR(there.st_mode)) fail("cannot write", EISDIR);
  if (exists && !S_ISREG(there.st_mode)) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail("cannot write", errno);
    return;
  }
  // A file that may not be written must not be replaced either.
  if (exists && ::access(target_.c_str(), W_OK) != 0) fail("cannot write", errno);
  if (target_.back() == '/') fail("cannot write", EISDIR);
  // Without a name until it is complete: even a process that is killed leaves nothing behind.
  descriptor_ = ::open(folder_of(target_).c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
  if (descriptor_ < 0 && errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) fail("cannot write", errno);
  for (unsigned attempt = 0; descriptor_ < 0; ++attempt) {  // file systems that cannot do that
    const std::string hidden = hidden_beside(target_, attempt);
    descriptor_ = ::open(hidden.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ >= 0) temporary_ = hidden;
    if (descriptor_ < 0 && (errno != EEXIST || attempt > 100)) fail("cannot write", errno);
  }
  regular_ = true;
  if (exists) ::fchmod(descriptor_, there.st_mode & 07777);  // best effort: the content matters more
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* bytes, std::size_t size) {
  const char* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const std::size_t part = std::min(size, kBuffer - buffer_.size());
    buffer_.append(from, part);
    from += part;
    size -= part;
    if (buffer_.size() == kBuffer) flush();
  }
}

void AtomicFile::flush() {
  const char* from = buffer_.data();
  std::size_t left = buffer_.size();
  while (left > 0) {
    const ssize_t n = ::write(descriptor_, from, left);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot write", errno);
    from += n;
    left -= static_cast<std::size_t>(n);
  }
  buffer_.clear();
}

void AtomicFile::commit() {
  if (descriptor_ < 0) throw Error(Errc::failed_precondition, path_ + ": committed before");
  flush();
  if (regular_ && ::fsync(descriptor_) != 0) fail("cannot finish", errno);
  if (regular_ && temporary_.empty()) give_name();
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0 && errno != EINTR) fail("cannot finish", errno);  // network file systems report a full disk here
  if (!regular_) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot finish", errno);
  temporary_.clear();
  // The new name is on disk once its folder is; a file system that cannot sync folders has done its best.
  const int folder = ::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
}

void AtomicFile::give_name() {
  const std::string self = "/proc/self/fd/" + std::to_string(descriptor_);
  for (unsigned attempt = 0; temporary_.empty(); ++attempt) {
    const std::string hidden = hidden_beside(target_, attempt);
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, hidden.c_str(), AT_SYMLINK_FOLLOW) == 0)
      temporary_ = hidden;
    else if (errno != EEXIST || attempt > 100)
      fail("cannot finish", errno);
  }
}

void AtomicFile::fail(const char* what, int error) const { throw_write_error(path_, folder_of(target_), what, error); }

}  // namespace lagoon::files
