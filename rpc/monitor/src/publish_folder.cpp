// SPDX-License-Identifier: Apache-2.0
// Who publishes, and where: the folder of sockets, without trust in what others may have put there.
#include "publish_folder.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lagoon/core/error.hpp>
#include <lagoon/monitor/publish.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace lagoon {
namespace detail {

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (number_ >= 0) ::close(number_);
    number_ = other.release();
  }
  return *this;
}

int Descriptor::release() noexcept { return std::exchange(number_, -1); }

bool check_folder(const std::string& folder) {
  struct stat s {};
  if (::lstat(folder.c_str(), &s) != 0) return false;  // lstat: a link in /tmp could be anybody's
  const auto refuse = [&](const std::string& why) { throw Error(Errc::permission_denied, folder + ": " + why); };
  if (!S_ISDIR(s.st_mode)) refuse("this is not a folder, so nothing is published there");
  if (s.st_uid != ::geteuid())
    refuse("it belongs to user " + std::to_string(s.st_uid) + ", not to " + std::to_string(::geteuid()));
  if (s.st_mode & 077) refuse("others may enter it; it must be yours alone (chmod 700)");
  return true;
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw Error(Errc::invalid_argument,
                path + ": the name of a socket has at most " + std::to_string(sizeof address.sun_path - 1) + " bytes");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Descriptor try_connect(const std::string& path) {
  const sockaddr_un address = address_of(path);
  Descriptor end(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (end.get() < 0) return end;
  if (::connect(end.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return end;
  const int error = errno;
  end = Descriptor();
  errno = error;
  return end;
}

bool same_user(int descriptor) noexcept {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

}  // namespace detail

std::string publish_folder() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");  // NOLINT: nobody writes the environment of a running engine
  if (runtime && runtime[0] == '/') return std::string(runtime) + "/lagoon";
  return "/tmp/lagoon-" + std::to_string(::geteuid());
}

std::vector<Published> find_published(const std::string& folder) {
  std::vector<Published> found;
  if (!detail::check_folder(folder)) return found;
  const auto close = [](DIR* d) { ::closedir(d); };
  const std::unique_ptr<DIR, decltype(close)> entries(::opendir(folder.c_str()), close);
  while (const dirent* entry = entries ? ::readdir(entries.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    int pid = 0;
    const auto number = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (number.ec != std::errc() || pid <= 0 || *number.ptr != '.' || !name.ends_with(".sock")) continue;
    const std::string path = folder + "/" + std::string(name);
    const detail::Descriptor end = detail::try_connect(path);
    // EAGAIN: more than enough want to connect, so somebody is there.
    const bool listens = end.get() >= 0 ? detail::same_user(end.get()) : errno == EAGAIN;
    if (listens) found.push_back({pid, path});
    // One that is alive may be about to listen.
    if (end.get() < 0 && errno == ECONNREFUSED && ::kill(pid, 0) != 0 && errno == ESRCH) ::unlink(path.c_str());
  }
  std::sort(found.begin(), found.end(),
            [](const Published& a, const Published& b) { return std::pair(a.pid, a.path) < std::pair(b.pid, b.path); });
  return found;
}

}  // namespace lagoon
