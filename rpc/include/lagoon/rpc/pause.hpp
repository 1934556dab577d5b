// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/task.hpp>
#include <lagoon/rpc/calls.hpp>
#include <lagoon/rpc/reply.hpp>
#include <lagoon/rpc/service.hpp>
#include <utility>

namespace lagoon::detail {

/// What a pause stands on: a method of no service, whose calls nobody takes.
struct PauseGround : Router, Backlog {
  explicit PauseGround(Engine& engine);
  Choice choose(BoundMethod& asked, const ByteCount& arrays, bool here) override;
  Status add(CallState& call, bool again) noexcept override;
  void look_again() noexcept override {}
  MethodEntry entry;
  BoundMethod method;

 protected:
  ~PauseGround() = default;
};

/// A wait between calls, for time or for another thread's word. It is a call that nobody serves, and so ends as every
/// call does: at its deadline, with the call whose handler waits, by its stop control. Blocking or awaited.
class Pause final : private PauseGround, public CallState {
 public:
  /// Is over at `until` of the engine's clock, or when somebody says so.
  ///   options   what ends it early: deadline, stop, the parent call
  static CallHandle<Pause> begin(Engine& engine, const CallOptions& options, TimePoint until);
  /// From any thread, any number of times.
  void end() noexcept;
  /// After its end.
  ///   returns  ok: it is over; or what ended it early
  Status outcome();

 private:
  Pause(Engine& engine, const CallOptions& options);
  void invoke() noexcept override {}
  void look(TimePoint until);
  static CallOptions without_timeout(const CallOptions& options);

  const Status over_;
  const bool outside_;  // a stop control that nobody announces
  std::uint64_t timer_ = 0;
};

/// Awaits the end of a call of any kind and leaves the rest to who asked.
template <class Call>
struct Ended : AwaitDone<Call> {
  using AwaitDone<Call>::AwaitDone;
  void await_resume() const noexcept {}
};

/// What a task found, or its status as an Error.
template <class T>
Task<T> value_of(Task<Result<T>> task) {
  auto result = co_await task;
  co_return std::move(result).value();
}

/// What a coroutine awaits for the answer to a request.
template <class Request, class T>
class [[nodiscard]] AnswerTask : public Task<T> {
 public:
  AnswerTask(Task<T> task) noexcept : Task<T>(std::move(task)) {}  // NOLINT: a task that knows what it was asked
  auto operator co_await() & noexcept { return Awaiter{*this}; }
  auto operator co_await() && noexcept {
    static_assert(kTemporaryMayBeAwaited<Request>,
                  "lagoon: g++ 12 would destroy the request twice; name the task: "
                  "auto answer = caller.task<M>(...); co_await answer;");
    return Awaiter{*this};
  }

 private:
  struct Awaiter {  // by value: g++ 12 copies what a co_await within a co_return refers to
    Task<T>& task;
    bool await_ready() const noexcept { return task.await_ready(); }
    auto await_suspend(std::coroutine_handle<> h) noexcept { return task.await_suspend(h); }
    T await_resume() { return task.await_resume(); }
  };
};

}  // namespace lagoon::detail
