// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lagoon/core/error.hpp>
#include <lagoon/monitor/publish.hpp>

#include <cerrno>
#include <system_error>

#include "publish_folder.hpp"

namespace lagoon {
namespace {

constexpr std::size_t kReaders = 16;
constexpr int kKnocks = 64;  // that are answered at once; the rest wait for the next time
constexpr int kPatience = 10;
constexpr std::size_t kLongestLine = 16u << 20;

struct Reader {
  detail::Descriptor end;
  std::string left;  // of a line that it took a part of
  int missed = 0;    // lines since

  bool gone() const noexcept {
    char byte;
    return ::recv(end.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
  }
  /// As much as it takes; false: it is gone.
  bool take(std::string_view& text) const noexcept {
    while (!text.empty()) {
      const ssize_t n = ::send(end.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n < 0) return errno == EAGAIN || errno == EINTR;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  bool send(std::string_view line) {
    if (!left.empty()) {
      std::string_view rest = left;
      if (!take(rest)) return false;
      left.erase(0, left.size() - rest.size());
      // It gets whole lines only: this one is not for it.
      if (!left.empty()) return ++missed < kPatience;
    }
    missed = 0;
    if (!take(line)) return false;
    left = line;
    return true;
  }
};

}  // namespace

struct Publisher::State {
  std::string path;
  detail::Descriptor listener;
  std::vector<Reader> readers;
};

Publisher::Publisher(const std::string& folder) : state_(std::make_unique<State>()) {
  const auto fail = [](const std::string& what) {
    throw Error(Errc::unavailable, what + ": " + std::generic_category().message(errno));
  };
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) fail(folder);
  if (!detail::check_folder(folder)) fail(folder);
  (void)find_published(folder);  // removes what the dead have left
  state_->listener = detail::Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (state_->listener.get() < 0) fail("no socket");
  for (int number = 0;; ++number) {
    std::string path = folder + "/" + std::to_string(::getpid()) + "." + std::to_string(number) + ".sock";
    const sockaddr_un address = detail::address_of(path);
    if (::bind(state_->listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      state_->path = std::move(path);
      break;
    }
    if (errno != EADDRINUSE || number == 1000) fail(path);
  }
  // Nobody else may enter the folder meanwhile.
  if (::chmod(state_->path.c_str(), 0600) != 0 || ::listen(state_->listener.get(), static_cast<int>(kReaders)) != 0) {
    const int error = errno;
    ::unlink(state_->path.c_str());
    errno = error;
    fail(state_->path);
  }
}

Publisher::~Publisher() { ::unlink(state_->path.c_str()); }

const std::string& Publisher::path() const noexcept { return state_->path; }

bool Publisher::admit() noexcept {
  std::erase_if(state_->readers, [](const Reader& r) { return r.gone(); });
  for (int k = 0; k < kKnocks; ++k) {
    detail::Descriptor end(::accept4(state_->listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (end.get() < 0) break;  // nobody, or no descriptor is left for him
    Reader reader{std::move(end), {}, 0};
    // Who only looked whether somebody publishes has gone by now.
    if (state_->readers.size() >= kReaders || !detail::same_user(reader.end.get()) || reader.gone()) continue;
    try {
      state_->readers.push_back(std::move(reader));
    } catch (const std::bad_alloc&) {
      break;
    }
  }
  return !state_->readers.empty();
}

void Publisher::send(std::string_view line) noexcept {
  try {
    const std::string whole = std::string(line) + '\n';
    std::erase_if(state_->readers, [&](Reader& r) { return !r.send(whole); });
  } catch (const std::bad_alloc&) {
    state_->readers.clear();  // none has a part of a line that it would never get the rest of
  }
}

Subscription::Subscription(const std::string& path) {
  detail::Descriptor end = detail::try_connect(path);
  if (end.get() < 0)
    throw Error(Errc::not_found, path + ": nobody publishes there: " + std::generic_category().message(errno));
  if (!detail::same_user(end.get())) throw Error(Errc::permission_denied, path + ": it is another user's");
  descriptor_ = end.release();
}

Subscription::~Subscription() { ::close(descriptor_); }

bool Subscription::read(std::vector<std::string>& lines) {
  char bytes[65536];
  for (;;) {
    const ssize_t n = ::recv(descriptor_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false;
    std::string_view got(bytes, static_cast<std::size_t>(n));
    for (auto end = got.find('\n'); end != std::string_view::npos; end = got.find('\n')) {
      begun_ += got.substr(0, end);
      lines.push_back(std::move(begun_));
      begun_.clear();
      got.remove_prefix(end + 1);
    }
    begun_ += got;
    if (begun_.size() > kLongestLine) return false;
  }
}

}  // namespace lagoon
