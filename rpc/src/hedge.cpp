// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/hedge.hpp>

#include <lagoon/engine/engine.hpp>

#include <algorithm>
#include <utility>

#include "call_rare.hpp"

namespace lagoon::detail {

/// Hears of the end of one attempt, which may come after the race is over. Holds the attempt: a call that ends when
/// nobody refers to it any more is gone before it could tell.
struct Race::Watch : Continuation {
  Watch(std::shared_ptr<Race> of, std::size_t n, CallHandle<CallState> what)
      : race(std::move(of)), attempt(n), call(std::move(what)) {
    fire = [](Continuation* self) noexcept {
      const std::unique_ptr<Watch> watch(static_cast<Watch*>(self));
      watch->race->ended(watch->attempt);
    };
  }
  const std::shared_ptr<Race> race;
  const std::size_t attempt;
  const CallHandle<CallState> call;
};

Race::Race(Engine* engine, const HedgePolicy& policy, const CallOptions& options)
    : engine_(engine), policy_(policy), options_(options) {
  options_.report = nullptr;
  options_.count_copies |= options.report != nullptr;
  if (!engine_) return;
  options_.deadline = deadline_of(engine_->clock(), options);
  options_.timeout = {};
}

void Race::close() noexcept {
  std::vector<CallHandle<CallState>> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(attempts_);
  }
  for (const auto& attempt : left) attempt->cancel();
}

void Race::add(CallHandle<CallState> attempt) {
  auto watch =
      std::make_unique<Watch>(shared_from_this(), attempts_.size(), attempt);  // this thread alone makes attempts
  {
    const std::lock_guard lock(mutex_);
    failures_.reserve(attempts_.size() + 1);  // ended() does not throw
    attempts_.push_back(attempt);
  }
  attempt->on_done(watch.release());
}

void Race::ended(std::size_t number) noexcept {
  CallHandle<Pause> over;
  {
    const std::lock_guard lock(mutex_);
    if (number >= attempts_.size()) return;  // closed
    if (std::ranges::find(failures_, number) != failures_.end()) return;
    const bool was_decided = is_decided();
    if (const Status& end = attempts_[number]->status(); !end.ok()) {
      failures_.push_back(number);
      const bool may_pass = std::ranges::find(policy_.codes, end.code()) != policy_.codes.end();
      if (!may_pass && !was_decided) fatal_ = static_cast<std::ptrdiff_t>(number);
      asked_to_wait_ |= end.retry_after().count() > 0;
    } else if (!was_decided) {
      winner_ = static_cast<std::ptrdiff_t>(number);
    }
    if (is_decided() || none_runs()) over = std::exchange(pause_, {});
  }
  if (over) over->end();
}

CallHandle<Pause> Race::pause() {
  if (!engine_) return {};  // no such method: the attempt has ended with that
  TimePoint until = kNever;
  {
    const std::lock_guard lock(mutex_);
    if (is_decided() || none_runs()) return {};
    const TimePoint now = engine_->clock().now();
    if (may_have_more() && policy_.after < kNever - now) until = now + policy_.after;
  }
  CallHandle<Pause> pause = Pause::begin(*engine_, options_, until);
  bool over = false;
  {
    const std::lock_guard lock(mutex_);
    over = is_decided() || none_runs();
    if (!over) pause_ = pause;
  }
  if (over) pause->end();
  return pause;
}

bool Race::another(const CallHandle<Pause>& pause) {
  // The deadline, or the caller gave up: the same for every attempt.
  if (const Status early = pause ? pause->outcome() : Status(); !early.ok()) {
    end_all(Status(early.code(), early.message()));  // the pause did not run, attempts may have
    return false;
  }
  const std::lock_guard lock(mutex_);
  pause_ = {};
  return !is_decided() && may_have_more();
}

void Race::end_all(const Status& why) {
  for (std::size_t k = 0; k < attempts_.size(); ++k) {
    attempts_[k]->fail(why);
    ended(k);  // its watch may not have said so yet
  }
}

std::ptrdiff_t Race::winner() {
  const std::lock_guard lock(mutex_);
  return winner_;
}

Status Race::status() {
  std::vector<std::size_t> failures;
  {
    const std::lock_guard lock(mutex_);
    failures = failures_;
    if (fatal_ >= 0) {  // it ended the call, so it is what the caller hears first
      const auto fatal = std::ranges::find(failures, static_cast<std::size_t>(fatal_));
      std::rotate(failures.begin(), fatal, fatal + 1);
    }
  }
  end_all(Status(Errc::cancelled, "another attempt has ended the call"));
  Executed ran = Executed::no;
  for (const auto& attempt : attempts_) ran = std::max(ran, attempt->status().executed());
  Status first = attempts_[failures.front()]->status();
  for (std::size_t k = 1; k < failures.size(); ++k) {
    const Status& other = attempts_[failures[k]]->status();
    first = first.cause() ? first.with_detail("another attempt", other.to_string()) : first.with_cause(other);
  }
  return first.with_executed(ran).with_detail("attempts", std::to_string(attempts_.size()));
}

}  // namespace lagoon::detail
