// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <concepts>
#include <functional>
#include <lagoon/rpc/caller.hpp>
#include <lagoon/rpc/pause.hpp>
#include <memory>
#include <vector>

namespace lagoon {

/// Keeps retries from burying a service that is down: each failure takes a token, each success gives a part of one
/// back, and nobody tries again while half of them or less are left. One for all callers of a pool; safe from many
/// threads.
///   source   gRPC's retry throttling (grpc/proposal A6), with its default figures
class RetryThrottle {
 public:
  explicit RetryThrottle(double tokens = 10, double gain = 0.1);
  void succeeded() noexcept;
  /// Counts a failure.  returns  whether it may be followed by another attempt
  bool failed() noexcept;
  double tokens() const noexcept { return static_cast<double>(thousandths_.load()) / 1000; }

 private:
  const std::int64_t most_, gain_;  // thousandths
  std::atomic<std::int64_t> thousandths_;
};

/// When a call that failed is made again: after a pause that is drawn from [0, backoff] (full jitter), on top of what
/// the status asked for. The backoff begins at `first`, grows by `factor` with each attempt, and ends at `most`.
struct RetryPolicy {
  unsigned attempts = 4;  ///< with the first one
  std::chrono::nanoseconds first = std::chrono::milliseconds(10);
  double factor = 2;
  std::chrono::nanoseconds most = std::chrono::seconds(1);
  std::vector<Errc> codes{Errc::unavailable, Errc::resource_exhausted, Errc::aborted};  ///< of failures that may pass
  RetryThrottle* throttle = nullptr;  ///< null: nothing but the policy holds retries back; outlives the calls
  /// Before each pause, on the thread of the attempt's end: quick, does not throw.
  ///   attempt  that failed, counted from 1
  ///   pause    until the next
  std::function<void(unsigned attempt, const Status& failed, std::chrono::nanoseconds pause)> on_retry{};

  bool covers(Errc code) const noexcept;
  /// After that attempt.  random  64 random bits
  std::chrono::nanoseconds pause_after(unsigned attempt, std::uint64_t random) const noexcept;
};

namespace detail {

/// What is between the attempts of one call.
class Attempts {
 public:
  Attempts(Engine* engine, const RetryPolicy& policy, const CallOptions& options, bool idempotent);

  /// How the next attempt is made.
  const CallOptions& options() const noexcept { return options_; }
  bool is_last() const noexcept { return made_ + 1 >= policy_.attempts; }

  void succeeded() noexcept;
  /// After a failed attempt.
  ///   returns  whether there is to be another one, after the pause
  bool again(const Status& failed);
  /// Null when there is nothing to wait for.
  CallHandle<Pause> pause();
  /// After the pause.  returns  false: it ended the call
  bool resume(const CallHandle<Pause>& pause);
  /// How the call ended that did not succeed.
  const Status& status() const noexcept { return status_; }

 private:
  bool stop_with(Status status);

  Engine* const engine_;
  const RetryPolicy& policy_;
  CallOptions options_;
  const bool idempotent_;
  unsigned made_ = 0;
  Executed ran_ = Executed::no;  // the most that any attempt did
  TimePoint until_{};
  Status status_;
};

template <class M>
constexpr void check_retriable() {
  static_assert(M::kind == MethodKind::unary,
                "lagoon: a stream is not retried: what it has delivered cannot be taken back; begin it anew yourself, "
                "behind the last item you have");
  static_assert(
      std::copy_constructible<typename M::Request>,
      "lagoon: a request that may be sent twice must be copyable: freeze() its tensors, the copies share them");
}

}  // namespace detail

/// A caller whose calls are made again when they fail for a reason that may pass. Made by retrying().
template <class C>
class Retrying {
 public:
  Retrying(Caller<C> caller, std::shared_ptr<const RetryPolicy> policy)
      : caller_(std::move(caller)), policy_(std::move(policy)) {}

  /// Waits; throws Error with the status of the last attempt.
  template <class M>
  typename M::Response call(typename M::Request request, const CallOptions& options = {}) const {
    return std::move(try_call<M>(std::move(request), options)).value();
  }

