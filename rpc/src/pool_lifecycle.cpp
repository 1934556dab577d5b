// SPDX-License-Identifier: Apache-2.0
// Workers of a pool come and go: on the pool's own thread, one step after the other.
#include <algorithm>
#include <climits>

#include "pool_state.hpp"

namespace lagoon::detail {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(1);  // at workers that finish their last calls
constexpr auto kLongestBackoff = std::chrono::seconds(1);

PoolOptions with_defaults(PoolOptions options, const Engine& engine) {
  if (options.workers == 0) options.workers = engine.cores();
  if (options.least_workers == 0 || options.least_workers > options.workers) options.least_workers = options.workers;
  if (options.worker.concurrency == 0) options.worker.concurrency = 1;
  if (options.worker.memory_limit == 0 && engine.memory().limit() != kUnlimited)
    options.worker.memory_limit = engine.memory().limit() / options.workers;
  if (!options.balancer) options.balancer = balance::least_loaded;
  return options;
}

std::uint64_t next_pool_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

PoolState::PoolState(Engine& engine, std::vector<Service> services, PoolOptions options)
    : engine_(engine),
      services_(std::move(services)),
      options_(with_defaults(std::move(options), engine)),
      id_(next_pool_id()),
      workers_(std::make_shared<const Workers>()) {
  for (const Service& service : services_) {
    for (const MethodEntry& entry : service.methods()) {
      auto routed = std::make_shared<BoundMethod>();
      routed->service = service.name();
      routed->entry = &entry;
      routed->router = this;
      routed->number = routed_.size();
      routed->owner = service.state();
      routed_.push_back(std::move(routed));
    }
  }
  totals_of_the_dead_.resize(routed_.size());
  Workers first;
  while (first.size() < options_.least_workers) first.push_back(make_worker());
  publish(first);
  for (const auto& worker : first) tell(WorkerEvent::What::created, worker->name);
  thread_ = std::thread([this] { loop(); });
}

PoolState::~PoolState() {
  (void)drain(kNever);
  stopping_.store(true, std::memory_order_release);
  wake();
  thread_.join();
}

Status PoolState::drain(TimePoint deadline) {
  IsolateState* const here = current_isolate_state();
  const auto inside = [&](const std::shared_ptr<PoolWorker>& worker) { return worker->state.get() == here; };
  {
    std::lock_guard lock(mutex_);
    if (here && (std::ranges::any_of(*workers(), inside) || std::ranges::any_of(retiring_, inside)))
      return Status(Errc::failed_precondition, "a call of " + options_.name + " would wait for its own end");
  }
  closing_.store(true, std::memory_order_release);
  wake();
  for (;;) {
    const std::uint32_t seen = buried_.load(std::memory_order_acquire);
    std::size_t calls = 0;
    {
      std::lock_guard lock(mutex_);
      if (workers()->empty() && retiring_.empty()) return {};
      for (const auto& worker : retiring_) {
        const IsolateLoad load = load_of(*worker->state);
        calls += load.running + load.queued;
      }
    }
    if (engine_.clock().now() >= deadline)
      return Status(Errc::deadline_exceeded,
                    std::to_string(calls) + " calls of " + options_.name + " have not ended by the deadline");
    engine_.clock().wait(buried_, seen, deadline);
  }
}

void PoolState::wake() noexcept {
  signal_.fetch_add(1, std::memory_order_release);
  futex_wake(signal_);
}

void PoolState::loop() {
  while (!stopping_.load(std::memory_order_acquire)) {
    const std::uint32_t seen = signal_.load(std::memory_order_acquire);
    const TimePoint next = pass();
    engine_.clock().wait(signal_, seen, next);
  }
}

TimePoint PoolState::pass() {
  TimePoint next = kNever;
  if (closing_.load(std::memory_order_acquire)) {
    const auto table = this->workers();
    for (const auto& worker : *table) retire(worker, "the pool drains");
  } else {
    grow();
    next =
        std::min({recycle(), shrink(), workers()->size() < options_.least_workers || wanted_ ? next_start_ : kNever});
  }
  return std::min(next, bury());
}

std::shared_ptr<PoolWorker> PoolState::make_worker() {
  return PoolWorker::start(engine_, services_, options_, options_.name + "/" + std::to_string(started_++));
}

bool PoolState::start_worker() {
  if (engine_.clock().now() < next_start_) return false;
  std::shared_ptr<PoolWorker> worker;
  try {
    worker = make_worker();
  } catch (...) {
    note_failure(status_of_current_exception().to_string());
    return false;
  }
  failures_in_a_row_ = 0;
  Workers workers = *this->workers();
  workers.push_back(worker);
  publish(std::move(workers));
  tell(WorkerEvent::What::created, worker->name);
  return true;
}

void PoolState::note_failure(const std::string& cause) {
  const TimePoint now = engine_.clock().now();
  failures_.push_back(now);
  while (failures_.front() + options_.restart.within < now) failures_.pop_front();
  const std::string worker = options_.name + "/" + std::to_string(started_ - 1);
  if (failures_.size() > options_.restart.most) {
    next_start_ = kNever;
    std::lock_guard lock(mutex_);
    failed_ = Status(Errc::unavailable, options_.name + " gave up after " + std::to_string(failures_.size()) +
                                            " workers that did not start: " + cause);
  } else {
    const auto backoff = options_.restart.backoff * (1LL << std::min(failures_in_a_row_++, 20u));
    next_start_ = now + std::min<std::chrono::nanoseconds>(backoff, kLongestBackoff);
  }
  tell(WorkerEvent::What::failed, worker, cause);
}

void PoolState::grow() {
  while (workers()->size() < options_.least_workers && start_worker()) {
  }
  if (!wanted_.load()) return;
  if (workers()->size() >= options_.workers || start_worker()) wanted_.store(false);
}

TimePoint PoolState::recycle() {
  if (options_.recycle_after == 0) return kNever;
  const auto table = this->workers();
  for (const auto& worker : *table) {
    if (worker->calls.load(std::memory_order_relaxed) < options_.recycle_after) continue;
    if (!start_worker()) return next_start_;  // the old one serves until there is a new one
    retire(worker, "it has served " + std::to_string(options_.recycle_after) + " calls");
  }
  return kNever;
}

TimePoint PoolState::shrink() {
  if (options_.idle_timeout.count() == 0) return kNever;
  const TimePoint now = engine_.clock().now();
  TimePoint next = kNever;
  const auto table = this->workers();
  for (const auto& worker : *table) {
    const std::uint64_t calls = worker->calls.load(std::memory_order_relaxed);
    if (calls != worker->calls_seen || !worker->at_rest()) {
      worker->calls_seen = calls;
      worker->idle_since = now;
    }
    const TimePoint due = worker->idle_since + options_.idle_timeout;
    if (due > now) {
      next = std::min(next, due);
    } else if (workers()->size() > options_.least_workers) {
      retire(worker, "it had no call for its idle timeout");
    }
  }
  return next;
}

void PoolState::retire(const std::shared_ptr<PoolWorker>& worker, std::string why) {
  worker->why = std::move(why);
  worker->retired.store(true, std::memory_order_seq_cst);
  Workers workers = *this->workers();
  std::erase(workers, worker);
  const std::lock_guard lock(mutex_);  // to whoever counts it is in one place
  retiring_.push_back(worker);
  publish(std::move(workers));
}

TimePoint PoolState::bury() {
  Workers dead;
  TimePoint next = kNever;
  {
    std::lock_guard lock(mutex_);
    for (const auto& worker : retiring_) {
      if (worker->at_rest()) {
        dead.push_back(worker);
      } else {
        next = engine_.clock().now() + kLookAgain;
      }
    }
  }
  for (const auto& worker : dead) {
    worker->isolate.reset();
    {
      std::lock_guard lock(mutex_);
      for (std::size_t i = 0; i < routed_.size(); ++i)
        totals_of_the_dead_[i].merge(worker->methods[i]->metrics.totals());
      std::erase(retiring_, worker);
    }
    tell(WorkerEvent::What::terminated, worker->name, worker->why);
    buried_.fetch_add(1, std::memory_order_release);
    futex_wake(buried_, INT_MAX);
  }
  return next;
}

void PoolState::publish(Workers workers) {
  auto table = std::make_shared<const Workers>(std::move(workers));
  {
    std::lock_guard lock(table_mutex_);
    workers_.swap(table);
  }
  version_.fetch_add(1, std::memory_order_release);  // pairs with current
}

void PoolState::tell(WorkerEvent::What what, const std::string& worker, const std::string& why) {
  if (options_.on_event) options_.on_event({what, worker, why});
}

}  // namespace lagoon::detail
