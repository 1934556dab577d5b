// SPDX-License-Identifier: Apache-2.0
#include "handshake.hpp"

#include <lagoon/core/error.hpp>
#include <lagoon/rpc/describe.hpp>
#include <lagoon/rpc/wire_types.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lagoon::detail {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::size_t kMostFiles = 8;

/// A message of the handshake has no arrays.
struct NoArrays final : ArraySender, ArrayReceiver {
  Placed lend(const void*, std::size_t, const BlockHandle&, bool) override { return {}; }
  Allocation borrow(const Placed&, std::size_t, bool) override {
    throw Error(Errc::data_loss, "an array in a handshake");
  }
};

template <class T>
std::vector<std::byte> bytes_of(const T& message) {
  NoArrays none;
  Encoder out;
  out.begin(none);
  encode(out, message);
  return {out.bytes().begin(), out.bytes().end()};
}

template <class T>
T message_of(std::span<const std::byte> bytes) {
  NoArrays none;
  Decoder in;
  in.begin(bytes, none);
  T message;
  decode(in, message);
  in.end();
  return message;
}

void send(const File& socket, std::span<const std::byte> bytes, const std::vector<const File*>& files) {
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostFiles * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!files.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(files.size() * sizeof(int));
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(files.size() * sizeof(int));
    for (std::size_t i = 0; i < files.size(); ++i) {
      const int descriptor = files[i]->get();
      std::memcpy(CMSG_DATA(head) + i * sizeof descriptor, &descriptor, sizeof descriptor);
    }
  }
  while (sendmsg(socket.get(), &message, MSG_NOSIGNAL) < 0)
    if (errno != EINTR) throw Error(Errc::unavailable, std::string("the peer cannot be told: ") + std::strerror(errno));
}

std::vector<std::byte> receive(const File& socket, std::chrono::nanoseconds most, std::vector<File>& files) {
  const auto until = std::chrono::steady_clock::now() + most;
  for (;;) {
    pollfd look{socket.get(), POLLIN, 0};
    const auto left = until - std::chrono::steady_clock::now();
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(left).count() + 1;
    if (left.count() <= 0 || milliseconds < 0)
      throw Error(Errc::deadline_exceeded, "the peer has said nothing in time");
    const int ready = poll(&look, 1, static_cast<int>(std::min<std::int64_t>(milliseconds, 1'000'000)));
    if (ready < 0 && errno != EINTR) throw Error(Errc::unavailable, std::strerror(errno));
    if (ready > 0) break;
  }
  std::vector<std::byte> bytes(kMostBytes);
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostFiles * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t got = recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC);
  if (got <= 0) throw Error(Errc::unavailable, "the peer is gone");
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t at = 0; at + CMSG_LEN(0) + sizeof(int) <= head->cmsg_len; at += sizeof(int)) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(head) + at, sizeof descriptor);
      files.emplace_back(descriptor);
    }
  }
  if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
    throw Error(Errc::data_loss, "a message of a handshake is too long");
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

}  // namespace

OfferedMethod offer(std::string_view service, const MethodEntry& entry) {
  OfferedMethod method{std::string(service), std::string(entry.name), static_cast<std::int64_t>(entry.kind),
                       to_string(entry.describe_request()), to_string(entry.describe_response())};
  method.fingerprint = fingerprint(method.service + "." + method.method + " " + std::string(name(entry.kind)) + " " +
                                   method.request + " -> " + method.response);
  return method;
}

std::vector<OfferedMethod> offer(const std::vector<Service>& services) {
  std::vector<OfferedMethod> all;
  for (const Service& service : services)
    for (const MethodEntry& entry : service.methods()) all.push_back(offer(service.name(), entry));
  return all;
}

std::vector<std::uint16_t> match(const std::vector<OfferedMethod>& wanted, const std::vector<OfferedMethod>& offered) {
  const auto words = [](const OfferedMethod& m) {
    const auto kind = m.kind >= 0 && m.kind <= 3 ? name(static_cast<MethodKind>(m.kind)) : std::string_view("unknown");
    return std::string(kind) + " " + m.request + " -> " + m.response;
  };
  std::vector<std::uint16_t> numbers;
  for (const OfferedMethod& want : wanted) {
    const auto found = std::ranges::find_if(
        offered, [&](const OfferedMethod& o) { return o.service == want.service && o.method == want.method; });
    if (found == offered.end())
      throw Error(Errc::failed_precondition, "the worker program does not serve " + want.service + "." + want.method);
    if (found->fingerprint != want.fingerprint)
      throw Error(Errc::failed_precondition, want.service + "." + want.method +
                                                 " is not the same on both sides: here " + words(want) +
                                                 ", in the worker program " + words(*found));
    numbers.push_back(static_cast<std::uint16_t>(found - offered.begin()));
  }
  return numbers;
}

std::pair<File, File> make_socket_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw Error(Errc::resource_exhausted, std::string("no pair of sockets: ") + std::strerror(errno));
  return {File(ends[0]), File(ends[1])};
}

void send_hello(const File& socket, const Hello& hello, const std::vector<const File*>& files) {
  send(socket, bytes_of(hello), files);
}
void send_welcome(const File& socket, const Welcome& welcome) { send(socket, bytes_of(welcome), {}); }

std::pair<Hello, std::vector<File>> receive_hello(const File& socket, std::chrono::nanoseconds most) {
  std::vector<File> files;
  const auto bytes = receive(socket, most, files);
  return {message_of<Hello>(bytes), std::move(files)};
}
Welcome receive_welcome(const File& socket, std::chrono::nanoseconds most) {
  std::vector<File> none;
  return message_of<Welcome>(receive(socket, most, none));
}

}  // namespace lagoon::detail
