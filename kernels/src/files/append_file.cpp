// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/append_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <lagoon/core/error.hpp>
#include <utility>

#include "write_error.hpp"

namespace lagoon::files {

AppendFile::AppendFile(std::string path, Begin begin) : path_(std::move(path)) {
  if (path_.empty()) throw Error(Errc::invalid_argument, "a file to write has no name");
  struct stat there {};
  const bool pipe = ::stat(path_.c_str(), &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode);
  const int flags = pipe ? O_WRONLY : O_RDWR | O_CREAT | (begin == Begin::empty ? O_TRUNC : 0);
  descriptor_ = ::open(path_.c_str(), flags | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(errno);
  regular_ = ::fstat(descriptor_, &there) == 0 && S_ISREG(there.st_mode);
  size_ = regular_ ? static_cast<std::size_t>(there.st_size) : 0;
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      regular_(other.regular_) {}

AppendFile::~AppendFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void AppendFile::append(std::string_view bytes) {
  check_open();
  for (std::size_t done = 0; done < bytes.size();) {
    const std::string_view rest = bytes.substr(done);
    const ssize_t n = regular_ ? ::pwrite(descriptor_, rest.data(), rest.size(), static_cast<off_t>(size_ + done))
                               : ::write(descriptor_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      // A shorter file needs no space: this succeeds where writing did not.
      if (regular_ && ::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) fail(errno);
      fail(error);
    }
    done += static_cast<std::size_t>(n);
  }
  size_ += bytes.size();
}

void AppendFile::overwrite(std::size_t begin, std::string_view bytes) {
  check_open();
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(begin));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    begin += static_cast<std::size_t>(n);
  }
}

void AppendFile::truncate(std::size_t size) {
  check_open();
  if (!regular_ || size == size_) return;
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) fail(errno);
  size_ = size;
}

void AppendFile::sync() {
  check_open();
  if (regular_ && ::fdatasync(descriptor_) != 0) fail(errno);
}

void AppendFile::close() {
  if (descriptor_ < 0) return;
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail(errno);
}

void AppendFile::check_open() const {
  if (descriptor_ < 0) throw Error(Errc::failed_precondition, path_ + ": closed before");
}

void AppendFile::fail(int error) const {
  const auto slash = path_.rfind('/');
  throw_write_error(path_, slash == std::string::npos ? "." : path_.substr(0, slash), "cannot write", error);
}

}  // namespace lagoon::files
