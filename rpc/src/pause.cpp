// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/pause.hpp>

#include <lagoon/engine/engine.hpp>

#include <utility>

#include "call_rare.hpp"

namespace lagoon::detail {

PauseGround::PauseGround(Engine& engine) {
  entry.name = "pause";
  method.entry = &entry;
  method.engine = &engine;
  method.router = this;
  method.backlog = this;
}

Router::Choice PauseGround::choose(BoundMethod& asked, const ByteCount&, bool) { return {&asked, nullptr, nullptr}; }

Status PauseGround::add(CallState& call, bool) noexcept {
  method.entry = nullptr;  // it has been admitted; its end is counted nowhere
  call.unref();            // there is no queue: who waits for it holds it
  return {};
}

CallOptions Pause::without_timeout(const CallOptions& options) {
  CallOptions plain;
  plain.deadline = options.deadline;
  plain.detached = options.detached;
  plain.stop = options.stop;
  return plain;
}

Pause::Pause(Engine& engine, const CallOptions& options)
    : PauseGround(engine),
      CallState(PauseGround::method, without_timeout(options), false),
      over_(Status(Errc::aborted, "the pause is over").with_executed(Executed::no)),
      outside_(options.stop != nullptr) {}

CallHandle<Pause> Pause::begin(Engine& engine, const CallOptions& options, TimePoint until) {
  CallHandle<Pause> pause(new Pause(engine, options));
  pause->submit();
  if (pause->is_done()) return pause;
  // Its parent may have been told to stop before it was among the parent's children.
  if (const Errc reason = pause->stop().reason(); reason != Errc::ok) {
    pause->cancel(reason);
  } else {
    pause->look(until);
  }
  return pause;
}

void Pause::look(TimePoint until) {
  Engine& engine = *bound().engine;
  TimePoint next = until;
  if (outside_) next = std::min(next, engine.clock().now() + kLookUp);
  if (next == kNever) return;
  const std::uint64_t timer = engine.at(next, [self = CallHandle<Pause>::sharing(this), until, next] {
    if (self->is_done()) return;
    if (next == until) return self->end();
    if (const Errc reason = self->stop().reason(); reason != Errc::ok) return self->cancel(reason);
    self->look(until);
  });
  if (!outside_) timer_ = timer;
}

void Pause::end() noexcept { fail(over_); }

Status Pause::outcome() {
  // The timer holds the pause, and may be an hour away.
  if (const std::uint64_t timer = std::exchange(timer_, 0)) bound().engine->forget(timer);
  return status().code() == Errc::aborted ? Status() : status();
}

}  // namespace lagoon::detail
