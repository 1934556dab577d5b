// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/retry.hpp>

#include <lagoon/engine/engine.hpp>

#include <algorithm>
#include <cmath>

#include "call_rare.hpp"

namespace lagoon {

RetryThrottle::RetryThrottle(double tokens, double gain)
    : most_(std::llround(1000 * tokens)), gain_(std::llround(1000 * gain)), thousandths_(most_) {
  if (most_ <= 0 || gain_ <= 0)
    throw Error(Errc::invalid_argument, "RetryThrottle: tokens " + std::to_string(tokens) + ", gain " +
                                            std::to_string(gain) + "; both must be at least 0.001");
}

void RetryThrottle::succeeded() noexcept {
  std::int64_t now = thousandths_.load(std::memory_order_relaxed);  // a count, publishes no data
  while (now < most_ && !thousandths_.compare_exchange_weak(now, std::min(most_, now + gain_))) {
  }
}

bool RetryThrottle::failed() noexcept {
  std::int64_t now = thousandths_.load(std::memory_order_relaxed);
  std::int64_t next = 0;
  do {
    next = std::max<std::int64_t>(0, now - 1000);
  } while (!thousandths_.compare_exchange_weak(now, next));
  return 2 * next > most_;
}

bool RetryPolicy::covers(Errc code) const noexcept { return std::ranges::find(codes, code) != codes.end(); }

std::chrono::nanoseconds RetryPolicy::pause_after(unsigned attempt, std::uint64_t random) const noexcept {
  const double most_ns = static_cast<double>(most.count());
  const double grown = static_cast<double>(first.count()) * std::pow(factor, attempt - 1.0);
  const double share = static_cast<double>(random >> 11) * 0x1p-53;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(share * std::min(most_ns, grown)));
}

namespace detail {
namespace {

constexpr std::chrono::nanoseconds kLongest = std::chrono::hours(24 * 365);  // so that no sum overflows

/// The deadline of the whole call, that of its parent included.
TimePoint whole_deadline(const Clock& clock, const CallOptions& options) {
  const TimePoint at = deadline_of(clock, options);
  if (options.stop) return std::min(at, options.stop->deadline());
  if (t_call && !options.detached) return std::min(at, t_call->stop().deadline());
  return at;
}

}  // namespace

Attempts::Attempts(Engine* engine, const RetryPolicy& policy, const CallOptions& options, bool idempotent)
    : engine_(engine), policy_(policy), options_(options), idempotent_(idempotent) {
  if (engine_ && options.timeout.count() > 0) {
    options_.deadline = whole_deadline(engine_->clock(), options);
    options_.timeout = {};
  }
}

void Attempts::succeeded() noexcept {
  if (policy_.throttle) policy_.throttle->succeeded();
}

bool Attempts::stop_with(Status status) {
  status_ = std::move(status).with_executed(ran_).with_detail("attempts", std::to_string(made_));
  return false;
}

bool Attempts::again(const Status& failed) {
  ++made_;
  ran_ = std::max(ran_, failed.executed());
  const bool may_pass = policy_.covers(failed.code());
  const bool throttled = may_pass && policy_.throttle && !policy_.throttle->failed();
  if (!may_pass && !status_.ok() && !failed.cause()) return stop_with(failed.with_cause(status_));
  if (!may_pass || !engine_ || made_ >= policy_.attempts) return stop_with(failed);
  if (!idempotent_ && failed.executed() != Executed::no) return stop_with(failed);
  if (throttled) return stop_with(failed.with_detail("retries", "throttled"));

  const auto pause = std::min(failed.retry_after(), kLongest) + policy_.pause_after(made_, engine_->random());
  const TimePoint now = engine_->clock().now();
  const TimePoint deadline = whole_deadline(engine_->clock(), options_);
  if (deadline != kNever && pause >= deadline - now)
    return stop_with(
        Status(Errc::deadline_exceeded, "attempt " + std::to_string(made_ + 1) + " could not begin before the deadline")
            .with_cause(failed));
  until_ = now + pause;
  status_ = failed;
  if (policy_.on_retry) policy_.on_retry(made_, failed, pause);
  return true;
}

CallHandle<Pause> Attempts::pause() {
  if (engine_->clock().now() >= until_) return {};
  return Pause::begin(*engine_, options_, until_);
}

bool Attempts::resume(const CallHandle<Pause>& pause) {
  if (!pause) return true;
  const Status early = pause->outcome();
  if (early.ok()) return true;
  return stop_with(Status(early.code(), early.message() + ", between attempts").with_cause(status_));
}

}  // namespace detail
}  // namespace lagoon
