// SPDX-License-Identifier: Apache-2.0
// A call of another process, on the side of its handler.
#include <lagoon/engine/faults.hpp>
#include <lagoon/engine/foreign_thread.hpp>
#include <lagoon/rpc/remote.hpp>

#include "link.hpp"

namespace lagoon::detail {
ServedCall::ServedCall(const std::shared_ptr<Link>& link, std::uint64_t id, BoundMethod& method, const CallFacts& facts,
                       Decoder& in)
    : method_(method), link_(link.get()), id_(id), facts_(facts) {
  if (facts.has_metadata) metadata_ = decode_metadata(in);
  fire = [](Continuation* self) noexcept {
    auto* const call = static_cast<ServedCall*>(self);
    CallState* ended = nullptr;
    {
      std::lock_guard lock(call->mutex_);
      ended = std::exchange(call->running_, nullptr);
    }
    if (ended->ended_early()) {
      call->still_owed_ = ended->status();  // before the last handle is gone: then it is told
      if (call->link_->end_served(call->id_)) call->unref();
    } else {
      call->reply(*ended);
    }
    call->let_go();
    call->unref();
  };
}

ServedCall::~ServedCall() {
  if (still_owed_) tell_failure(*still_owed_);
}

bool ServedCall::asks_for_nothing() const noexcept {
  return facts_.left_ns < 0 && facts_.memory_limit == 0 && !facts_.has_metadata;
}

CallOptions ServedCall::options() const {
  CallOptions options;
  if (facts_.left_ns >= 0) options.timeout = std::chrono::nanoseconds(std::max<std::int64_t>(facts_.left_ns, 1));
  options.metadata = metadata_;
  options.memory_limit = facts_.memory_limit;
  options.window_items = facts_.window_items;
  options.window_bytes = facts_.window_bytes;
  return options;
}

bool ServedCall::may_run_here() const noexcept {
  return method_.entry && !method_.entry->may_suspend && link_->may_serve_here();
}

void ServedCall::serve_here() noexcept {
  if (link_->may_serve_here()) serve_queue(*method_.isolate);
}

void ServedCall::keep_link() { keep_ = link_->shared_from_this(); }

void ServedCall::begin_here(CallState& call) noexcept {
  call.carry_on(*this, facts_.trace, facts_.depth);
  here_.show(call);
  if (cancelled_.load(std::memory_order_relaxed)) call.ask_to_stop();  // pairs with cancel(), by what show() does
}

void ServedCall::begin(CallState& call) noexcept {
  if (!call.far()) call.carry_on(*this, facts_.trace, facts_.depth);
  {
    std::lock_guard lock(mutex_);
    running_ = &call;
    if (!cancelled_.load(std::memory_order_relaxed)) return;
  }
  call.cancel();
}

void ServedCall::submit(CallState& call) {
  ref();  // the continuation's
  if (!call.far()) call.carry_on(*this, facts_.trace, facts_.depth);
  call.submit();
  begin(call);
  try {
    call.watch_deadline();
  } catch (const std::bad_alloc&) {  // then its caller does it alone
  }
  call.on_done(this);
}

void ServedCall::cancel() noexcept {
  if (cancelled_.load(std::memory_order_relaxed)) return;
  CallHandle<CallState> ending;
  {
    std::lock_guard lock(mutex_);
    cancelled_.store(true, std::memory_order_relaxed);  // as running_: begin() sees it, or is seen
    if (running_) ending = CallHandle<CallState>::sharing(running_);
  }
  if (ending) return ending->cancel();
  here_.use([](CallState& call) { call.ask_to_stop(); });
}

void ServedCall::reply(CallState& call) noexcept {
  const bool listed = link_->end_served(id_);  // once it has been told, the caller may use the number again
  const Status& status = call.status();
  std::optional<CallReport> report;  // for metadata of the answer
  if (call.has_rare()) call.fill(report.emplace());
  Link::Releases releases(*link_);
  drop_request();
  const DoneFacts facts{
      .ok = status.ok(),
      .has_metadata = report && !(report->initial.empty() && report->trailing.empty()),
      .has_copies = facts_.counted,
  };
  const Link::Outgoing out{
      .kind = MessageKind::done, .call = id_, .zero_copy = facts_.zero_copy, .may_copy = facts_.may_copy};
  const auto write = [&](Encoder& to) {
    releases.write(to, facts);
    if (!status.ok()) encode(to, status);
    if (facts.has_metadata) {
      encode(to, report->initial);
      encode(to, report->trailing);
    }
    if (status.ok()) write_and_drop_answer(to);
    if (!facts.has_copies) return;
    CopyReport sent = Link::copies_of_message();
    sent += sent_;
    to.number(std::uint64_t{sent.shared_bytes});
    to.number(std::uint64_t{sent.moved_bytes});
    to.number(std::uint64_t{sent.copied_bytes});
    to.text(sent.why);
  };
  try {
    fault_point(link_->faults, "process.before_reply");
    link_->send(out, write);
    releases.have_gone();
    fault_point(link_->faults, "process.after_reply");
  } catch (...) {
    tell_failure(status_of_current_exception());
  }
  if (listed) unref();
}

void ServedCall::refuse(const Status& why) noexcept {
  const bool listed = link_->end_served(id_);
  tell_failure(why);
  if (listed) unref();
}

void ServedCall::tell_failure(const Status& why) noexcept {
  try {
    link_->send({.kind = MessageKind::done, .call = id_}, [&](Encoder& to) {
      const DoneFacts failed;
      to.raw(&failed, sizeof failed);
      encode(to, why);
    });
  } catch (...) {  // not even that: the caller hears of it when the worker ends
  }
}

void ServedCall::on_items(Decoder& in, std::uint32_t) { in.fail("an item for a call without a stream of requests"); }

void ServedCall::send_items(const void* first, std::size_t count, bool patient) {
  CallState* call = nullptr;
  {
    std::lock_guard lock(mutex_);
    call = running_;
  }
  if (!call) return;
  link_->send({.kind = MessageKind::items,
               .number = static_cast<std::uint32_t>(count),
               .call = id_,
               .zero_copy = facts_.zero_copy,
               .stop = patient ? &call->stop() : nullptr},
              [&](Encoder& out) { write_items(out, first, count); });
  if (!facts_.counted) return;
  std::lock_guard lock(mutex_);
  sent_ += Link::copies_of_message();
}
bool ServedCall::may_wait(CallState& call) noexcept { return link_->may_wait(*this, call); }
void ServedCall::give_credit(std::size_t items, std::size_t bytes) noexcept { link_->tell_credit(id_, items, bytes); }
void ServedCall::sleeps(bool asleep) noexcept {
  if (asleep) try_send_waiting();
  link_->tell(asleep ? MessageKind::asleep : MessageKind::awake, id_);
}
bool ServedCall::look() noexcept {
  try_send_waiting();  // its caller may wait for that before he goes on
  return link_->look_again();
}
bool ServedCall::shares_core() const noexcept { return link_->shares_core(); }
void ServedCall::reader_gone() noexcept { link_->tell(MessageKind::reader_gone, id_); }

void ServedCall::fail(Status why) noexcept {
  CallHandle<CallState> failing;
  {
    std::lock_guard lock(mutex_);
    if (running_) failing = CallHandle<CallState>::sharing(running_);
  }
  if (failing) failing->finish(std::move(why));
}

}  // namespace lagoon::detail
