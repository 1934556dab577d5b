// SPDX-License-Identifier: Apache-2.0
// A worker program that shakes hands as it should, and then says what its first argument names, of a call that it has
// been given: what no worker of ours would say.
#include <lagoon/rpc/wire_types.hpp>

#include <poll.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <string>

#include "lab.hpp"
#include "process/handshake.hpp"
#include "process/message.hpp"
#include "process/ring.hpp"

using namespace lagoon;
using namespace lagoon::detail;
using namespace lagoon::test;

namespace {

constexpr std::size_t kFile = kRingPage + kRingBytes;

/// Says of each array that it is where it is told.
struct Claims final : ArraySender {
  Placed placed;
  explicit Claims(const Placed& claim) : placed(claim) {}
  Placed lend(const void*, std::size_t, const BlockHandle&, bool) override { return placed; }
};

class Hostile {
 public:
  Hostile(const Hello& hello, const std::vector<File>& files)
      : in_(files.at(0), kFile, false),
        out_(files.at(1), kFile, true),
        memory(files.at(3), hello.workers_memory, true),
        reader_(page(out_), {in_.data() + kRingPage, kRingBytes}, page(in_)),
        writer_(page(out_), {out_.data() + kRingPage, kRingBytes}, page(in_)) {}

  static RingPage& page(const Mapping& file) { return *reinterpret_cast<RingPage*>(file.data()); }
  RingPage& own_page() const { return page(out_); }
  std::byte* own_ring() const { return out_.data() + kRingPage; }

  /// The number of the next call; 0: something else was said, or nothing.
  std::uint64_t next_call() {
    const auto message = reader_.try_next();
    MessageHead head;
    if (message.size() < sizeof head) return 0;
    std::memcpy(&head, message.data(), sizeof head);
    reader_.take();
    return head.kind == MessageKind::call ? head.call : 0;
  }
  void say(std::span<const std::byte> bytes) {
    std::byte* at = nullptr;
    while (!(at = writer_.try_reserve(bytes.size()))) {
    }
    std::memcpy(at, bytes.data(), bytes.size());
    writer_.commit();
    writer_.wake_reader(100);
  }
  void say(const MessageHead& head, std::span<const std::byte> body = {}) {
    std::vector<std::byte> all(sizeof head + body.size());
    std::memcpy(all.data(), &head, sizeof head);
    if (!body.empty()) std::memcpy(all.data() + sizeof head, body.data(), body.size());
    say(all);
  }
  template <class T>
  void say_plain(const MessageHead& head, const T& body) {
    say(head, std::as_bytes(std::span(&body, 1)));
  }
  void wake() const { writer_.wake_reader(100); }

 private:
  const Mapping in_, out_;

 public:
  const Mapping memory;