  template <class M>
  Result<typename M::Response> try_call(typename M::Request request, const CallOptions& options = {}) const {
    detail::check_retriable<M>();
    detail::Attempts attempts(caller_.template method<M>().engine, *policy_, options, M::traits.idempotent);
    for (;;) {
      auto result = caller_.template try_call<M>(attempts.is_last() ? std::move(request) : request, attempts.options());
      if (result.ok()) {
        attempts.succeeded();
        return result;
      }
      if (!attempts.again(result.status())) return attempts.status();
      const auto pause = attempts.pause();
      if (pause) pause->wait();
      if (!attempts.resume(pause)) return attempts.status();
    }
  }

  /// In a coroutine; no thread waits, neither for an answer nor between attempts.
  ///   auto summary = stats.task<Summarize>(series);
  ///   Summary s = co_await summary;
  template <class M>
  detail::AnswerTask<typename M::Request, typename M::Response> task(typename M::Request request,
                                                                     CallOptions options = {}) const {
    detail::check_retriable<M>();
    return detail::value_of(try_run<M>(caller_, policy_, std::move(request), std::move(options)));
  }
  template <class M>
  detail::AnswerTask<typename M::Request, Result<typename M::Response>> try_task(typename M::Request request,
                                                                                 CallOptions options = {}) const {
    detail::check_retriable<M>();
    return try_run<M>(caller_, policy_, std::move(request), std::move(options));
  }

 private:
  template <class M>
  static Task<Result<typename M::Response>> try_run(Caller<C> caller, std::shared_ptr<const RetryPolicy> policy,
                                                    typename M::Request request, CallOptions options) {
    using Call = detail::CallOf<M>;
    detail::BoundMethod& bound = caller.template method<M>();
    detail::Attempts attempts(bound.engine, *policy, options, M::traits.idempotent);
    for (;;) {
      typename M::Request attempt = attempts.is_last() ? std::move(request) : request;
      const detail::CallHandle<Call> call = detail::start_call<M>(bound, attempts.options(), std::move(attempt));
      detail::Ended<Call> ended(call);
      co_await ended;
      if (call->status().ok()) {
        attempts.succeeded();
        co_return std::move(*call->response);
      }
      if (!attempts.again(call->status())) co_return attempts.status();
      const detail::CallHandle<detail::Pause> pause = attempts.pause();
      if (pause) {
        detail::Ended<detail::Pause> over(pause);
        co_await over;
      }
      if (!attempts.resume(pause)) co_return attempts.status();
    }
  }

  Caller<C> caller_;
  std::shared_ptr<const RetryPolicy> policy_;
};

/// Makes calls again that failed for a reason that may pass. Only what surely did not run is repeated (`executed: no`),
/// or any call of a method that its contract declares Idempotent. Copies of a request share its frozen arrays.
///
///   lagoon::RetryThrottle throttle;                                      // one for the pool
///   const auto stats = lagoon::retrying(caller, {.throttle = &throttle});
///   Summary s = stats.call<Summarize>({values}, {.timeout = 2s});        // throws lagoon::Error
///   auto r = stats.try_call<Summarize>({values});                        // Result<Summary>
///   auto summary = stats.task<Summarize>(series);     // in a coroutine; no thread waits
///   Summary s = co_await summary;
///
/// One deadline bounds all attempts and pauses: when the next attempt could not begin before it the call ends at once,
/// deadline_exceeded, with the last failure as cause. Cancelling ends a pause as it ends a call. A failure says in its
/// detail "attempts" how many were made, and in executed() the most that any of them did.
///   throws  invalid_argument: a policy without attempts, or one whose backoff shrinks
template <class C>
Retrying<C> retrying(Caller<C> caller, RetryPolicy policy = {}) {
  if (policy.attempts == 0 || !(policy.factor >= 1) || policy.first.count() < 0 || policy.most < policy.first)
    throw Error(Errc::invalid_argument,
                "retrying: attempts " + std::to_string(policy.attempts) + ", factor " + std::to_string(policy.factor) +
                    ", first " + std::to_string(policy.first.count()) + " ns, most " +
                    std::to_string(policy.most.count()) + " ns; wanted: attempts and factor >= 1, 0 <= first <= most");
  return Retrying<C>(std::move(caller), std::make_shared<const RetryPolicy>(std::move(policy)));
}

}  // namespace lagoon
