// SPDX-License-Identifier: Apache-2.0
// What a link sends: messages, and the arrays that they refer to.
#include <lagoon/engine/clock.hpp>
#include <lagoon/engine/fence.hpp>

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

#include "borrowed_block.hpp"
#include "link.hpp"

namespace lagoon::detail {
namespace {

constexpr std::size_t kInLine = 8 << 10;       // arrays up to here cost less to copy than to hand out room for
constexpr std::size_t kMostInRing = 32 << 10;  // bodies
constexpr std::size_t kLeastRoom = 64 << 10;   // smaller blocks of an isolate's memory are not in shared memory
constexpr std::uint32_t kSendersMemory = 0, kReceiversMemory = 1;  // Placed::region

}  // namespace

/// Arrays of the message that this thread is writing.
struct Link::Arrays final : ArraySender {
  Link* link = nullptr;
  bool zero_copy = true, may_copy = true;
  CopyReport copies;
  std::vector<std::uint32_t> tokens;
  std::vector<BlockHandle> given_back;  // until it is sent: the peer is not to hear before that they were let go of

  Placed lend(const void* data, std::size_t bytes, const BlockHandle& keep, bool unique) override {
    const LinkMemory& memory = link->memory_;
    if (zero_copy) {
      if (const BorrowedBlock* borrowed = borrowed_from(*link, keep)) {
        count(bytes, unique);
        given_back.push_back(keep);
        const auto offset = static_cast<const std::byte*>(data) - borrowed->base;
        return {Placed::lent, kReceiversMemory, borrowed->token, static_cast<std::uint64_t>(offset)};
      }
      const auto offset = memory.own->find(data, bytes);
      if (offset && (!unique || memory.peer_may_write)) {
        count(bytes, unique);
        return place(*offset, data, bytes, keep);
      }
    }
    if (!may_copy)
      throw Error(Errc::invalid_argument,
                  "require_zero_copy: an array of " + std::to_string(bytes) +
                      " bytes lies where the other process does not see it; make it in the endpoint's memory()");
    copies.copied_bytes += bytes;
    copies.why = zero_copy ? "not in memory that both processes see" : "zero_copy is off";
    if (bytes <= kInLine) return {};
    const Allocation room = allocate_elements(std::max(bytes, kLeastRoom), memory.rooms);
    std::memcpy(room.data, data, bytes);
    return place(memory.own->find(room.data, bytes).value(), room.data, bytes, room.block);
  }

