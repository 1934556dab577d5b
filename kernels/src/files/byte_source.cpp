// SPDX-License-Identifier: Apache-2.0
#include "byte_source.hpp"

#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/files/table.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "csv_error.hpp"

namespace lagoon::files {
namespace {

constexpr std::size_t kFirstTake = 1 << 20, kLook = 64;
constexpr int kPollMilliseconds = 50;  // a pipe that gives nothing: how often to look whether the call is to end

/// A file in the same folder whose name is near the one that is missing.
std::string nearest_file(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  std::vector<std::string> names;
  if (DIR* entries = ::opendir(folder.empty() ? "." : folder.c_str())) {
    while (const dirent* entry = ::readdir(entries)) {  // NOLINT: of our own DIR, nobody else reads it
      if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
      if (names.size() == 10'000) break;
    }
    ::closedir(entries);
  }
  const std::string near = nearest(path.substr(folder.size()), names);
  return near.empty() ? near : folder + near;
}

[[noreturn]] void fail_to_open(const std::string& path, int error) {
  Errc code = Errc::unknown;
  std::string why = std::generic_category().message(error);
  switch (error) {
    case ENOENT:
    case ENOTDIR: {
      code = Errc::not_found;
      why = "no such file";
      const std::string near = nearest_file(path);
      if (!near.empty()) why += "; did you mean " + near + "?";
      break;
    }
    case EACCES:
    case EPERM:
      code = Errc::permission_denied;
      why = "you may not read it";
      break;
    case EMFILE:
    case ENFILE:
    case ENOMEM: code = Errc::resource_exhausted; break;
    default: code = Errc::invalid_argument; break;
  }
  throw Error(code, path + ": " + why);
}

}  // namespace

int open_for_reading(const std::string& path) {
  // Non-blocking, so that a named pipe without a writer does not hold us in open(2), where no stop reaches.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail_to_open(path, errno);
  struct stat there {};
  if (::fstat(descriptor, &there) == 0 && S_ISDIR(there.st_mode)) {
    ::close(descriptor);
    throw Error(Errc::invalid_argument, path + ": it is a folder; a file is wanted");
  }
  return descriptor;
}

ByteSource ByteSource::open(const std::string& path, const TakeRules& rules) {
  ByteSource source;
  source.name_ = path;
  source.descriptor_ = open_for_reading(path);
  struct stat there {};
  ::fstat(source.descriptor_, &there);
  source.size_ = S_ISREG(there.st_mode) ? static_cast<std::size_t>(there.st_size) : 0;
  if (source.size_ == 0) source.take_all(rules);  // a pipe, or one of /proc's files, which say 0 whatever they hold
  return source;
}

ByteSource ByteSource::over(std::string_view text, std::string name) {
  ByteSource source;
  source.name_ = std::move(name);
  source.size_ = text.size();
  source.text_ = text.data();
  return source;
}

ByteSource::ByteSource(ByteSource&& other) noexcept
    : name_(std::move(other.name_)),
      size_(other.size_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      taken_(std::move(other.taken_)),
      text_(other.text_) {}

ByteSource::~ByteSource() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void ByteSource::take_all(const TakeRules& rules) {
  Tensor<char, 1> held({static_cast<std::ptrdiff_t>(kFirstTake)});
  std::size_t n = 0;
  bool had_writer = false, looked = !rules.look;
  auto wait = [this] {
    pollfd fd{descriptor_, POLLIN, 0};
    return ::poll(&fd, 1, kPollMilliseconds) > 0;
  };
  for (;;) {
    throw_if_stopped();
    if (n == held.bytes()) {
      const std::size_t more = std::min(n, rules.most - n + 1);  // one byte says that it is too much
      Tensor<char, 1> wider({static_cast<std::ptrdiff_t>(n + more)});
      std::memcpy(wider.data(), held.data(), n);
      held = std::move(wider);
    }
    const ssize_t got = ::read(descriptor_, held.data() + n, held.bytes() - n);
    if (got == 0) {
      // A named pipe that nobody has opened for writing yet reads as ended; poll knows better.
      if (n > 0 || had_writer) break;
      struct stat there {};
      ::fstat(descriptor_, &there);
      had_writer = !S_ISFIFO(there.st_mode) || wait();
    } else if (got > 0) {
      n += static_cast<std::size_t>(got);
      if (n > rules.most)
        throw Error(Errc::resource_exhausted, name_ + ": it is no regular file, and gives more than " +
                                                  grouped(rules.most) + " bytes, which is the limit");
      if (!looked && n >= kLook) {
        rules.look({held.data(), n});
        looked = true;
      }
    } else if (errno == EAGAIN) {
      wait();
    } else if (errno != EINTR) {
      fail_to_open(name_, errno);
    }
  }
  if (!looked) rules.look({held.data(), n});
  ::close(std::exchange(descriptor_, -1));
  taken_ = std::move(held);
  text_ = taken_.data();
  size_ = n;
}

std::string_view ByteSource::read(std::size_t begin, std::size_t end, Tensor<char, 1>& scratch) const {
  if (descriptor_ < 0) return {text_ + begin, end - begin};
  const std::size_t size = end - begin;
  if (scratch.bytes() < size) scratch = Tensor<char, 1>({static_cast<std::ptrdiff_t>(size)});
  std::size_t n = 0;
  while (n < size) {
    const ssize_t got = ::pread(descriptor_, scratch.data() + n, size - n, static_cast<off_t>(begin + n));
    if (got < 0 && errno == EINTR) {
      throw_if_stopped();
      continue;
    }
    if (got < 0) throw Error(Errc::data_loss, name_ + ": " + std::generic_category().message(errno));
    if (got == 0) throw Error(Errc::data_loss, name_ + ": the file became shorter while it was read");
    n += static_cast<std::size_t>(got);
  }
  return {scratch.data(), size};
}

}  // namespace lagoon::files