 private:
  RingReader reader_;
  RingWriter writer_;
};

MessageHead about(MessageKind kind, std::uint64_t call, std::uint32_t number = 0) { return {kind, 0, 0, number, call}; }

/// A successful end whose array is where `placed` says, and of that many elements.
std::vector<std::byte> end_with(const Placed& placed, std::ptrdiff_t elements = 100'000, std::size_t drop = 0) {
  Claims claims(placed);
  Encoder out;
  out.begin(claims);
  const DoneFacts facts{.ok = 1};
  out.raw(&facts, sizeof facts);
  encode(out, Answer{Tensor<double, 1>::zeros({elements}).freeze(), 0, 0, 0, "text"});
  auto bytes = out.bytes();
  return {bytes.begin(), bytes.end() - static_cast<std::ptrdiff_t>(drop)};
}
Placed lent(std::uint32_t region, std::uint32_t token, std::uint64_t offset) {
  return {Placed::lent, region, token, offset};
}
/// The extents of the array, which are the first thing behind the facts, are another number.
std::vector<std::byte> end_with_extent(std::int64_t extent) {
  auto bytes = end_with(lent(0, 0, 0));
  std::memcpy(bytes.data() + sizeof(DoneFacts), &extent, sizeof extent);
  return bytes;
}

using Attack = std::function<void(Hostile&, std::uint64_t call)>;

Attack done(std::vector<std::byte> body) {
  return [body = std::move(body)](Hostile& h, std::uint64_t call) { h.say(about(MessageKind::done, call), body); };
}
Attack large(const LargeBody& body) {
  return [body](Hostile& h, std::uint64_t call) {
    MessageHead head = about(MessageKind::done, call);
    head.large = 1;
    h.say_plain(head, body);
  };
}
Attack credit(std::uint64_t items, std::uint64_t bytes) {
  return [=](Hostile& h, std::uint64_t call) { h.say_plain(about(MessageKind::credit, call), Credit{items, bytes}); };
}
Attack head(const MessageHead& said) {
  return [said](Hostile& h, std::uint64_t call) {
    MessageHead mine = said;
    mine.call = call;
    h.say(mine);
  };
}
Attack word(std::function<void(Hostile&)> write) {
  return [write = std::move(write)](Hostile& h, std::uint64_t) {
    write(h);
    h.wake();
  };
}
/// In the ring where the next message would begin, and said to be there.
Attack length(std::uint32_t said) {
  return word([said](Hostile& h) {
    const std::uint32_t tail = h.own_page().tail.load();
    std::memcpy(h.own_ring() + tail % kRingBytes, &said, sizeof said);
    h.own_page().tail.store(tail + 64);
  });
}

const std::map<std::string, Attack>& attacks() {
  constexpr std::uint64_t kFar = std::uint64_t{1} << 62;
  static const std::map<std::string, Attack> all = {
      {"NoKind", head({static_cast<MessageKind>(0)})},
      {"UnknownKind", head({static_cast<MessageKind>(200)})},
      {"UnknownSize", head({MessageKind::done, 2})},
      {"NoHead", [](Hostile& h, std::uint64_t) { h.say(std::array<std::byte, 5>{}); }},
      {"CallsItsCaller", head({MessageKind::call})},
      {"EndsRequests", head({MessageKind::end_of_items})},
      {"Cancels", head({MessageKind::cancel})},
      {"NobodysCall", [](Hostile& h, std::uint64_t) { h.say(about(MessageKind::done, 1 << 19)); }},
      {"ReleaseOfNothing", head({MessageKind::release, 0, 0, 77})},
      {"ReleaseOfAll", head({MessageKind::release, 0, 0, 0xffffffff})},
      {"ReleaseTwice",
       [](Hostile& h, std::uint64_t call) {
         for (int k = 0; k < 2; ++k) h.say(about(MessageKind::release, call, 0));
       }},
      {"DoneWithNothing", done({})},
      {"DoneLetsGoOfNothing", done({std::byte{1}, std::byte{77}, std::byte{0}, std::byte{0}, std::byte{0}})},
      {"DoneLetsGoOfMoreThanItSays", done({std::byte{200}, std::byte{0}, std::byte{0}})},
      {"DoneTooShort", done(end_with(lent(0, 0, 0), 100'000, 3))},
      {"DoneTooLong", done([] {
         auto body = end_with(lent(0, 0, 0));
         body.resize(body.size() + 8);
         return body;
       }())},
      {"ArrayBehindItsMemory", done(end_with(lent(0, 0, kFar)))},
      {"ArrayBeforeItsMemory", done(end_with(lent(0, 0, ~std::uint64_t{7})))},
      {"ArrayOfNoMemory", done(end_with(lent(5, 0, 0)))},
      {"ArrayThatWasNotLent", done(end_with(lent(1, 99, 0)))},
      {"ArrayLargerThanWasLent", done(end_with(lent(1, 0, 0), 1'000'000))},
      {"ArrayAskew", done(end_with(lent(0, 0, 3)))},
      {"ArrayOfUnknownKind", done(end_with({static_cast<Placed::Kind>(9), 0, 0, 0}))},
      {"ArrayOfNegativeSize", done(end_with_extent(-1))},
      {"ArrayOfHugeSize", done(end_with_extent(std::int64_t{1} << 61))},
      {"LargeBehindItsMemory", large({kFar, 100, 0, 0})},
      {"LargeBeyondAllSizes", large({0, ~std::uint64_t{0}, 0, 0})},
      {"LargeOverTheEnd", large({4096, kFar, 0, 0})},
      {"LargeOfNothing", head({MessageKind::done, 1})},
      {"CreditForItems", credit(1 << 20, 0)},
      {"CreditForBytes", credit(0, ~std::uint64_t{0})},
      {"TooManyItems",
       [](Hostile& h, std::uint64_t call) {
         Claims none({Placed::nothing, 0, 0, 0});
         Encoder out;
         out.begin(none);
         encode(out, Answer{});
         for (int k = 0; k < 5000; ++k) h.say(about(MessageKind::items, call, 1), out.bytes());
       }},
      {"HeadOdd", word([](Hostile& h) { h.own_page().head.fetch_add(3); })},
      {"HeadFar", word([](Hostile& h) { h.own_page().head.fetch_add(1 << 30); })},
      {"TailOdd", word([](Hostile& h) { h.own_page().tail.fetch_add(3); })},
      {"TailFar", word([](Hostile& h) { h.own_page().tail.fetch_add(1 << 24); })},
      {"TailBack", word([](Hostile& h) { h.own_page().tail.fetch_sub(64); })},
      {"LengthZero", length(0)},
      {"LengthHuge", length(0x7fffffff)},
      {"LengthOverTail", length(4096)},
      {"SkipTooFar", length(kRingSkip)},
  };
  return all;
}

}  // namespace

int main(int count, char** arguments) {
  const auto attack = attacks().find(count > 1 ? arguments[1] : "");
  if (attack == attacks().end()) {
    for (const auto& [name, act] : attacks()) std::puts(name.c_str());
    return 0;
  }
  const File socket(3);
  auto [hello, files] = receive_hello(socket, std::chrono::seconds(10));
  Hostile hostile(hello, files);
  Welcome welcome;
  welcome.methods = offer({process_lab()});
  send_welcome(socket, welcome);
  // Then it reads no more: what it has written over must stay as it is.
  for (bool struck = false;;) {
    pollfd look{socket.get(), POLLIN, 0};
    if (poll(&look, 1, struck ? -1 : 0) > 0) return 0;
    if (const std::uint64_t call = hostile.next_call()) {
      attack->second(hostile, call);
      struck = true;
    }
  }
}
