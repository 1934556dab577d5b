// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <lagoon/rpc/caller.hpp>
#include <lagoon/rpc/pause.hpp>
#include <memory>
#include <mutex>
#include <vector>

namespace lagoon {

/// When a call that has no answer yet is made once more.
struct HedgePolicy {
  std::chrono::nanoseconds after = std::chrono::milliseconds(20);  ///< without an answer; about the p95 of the method
  unsigned most = 2;                                               ///< attempts, with the first one
  std::vector<Errc> codes{Errc::unavailable, Errc::resource_exhausted, Errc::aborted};  ///< of failures that may pass
};

namespace detail {

/// Attempts of one call that run side by side: who was first, and what to wait for meanwhile.
class Race : public std::enable_shared_from_this<Race> {
 public:
  Race(Engine* engine, const HedgePolicy& policy, const CallOptions& options);
  /// Ends what still runs.
  void close() noexcept;

  /// How each attempt is made.
  const CallOptions& options() const noexcept { return options_; }
  /// One attempt more has been made.
  void add(CallHandle<CallState> attempt);
  /// Until an attempt has decided the race, none runs any more, or it is time for another; null: nothing to wait for.
  CallHandle<Pause> pause();
  /// After the pause.  returns  whether another attempt is to be made now
  bool another(const CallHandle<Pause>& pause);
  /// returns  the number of the attempt that won; -1: none did
  std::ptrdiff_t winner();
  /// When nobody won. Ends what still runs.
  Status status();

 private:
  struct Watch;
  static constexpr std::ptrdiff_t kNone = -1;
  void ended(std::size_t attempt) noexcept;
  void end_all(const Status& why);
  bool none_runs() const noexcept { return failures_.size() == attempts_.size(); }
  bool may_have_more() const noexcept { return !asked_to_wait_ && attempts_.size() < policy_.most; }
  bool is_decided() const noexcept { return winner_ >= 0 || fatal_ >= 0 || (none_runs() && !may_have_more()); }

  Engine* const engine_;
  const HedgePolicy policy_;
  CallOptions options_;
  std::mutex mutex_;
  std::vector<CallHandle<CallState>> attempts_;
  std::vector<std::size_t> failures_;  // in the order of their ends
  std::ptrdiff_t winner_ = kNone, fatal_ = kNone;
  bool asked_to_wait_ = false;
  CallHandle<Pause> pause_;
};

template <class M>
constexpr void check_hedgeable() {
  static_assert(M::kind == MethodKind::unary, "lagoon: a stream is not hedged: two would be delivered");
  static_assert(M::traits.idempotent,
                "lagoon: a hedged call may run twice: its method must be declared lagoon::Idempotent");
  static_assert(
      std::copy_constructible<typename M::Request>,
      "lagoon: a request that may be sent twice must be copyable: freeze() its tensors, the copies share them");
}

/// The attempts of a hedged call with their types.
template <class M>
class Contest {
 public:
  Contest(BoundMethod& bound, const HedgePolicy& policy, const CallOptions& options, typename M::Request&& request)
      : bound_(bound), race_(std::make_shared<Race>(bound.engine, policy, options)), request_(std::move(request)) {}
  ~Contest() { race_->close(); }
  Contest(const Contest&) = delete;
  Contest& operator=(const Contest&) = delete;

  Race& race() const noexcept { return *race_; }
  void begin_another() {
    typename M::Request copy = request_;
    calls_.push_back(start_call<M>(bound_, race_->options(), std::move(copy)));
    race_->add(CallHandle<CallState>::sharing(calls_.back().get()));
  }
  Result<typename M::Response> result(CallReport* report) {
    const std::ptrdiff_t winner = race_->winner();
    CallOf<M>& last = *calls_[winner < 0 ? calls_.size() - 1 : static_cast<std::size_t>(winner)].get();
    if (report) last.fill(*report);
    if (winner < 0) return race_->status();
    return std::move(*last.response);
  }

 private:
  BoundMethod& bound_;
  const std::shared_ptr<Race> race_;
  typename M::Request request_;
  std::vector<CallHandle<CallOf<M>>> calls_;
};

}  // namespace detail

/// A caller whose calls are made once more when they take long. Made by hedged().
template <class C>
class Hedged {
 public:
  Hedged(Caller<C> caller, const HedgePolicy& policy) : caller_(std::move(caller)), policy_(policy) {}

  /// Waits; throws Error with the status of the first failure when all attempts failed.
  template <class M>
  typename M::Response call(typename M::Request request, const CallOptions& options = {}) const {
    return std::move(try_call<M>(std::move(request), options)).value();
  }

  template <class M>
  Result<typename M::Response> try_call(typename M::Request request, const CallOptions& options = {}) const {
    detail::check_hedgeable<M>();
    detail::Contest<M> contest(caller_.template method<M>(), policy_, options, std::move(request));
    for (bool more = true; more;) {
      contest.begin_another();
      const auto pause = contest.race().pause();
      if (pause) pause->wait();
      more = contest.race().another(pause);
    }
    return contest.result(options.report);
  }

  /// In a coroutine; no thread waits.
  template <class M>
  detail::AnswerTask<typename M::Request, typename M::Response> task(typename M::Request request,
                                                                     CallOptions options = {}) const {
    detail::check_hedgeable<M>();
    return detail::value_of(try_run<M>(caller_, policy_, std::move(request), std::move(options)));
  }
  template <class M>
  detail::AnswerTask<typename M::Request, Result<typename M::Response>> try_task(typename M::Request request,
                                                                                 CallOptions options = {}) const {
    detail::check_hedgeable<M>();
    return try_run<M>(caller_, policy_, std::move(request), std::move(options));
  }

 private:
  template <class M>
  static Task<Result<typename M::Response>> try_run(Caller<C> caller, HedgePolicy policy, typename M::Request request,
                                                    CallOptions options) {
    detail::Contest<M> contest(caller.template method<M>(), policy, options, std::move(request));
    for (bool more = true; more;) {
      contest.begin_another();
      const detail::CallHandle<detail::Pause> pause = contest.race().pause();
      if (pause) {
        detail::Ended<detail::Pause> over(pause);
        co_await over;
      }
      more = contest.race().another(pause);
    }
    co_return contest.result(options.report);
  }

  Caller<C> caller_;
  HedgePolicy policy_;
};

/// Makes a call once more when it has no answer after a while, against the odd slow worker: the first success is the
/// answer, the others are cancelled and theirs dropped. Only methods that their contract declares Idempotent; copies of
/// a request share its frozen arrays. Costs work, so choose `after` such that few calls take so long.
///
///   const auto stats = lagoon::hedged(caller, {.after = 20ms});
///   Summary s = stats.call<Summarize>({values});
///   auto summary = stats.task<Summarize>(series);     // in a coroutine; no thread waits
///   Summary s = co_await summary;
///
/// A failure that may pass leaves the answer to the other attempts; when none runs the next is made at once, unless the
/// failure asks to wait (that is for retrying()). When all failed the first failure is the answer, with the next as its
/// cause. Any other failure ends the call. The detail "attempts" says how many were made, executed() the most that any
/// of them did.
///   throws  invalid_argument: no attempts, or a negative delay
template <class C>
Hedged<C> hedged(Caller<C> caller, const HedgePolicy& policy = {}) {
  if (policy.most == 0 || policy.after.count() < 0)
    throw Error(Errc::invalid_argument, "hedged: most " + std::to_string(policy.most) + ", after " +
                                            std::to_string(policy.after.count()) +
                                            " ns; wanted: most >= 1, after >= 0");
  return Hedged<C>(std::move(caller), policy);
}

}  // namespace lagoon
