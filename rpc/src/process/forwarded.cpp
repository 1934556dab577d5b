// SPDX-License-Identifier: Apache-2.0
// A call whose handler is in another process, on the side of its caller.
#include <lagoon/engine/clock.hpp>
#include <lagoon/engine/fence.hpp>
#include <lagoon/rpc/remote.hpp>

#include "call_facts.hpp"
#include "call_rare.hpp"
#include "link.hpp"

namespace lagoon::detail {
namespace {

constexpr auto kLook = std::chrono::microseconds(50);  // hot answers take half a microsecond

}  // namespace

ForwardedCall::ForwardedCall(const FarMethod& method, CallState& call) noexcept
    : link_(method.link.get()),
      method_(method.number),
      on_stack_(call.inlined()),
      keep_(on_stack_ ? nullptr : method.link),
      call_(&call) {}

void ForwardedCall::run() noexcept {
  if (!on_stack_) {
    call_->ref();
    try {
      call_->go_afar(*this);
    } catch (...) {
      call_->finish(status_of_current_exception().with_executed(Executed::no));
      call_->unref();
      unref();  // the table's, which has not heard of it
      return unref();
    }
  }
  std::optional<LinkLooking> looking;  // before the call is sent: the answer may be quick
  if (on_stack_ && looking.emplace(*link_).has_role()) reads_ = true;
  try {
    std::uint64_t id = reads_ ? link_->try_enlist_quickly(*this) : 0;
    if (id == 0) id = link_->enlist(*this);
    id_.store(id, std::memory_order_relaxed);
    light_fence();  // pairs with heavy_fence in stopped(): it finds the number, or this thread finds that it was there
    if (!on_stack_) connect_responses();
    send_call();
    if (!on_stack_) {
      connect_requests();
      link_->look_for_waking();
    }
    if (told_to_stop_.load()) link_->tell(MessageKind::cancel, id_);  // perhaps before the call was sent
  } catch (...) {
    Status why = status_of_current_exception();
    if (why.executed() == Executed::yes) why = why.with_executed(Executed::no);
    if (id_ != 0) {
      link_->dismiss(id_);
    } else {
      unref();  // as above
    }
    std::uint32_t expected = waiting;
    if (state_.compare_exchange_strong(expected, ending)) end(std::move(why), link_->is_dead());
  }
  if (on_stack_) wait_here(looking);
  unref();
}

void ForwardedCall::send_call() {
  CallFacts facts;
  const StopControl& stop = call_->stop();
  if (stop.deadline() != kNever)
    facts.left_ns = std::max<std::int64_t>(0, (stop.deadline() - stop.clock().now()) / std::chrono::nanoseconds(1));
  facts.trace = call_->trace_id();
  facts.memory_limit = call_->memory_limit();
  facts.depth = call_->depth();
  facts.counted = call_->counted();
  facts.zero_copy = call_->zero_copy();
  facts.may_copy = call_->may_copy();
  const Metadata& metadata = call_->request_metadata();
  facts.has_metadata = !metadata.empty();
  note_windows(facts);
  link_->send({.kind = MessageKind::call,
               .method = method_,
               .call = id_,
               .zero_copy = call_->zero_copy(),
               .may_copy = call_->may_copy(),
               .sent = &sent_,
               .stop = &stop},
              [&](Encoder& out) {
                encode(out, facts);
                if (facts.has_metadata) encode(out, metadata);
                write_request(out);
                if (facts.counted) call_->book_copies(Link::copies_of_message());
              });
}

void ForwardedCall::wait_here(std::optional<LinkLooking>& looking) noexcept {
  if (!is_over()) looking->look(kLook, [this] { return is_over(); });
  if (!is_over() && !reads_) {  // another thread does
    const auto until = std::chrono::steady_clock::now() + kLook;
    while (!is_over() && !link_->shares_core() && std::chrono::steady_clock::now() < until)
      link_->look(kLook, [this] { return is_over(); });
  }
  if (!is_over()) {
    const SleepingCall sleeping;
    IsolateState& isolate = *call_->bound().isolate;
    keep_slot(isolate);  // its handler does not sleep, or its worker says so
    const Status why = sleeping.allowed() ? sleep_until_over(looking) : too_many_waiting();
    leave_reading(looking);
    std::uint32_t expected = waiting;
    if (!why.ok() && state_.compare_exchange_strong(expected, abandoned)) {
      close_slot();
      link_->tell(MessageKind::cancel, id_);
      call_->finish(why.with_executed(Executed::maybe));
    }
    while (!is_over() && state_.load() != abandoned) spin_pause();  // somebody is about to end it
    leave(isolate);
    if (state_.load() == abandoned) return;
  }
  leave_reading(looking);
  if (!lost_ || !goes_elsewhere(status_)) deliver(std::move(status_));
}

Status ForwardedCall::sleep_until_over(std::optional<LinkLooking>& looking) noexcept {
  const StopControl& stop = call_->stop();
  while (!is_over()) {
    if (const Errc reason = stop.reason(); reason != Errc::ok)
      return Status(reason, reason == Errc::cancelled ? "the call was cancelled" : "the deadline of the call passed");
    const TimePoint now = stop.clock().now();
    const TimePoint until = std::min(stop.deadline(), now + kLookUp);
    if (reads_ && !link_->is_dead()) {  // it is woken itself by the answer
      looking->sleep(until - now);
      continue;
    }
    leave_reading(looking);
    if (!sleeps_.load(std::memory_order_relaxed)) {
      sleeps_.store(true, std::memory_order_relaxed);
      heavy_fence();
    }
    const std::uint32_t seen = state_.load();
    if (seen < ended) stop.clock().wait(state_, seen, until);
  }
  return {};
}

void ForwardedCall::leave_reading(std::optional<LinkLooking>& looking) noexcept {
  if (reads_) reads_ = false;  // without the role it is not this thread's to change
  looking.reset();
}

bool ForwardedCall::goes_elsewhere(const Status& why) noexcept {
  return may_go_elsewhere(why.executed() != Executed::no) && call_->go_elsewhere(why);
}

void ForwardedCall::end(Status status, bool lost) noexcept {  // by who has taken the state to `ending`
  close_slot();
  if (on_stack_) {
    status_ = std::move(status);
    lost_ = lost;
    state_.store(ended, std::memory_order_release);
    light_fence();  // pairs with heavy_fence in wait_here: it sees the end, or this thread sees that it sleeps
    if (sleeps_.load(std::memory_order_relaxed)) futex_wake(state_);
    return;
  }
  state_.store(ended, std::memory_order_release);
  if (!lost || !goes_elsewhere(status)) {
    deliver(std::move(status));
    call_->back_from_afar();
  }
  call_->unref();
}

void ForwardedCall::on_done(Decoder& in, const DoneFacts& facts) {
  // All is read, even for a caller who has left: arrays are let go of by those who have read where they are.
  Status status;
  Metadata metadata[2];
  CopyReport copies;
  try {
    if (!facts.ok && (status = decode_status(in)).ok()) in.fail("a call that failed with ok");
    if (facts.has_metadata)
      for (Metadata& part : metadata) part = decode_metadata(in);
    if (facts.ok) read_response(in);
    if (facts.has_copies) {
      copies.shared_bytes = in.natural();
      copies.moved_bytes = in.natural();
      copies.copied_bytes = in.natural();
      copies.why = in.text();
    }
    in.end();
  } catch (const Error& e) {
    if (e.code() == Errc::data_loss) throw;
    status = e.status();  // there was no room for the response here
  }
  if (reads_) {  // so does nobody else
    if (state_.load(std::memory_order_relaxed) != waiting) return;
    state_.store(ending, std::memory_order_relaxed);
  } else {
    std::uint32_t expected = waiting;
    if (!state_.compare_exchange_strong(expected, ending)) return;
  }
  // Only who reads, as this thread does, and who ends the call change the slot.
  if (slot_.load(std::memory_order_relaxed) == held) slot_.store(closed, std::memory_order_relaxed);
  try {
    for (const bool initial : {true, false})
      for (const auto& [key, value] : metadata[initial ? 0 : 1]) call_->add_metadata(initial, key, value);
    if (facts.has_copies) call_->book_copies(copies);
  } catch (...) {
    status = status_of_current_exception();
  }
  end(std::move(status));
}

void ForwardedCall::on_items(Decoder& in, std::uint32_t count) {
  if (on_stack_) in.fail("an item of a call without a stream of responses");
  if (state_.load() == waiting) read_items(in, count);
}
void ForwardedCall::on_credit(std::uint64_t items, std::uint64_t bytes) {
  if (on_stack_ || !add_credit(items, bytes)) throw Error(Errc::data_loss, "credit for more than was sent");
}
void ForwardedCall::on_sleeps(bool asleep) noexcept {
  std::uint8_t expected = asleep ? held : free;
  if (!slot_.compare_exchange_strong(expected, busy)) return;
  IsolateState& isolate = *call_->bound().isolate;  // the call is there as long as the slot is not closed
  asleep ? leave(isolate) : keep_slot(isolate);
  slot_.store(asleep ? free : held);
}
void ForwardedCall::close_slot() noexcept {
  std::uint8_t was = slot_.load();
  while (was == busy || !slot_.compare_exchange_weak(was, closed)) {
    if (was == closed) return;
    if (was == busy) spin_pause();
    was = slot_.load();
  }
  if (was == free) keep_slot(*call_->bound().isolate);
}
void ForwardedCall::on_reader_gone() noexcept {
  if (!on_stack_) close_requests();
}
void ForwardedCall::on_lost(const Status& why) noexcept {
  std::uint32_t expected = waiting;
  if (state_.compare_exchange_strong(expected, ending)) end(why, true);
}

// ---- what the call and its channels say

void ForwardedCall::send_items(const void* first, std::size_t count, bool patient) {
  if (state_.load(std::memory_order_acquire) != waiting) return;
  link_->send({.kind = MessageKind::items,
               .number = static_cast<std::uint32_t>(count),
               .call = id_,
               .zero_copy = call_->zero_copy(),
               .stop = patient ? &call_->stop() : nullptr},
              [&](Encoder& out) { write_items(out, first, count); });
  if (call_->counted()) call_->book_copies(Link::copies_of_message());
}
bool ForwardedCall::may_wait(CallState& call) noexcept { return link_->may_wait(*this, call); }
void ForwardedCall::end_items() noexcept { link_->tell(MessageKind::end_of_items, id_); }
void ForwardedCall::give_credit(std::size_t items, std::size_t bytes) noexcept {
  link_->tell_credit(id_, items, bytes);
}
void ForwardedCall::reader_gone() noexcept { link_->tell(MessageKind::reader_gone, id_); }
void ForwardedCall::stopped() noexcept {
  if (told_to_stop_.exchange(true) || state_.load() != waiting) return;
  heavy_fence();
  if (const std::uint64_t id = id_.load()) link_->tell(MessageKind::cancel, id);
}
void ForwardedCall::fail(Status why) noexcept {
  if (state_.load(std::memory_order_acquire) == waiting) call_->finish(std::move(why));
}
bool ForwardedCall::look() noexcept {
  try_send_waiting();
  return link_->look_again();
}
bool ForwardedCall::shares_core() const noexcept { return link_->shares_core(); }

}  // namespace lagoon::detail