  Placed place(std::size_t offset, const void* data, std::size_t bytes, const BlockHandle& keep) {
    tokens.reserve(tokens.size() + 1);
    tokens.push_back(link->lend(data, bytes, keep));
    return {Placed::lent, kSendersMemory, tokens.back(), offset};
  }
  void count(std::size_t bytes, bool unique) noexcept { (unique ? copies.moved_bytes : copies.shared_bytes) += bytes; }
};

struct Link::Outbox {
  Encoder encoder;
  Arrays arrays;
};

Link::Outbox& Link::outbox() {
  thread_local Outbox own;
  return own;
}

Encoder& Link::begin(const Outgoing& out) {
  Outbox& box = outbox();
  box.arrays.link = this;
  box.arrays.zero_copy = out.zero_copy;
  box.arrays.may_copy = out.may_copy;
  box.arrays.copies = {};
  box.arrays.tokens.clear();
  box.encoder.begin(box.arrays);
  return box.encoder;
}

CopyReport& Link::copies_of_message() { return outbox().arrays.copies; }

void Link::take_back() noexcept {
  for (const std::uint32_t token : outbox().arrays.tokens) {
    try {
      take_back(token);
    } catch (const Error&) {  // the link has ended meanwhile, and has let go of all
    }
  }
  outbox().arrays.tokens.clear();
  outbox().arrays.given_back.clear();
}

void Link::finish(const Outgoing& out, Encoder& encoder) {
  MessageHead head{out.kind, 0, out.method, out.number, out.call};
  std::span<const std::byte> body = encoder.bytes();
  LargeBody large;
  if (body.size() > kMostInRing) {
    const Allocation room = allocate_elements(std::max(body.size(), kLeastRoom), memory_.rooms);
    std::memcpy(room.data, body.data(), body.size());
    Arrays& arrays = outbox().arrays;
    const Placed placed =
        arrays.place(memory_.own->find(room.data, body.size()).value(), room.data, body.size(), room.block);
    large = {placed.offset, body.size(), placed.token, 0};
    head.large = 1;
    body = std::as_bytes(std::span(&large, 1));
  }
  post(head, body, out.stop, out.sent);
  outbox().arrays.given_back.clear();
}

namespace {
thread_local Link::Releases* t_releases = nullptr;
}

void Link::release(std::uint32_t token) noexcept {
  Releases* const noting = t_releases;
  if (noting && &noting->link_ == this && noting->count_ < noting->tokens_.size()) {
    noting->tokens_[noting->count_++] = token;
  } else {
    tell(MessageKind::release, 0, {}, token);
  }
}

Link::Releases::Releases(Link& link) noexcept : link_(link), below_(std::exchange(t_releases, this)) {}
Link::Releases::~Releases() {
  t_releases = below_;
  for (std::uint8_t k = gone_; k < count_; ++k) link_.tell(MessageKind::release, 0, {}, tokens_[k]);
}
void Link::Releases::write(Encoder& out, DoneFacts facts) {
  facts.released = written_ = count_;
  out.raw(&facts, sizeof facts);
  out.raw(tokens_.data(), count_ * sizeof tokens_[0]);
}

void Link::tell(MessageKind kind, std::uint64_t call, std::span<const std::byte> body, std::uint32_t number) noexcept {
  if (kind == MessageKind::cancel) note_told(call);
  try {
    post({kind, 0, 0, number, call}, body, nullptr);
  } catch (...) {  // the link is dead, or this process has no memory left for a word: then it is about to be
  }
}

bool Link::may_wait(SharedFarEnd& end, CallState& call) noexcept {
  if (!watcher_.load(std::memory_order_relaxed)) {
    if (!watching_.load(std::memory_order_relaxed)) watch_from_now();
    return false;
  }
  if (end.waits.load(std::memory_order_relaxed)) return true;
  try {
    std::lock_guard lock(waiting_mutex_);
    if (!watcher_.load()) return false;  // it has looked for the last time
    waiting_.push_back({CallHandle<CallState>::sharing(&call), &end});
    end.waits.store(true, std::memory_order_relaxed);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool Link::send_all_waiting() noexcept {
  std::vector<Waiting> all;
  {
    std::lock_guard lock(waiting_mutex_);
    if (waiting_.empty()) return true;
    all.swap(waiting_);
    for (const Waiting& one : all) one.end->waits.store(false, std::memory_order_relaxed);
  }
  heavy_fence();  // pairs with light_fence in Channel::try_push: who relied on `waits` has his item seen here
  std::erase_if(all, [](const Waiting& one) { return one.end->try_send_waiting(); });
  if (all.empty()) return true;
  // Another thread sends their items, perhaps not the last ones: they are looked at again.
  std::lock_guard lock(waiting_mutex_);
  for (const Waiting& one : all) one.end->waits.store(true, std::memory_order_relaxed);
  try {
    all.insert(all.end(), waiting_.begin(), waiting_.end());
    waiting_.swap(all);
  } catch (const std::bad_alloc&) {  // the last ones go with those that come next, or with the end
  }
  return false;
}

bool Link::try_write(const MessageHead& head, std::span<const std::byte> body, bool& wake,
                     std::atomic<std::uint64_t>* sent) {
  std::byte* const at = writer_.try_reserve(sizeof head + body.size());
  if (!at) return false;
  std::memcpy(at, &head, sizeof head);
  if (!body.empty()) std::memcpy(at + sizeof head, body.data(), body.size());
  // Before the peer sees it: it may take the call, and die of it, before this thread goes on.
  if (sent) sent->store(ForwardedCall::kSent | writer_.reserved_until(), std::memory_order_relaxed);
  wake |= writer_.commit();
  return true;
}

bool Link::flush_locked(bool& wake) {
  while (!overflow_.empty()) {
    MessageHead head;
    const auto& message = overflow_.front();
    std::memcpy(&head, message.data(), sizeof head);
    if (!try_write(head, std::span(message).subspan(sizeof head), wake)) return false;
    overflow_.pop_front();
    overflowing_.fetch_sub(1, std::memory_order_relaxed);
  }
  return true;
}

void Link::flush() {
  bool wake = false;
  {
    std::lock_guard lock(send_mutex_);
    flush_locked(wake);
  }
  if (wake) writer_.wake_reader();
}

void Link::post(const MessageHead& head, std::span<const std::byte> body, const StopControl* stop,
                std::atomic<std::uint64_t>* sent) {
  for (unsigned round = 0;; ++round) {
    bool wake = false, done = false;
    {
      std::lock_guard lock(send_mutex_);
      if (is_dead()) {
        std::lock_guard calls(calls_mutex_);
        throw Error(died_of_.with_executed(Executed::no));
      }
      try {
        done = flush_locked(wake) && try_write(head, body, wake, sent);
      } catch (const Error& e) {
        if (e.code() != Errc::data_loss) throw;
        // Whoever has the role ends the calls, when the peer is gone.
        const Status how = broken_rules(e.status());
        if (broken_) broken_(how);
        throw Error(how.with_executed(Executed::no));
      }
      if (!done && !stop) {
        std::vector<std::byte> message(sizeof head + body.size());
        std::memcpy(message.data(), &head, sizeof head);
        if (!body.empty()) std::memcpy(message.data() + sizeof head, body.data(), body.size());
        overflow_.push_back(std::move(message));
        overflowing_.fetch_add(1, std::memory_order_relaxed);
        done = true;
      }
    }
    if (wake) writer_.wake_reader();
    if (done) return;
    // The peer has a megabyte of messages that it has not looked at.
    if (const Errc reason = stop->reason(); reason != Errc::ok)
      throw Error(
          Status(reason, "the call is to end, and the worker has not taken its messages").with_executed(Executed::no));
    if (round < 64) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(100));  // nobody tells when there is room
    }
  }
}

}  // namespace lagoon::detail
