// SPDX-License-Identifier: Apache-2.0
#include "append_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <lagoon/core/error.hpp>
#include <system_error>

namespace lagoon::cli {
namespace {

constexpr std::size_t kBuffer = 256 << 10;

}  // namespace

AppendFile::AppendFile(std::string path, std::uint64_t keep) : path_(std::move(path)), size_(keep) {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(errno);
  // A device or pipe has no length, and its end is where one writes.
  const bool cut = ::ftruncate(descriptor_, static_cast<off_t>(keep)) == 0;
  if ((!cut && errno != EINVAL) || (cut && ::lseek(descriptor_, 0, SEEK_END) < 0)) {
    const int error = errno;
    ::close(descriptor_);
    fail(error);
  }
}

AppendFile::~AppendFile() {
  try {
    flush();
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): said above
  }
  ::close(descriptor_);
}

void AppendFile::write(std::string_view bytes) {
  buffer_ += bytes;
  size_ += bytes.size();
  if (buffer_.size() >= kBuffer) flush();
}

void AppendFile::flush() {
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t n = ::write(descriptor_, left.data(), left.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      buffer_.erase(0, buffer_.size() - left.size());
      fail(error);
    }
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  buffer_.clear();
}

void AppendFile::sync() {
  flush();
  if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) fail(errno);
}

void AppendFile::fail(int error) const {
  Errc code = Errc::unknown;
  if (error == ENOENT || error == ENOTDIR) code = Errc::not_found;
  if (error == EACCES || error == EPERM || error == EROFS) code = Errc::permission_denied;
  if (error == EISDIR) code = Errc::invalid_argument;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) code = Errc::resource_exhausted;
  throw Error(code, fmt::format("cannot write {}: {}", path_, std::generic_category().message(error)));
}

}  // namespace lagoon::cli
