// SPDX-License-Identifier: Apache-2.0
// Workers of a pool come and go: on the pool's own thread, one step after the other. pool_end.cpp has how it ends.
#include <algorithm>

#include "pool_state.hpp"

namespace lagoon::detail {
namespace {

constexpr auto kOfferAgain = std::chrono::milliseconds(1);  // calls that free workers had no use for
constexpr auto kLongestBackoff = std::chrono::seconds(1);

std::uint64_t next_pool_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

bool is_least_loaded(const Balancer& balancer) {
  using Function = double (*)(const WorkerLoad&, const CallToPlace&) noexcept;
  using Plain = double (*)(const WorkerLoad&, const CallToPlace&);
  if (const auto* f = balancer.target<Function>()) return *f == &balance::least_loaded;
  const auto* f = balancer.target<Plain>();
  return f && *f == &balance::least_loaded;
}

std::string milliseconds(std::chrono::nanoseconds t) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(t).count()) + " ms";
}

}  // namespace

/// A health check on its way through a worker.
struct PoolWorker::Probe : Job {
  std::function<Status()> check;
  TimePoint until;
  Status answer;
  std::atomic<bool> done{false};
  std::shared_ptr<PoolShared> pool;
  std::shared_ptr<Probe> self;  // the queue's handle: it may outlast the worker's

  void finish(Status status) noexcept {
    answer = std::move(status);
    done.store(true, std::memory_order_release);  // pairs with the acquire in sickness
    pool->wake();
    self.reset();  // the last word: the probe may be gone
  }
};

PoolState::PoolState(Engine& engine, std::vector<Service> services, PoolOptions options)
    : engine_(engine),
      pool_(std::make_shared<PoolShared>(engine, std::move(services), std::move(options))),
      options_(pool_->options),
      plain_(is_least_loaded(options_.balancer) && !options_.on_placement),
      made_(engine.clock().now()),
      id_(next_pool_id()),
      workers_(std::make_shared<const Workers>()) {
  for (const auto& method : pool_->methods) {
    method->router = this;
    method->holder = pool_;
  }
  totals_of_the_dead_.resize(pool_->methods.size());
  Workers first;
  for (std::string name; first.size() < options_.least_workers;) first.push_back(make_worker(name));
  next_look_ = options_.health.every.count() > 0 ? made_ + options_.health.every : kNever;
  counts_.created = first.size();
  publish(first);
  for (const auto& worker : first) tell(WorkerEvent::What::created, worker->name);
  thread_ = std::thread([this] { loop(); });
}

void PoolState::loop() {
  while (!stopping_.load(std::memory_order_acquire)) {
    const std::uint32_t seen = pool_->signal.load(std::memory_order_acquire);
    const TimePoint next = pass();
    engine_.clock().wait(pool_->signal, seen, next);
  }
}

TimePoint PoolState::pass() {
  TimePoint next = std::min(supervise(), look_for_declined());
  if (closing_.load(std::memory_order_acquire)) {
    next = std::min(next, end());
    // Who waited before the pool closed still has to be served, though the last worker may have died.
    if (pool_->queue->waiting.load() != 0 && workers()->empty())
      next = std::min(next, start_worker() ? engine_.clock().now() : next_start_);
  } else {
    grow();
    const bool growing = workers()->size() < options_.least_workers || pool_->wanted;
    next = std::min({next, recycle(), shrink(), growing ? next_start_ : kNever});
    start_spare();
  }
  return std::min({next, bury(), forget()});
}

// ---- birth

std::string PoolState::next_name() { return options_.name + "/" + std::to_string(started_++); }

std::shared_ptr<PoolWorker> PoolState::make_worker(std::string& name) {
  auto process = take_spare();
  name = process ? process->name() : next_name();
  if (pool_->processes && !process) process = start_process(name);
  return PoolWorker::start(engine_, pool_, name, std::move(process));
}

std::shared_ptr<WorkerProcess> PoolState::start_process(const std::string& name) {
  return WorkerProcess::start(engine_, *pool_->processes, name, [weak = std::weak_ptr(pool_)] {
    if (const auto pool = weak.lock()) pool->wake();
  });
}

std::shared_ptr<WorkerProcess> PoolState::take_spare() {
  std::lock_guard lock(mutex_);
  std::erase_if(spares_, [](const auto& spare) { return !spare->is_alive(); });
  if (spares_.empty()) return nullptr;
  auto spare = std::move(spares_.back());
  spares_.pop_back();
  return spare;
}

void PoolState::start_spare() {
  if (!pool_->processes) return;
  {
    std::lock_guard lock(mutex_);
    if (spare_in_the_making_ || !spare_failed_.empty() || spares_.size() >= options_.spares) return;
    spare_in_the_making_ = true;
  }
  if (spare_maker_.joinable()) spare_maker_.join();  // the one before has ended
  spare_maker_ = std::thread([this, name = next_name()] {
    std::shared_ptr<WorkerProcess> spare;
    std::string failed;
    try {
      spare = start_process(name);
    } catch (...) {
      failed = status_of_current_exception().to_string();
    }
    std::lock_guard lock(mutex_);
    if (spare) spares_.push_back(std::move(spare));
    spare_failed_ = failed;
    spare_in_the_making_ = false;
  });
}

void PoolState::end_spares() {
  if (spare_maker_.joinable()) spare_maker_.join();
  std::vector<std::shared_ptr<WorkerProcess>> ending;
  {
    std::lock_guard lock(mutex_);
    ending.swap(spares_);
  }
}

bool PoolState::start_worker(bool wanted) {
  if (engine_.clock().now() < next_start_) return false;
  std::shared_ptr<PoolWorker> worker;
  std::string name;
  try {
    worker = make_worker(name);
  } catch (...) {
    const std::string cause = status_of_current_exception().to_string();
    note_failure(cause);
    tell(WorkerEvent::What::failed, name, cause);
    return false;
  }
  failures_in_a_row_ = 0;
  Workers workers = *this->workers();
  workers.push_back(worker);
  {
    std::lock_guard lock(mutex_);
    ++counts_.created;
    spare_failed_.clear();  // a new attempt may do better
  }
  if (wanted) pool_->wanted.store(false);  // not later: a caller who finds this one busy too wants another
  publish(std::move(workers));
  tell(WorkerEvent::What::created, worker->name);
  return true;
}

void PoolState::note_failure(const std::string& cause) {
  {
    std::lock_guard lock(mutex_);
    ++counts_.failed;
  }
  if (!too_many_failures(cause)) back_off(failures_in_a_row_++);
}

void PoolState::note_loss(const std::string& cause) {
  if (too_many_failures(cause)) return;
  if (failures_.size() > 1) back_off(failures_.size() - 2);  // the first one is replaced at once
}

void PoolState::back_off(std::size_t attempts) {
  const auto backoff = options_.restart.backoff * (1LL << std::min<std::size_t>(attempts, 20));
  next_start_ = engine_.clock().now() + std::min<std::chrono::nanoseconds>(backoff, kLongestBackoff);
}

bool PoolState::too_many_failures(const std::string& cause) {
  const TimePoint now = engine_.clock().now();
  failures_.push_back(now);
  while (failures_.front() + options_.restart.within < now) failures_.pop_front();
  if (failures_.size() <= options_.restart.most) return false;
  next_start_ = kNever;
  const Status status(Errc::unavailable, options_.name + " gave up after " + std::to_string(failures_.size()) +
                                             " workers that were lost or did not start: " + cause);
  {
    std::lock_guard lock(mutex_);
    if (failed_.ok()) failed_ = status;
  }
  if (workers()->empty()) pool_->queue->refuse_all(status);
  return true;
}

void PoolState::grow() {
  while (workers()->size() < options_.least_workers && start_worker()) {
  }
  if (!pool_->wanted.load()) return;
  if (workers()->size() < options_.workers)
    start_worker(true);
  else
    pool_->wanted.store(false);
}

// ---- supervision

TimePoint PoolState::supervise() {
  const TimePoint now = engine_.clock().now();
  const auto table = this->workers();
  for (const auto& worker : *table) {
    if (worker->process && !worker->process->is_alive()) {
      lose(worker, WorkerEvent::What::died, worker->process->end().message());
    } else if (auto why = sickness(worker, now)) {
      lose(worker, WorkerEvent::What::unhealthy, *why);
    }
  }
  if (now < next_look_) return next_look_;
  next_look_ = now + options_.health.every;
  std::uint64_t fastest = 0;
  for (const auto& worker : *this->workers()) {
    sample(*worker, now);
    const std::uint64_t typical = worker->book.typical_ticks();
    if (typical && (fastest == 0 || typical < fastest)) fastest = typical;
    if (!hangs(*worker, now)) continue;
    lose(worker, WorkerEvent::What::hung,
         "a handler runs on " + milliseconds(options_.health.hang_grace) + " after it was told to stop");
  }
  kill_what_does_not_leave();
  pool_->fastest_ticks.store(fastest, std::memory_order_relaxed);
  return next_look_;
}

void PoolState::kill_what_does_not_leave() {
  Workers leaving;
  {
    std::lock_guard lock(mutex_);
    leaving = retiring_;
  }
  for (const auto& worker : leaving) {
    if (!worker->process || !worker->process->is_alive()) continue;
    if (worker->process->is_overdue(options_.health.hang_grace) || worker->process->is_stopped())
      worker->process->kill("it does not end: " + worker->why);
  }
}

TimePoint PoolState::look_for_declined() {
  if (!pool_->declined.load()) return kNever;
  const TimePoint now = engine_.clock().now();
  if (next_offer_ == kNever) next_offer_ = now + kOfferAgain;
  if (now < next_offer_) return next_offer_;
  next_offer_ = kNever;
  pool_->declined.store(false);
  pool_->queue->look_again();
  return kNever;
}

void PoolState::sample(PoolWorker& worker, TimePoint now) {
  worker.look_at_memory();
  const auto cpu = worker.cpu_time();
  if (now > worker.cpu_seen_at)
    worker.cpu.store(
        static_cast<float>((cpu - worker.cpu_seen).count()) / static_cast<float>((now - worker.cpu_seen_at).count()),
        std::memory_order_relaxed);
  worker.cpu_seen = cpu;
  worker.cpu_seen_at = now;
}

bool PoolState::hangs(PoolWorker& worker, TimePoint now) const {
  if (worker.process && worker.process->is_overdue(options_.health.hang_grace)) return true;
  auto before = std::exchange(worker.overdue, {});
  for (const std::uint64_t call : worker.book.overdue()) {
    const auto seen = std::ranges::find(before, call, &std::pair<std::uint64_t, TimePoint>::first);
    worker.overdue.emplace_back(call, seen == before.end() ? now : seen->second);
  }
  return std::ranges::any_of(worker.overdue,
                             [&](const auto& call) { return now - call.second >= options_.health.hang_grace; });
}

std::optional<std::string> PoolState::sickness(const std::shared_ptr<PoolWorker>& worker, TimePoint now) {
  if (worker->process && now >= next_look_ && worker->process->is_stopped()) return "its process is stopped";
  if (!options_.health.check) return std::nullopt;
  if (!worker->probe) {
    if (now < next_look_ || !worker->at_rest()) return std::nullopt;  // a busy worker shows that it works
    auto probe = std::make_shared<PoolWorker::Probe>();
    probe->check = options_.health.check;
    probe->until = now + options_.health.timeout;
    probe->pool = pool_;
    probe->self = probe;
    probe->run = [](Job* job) noexcept {
      auto* self = static_cast<PoolWorker::Probe*>(job);
      try {
        self->finish(self->check());
      } catch (...) {
        self->finish(status_of_current_exception());
      }
    };
    probe->refuse = [](Job* job, const Status&) noexcept { static_cast<PoolWorker::Probe*>(job)->finish({}); };
    worker->probe = probe;
    if (!post(*worker->state, probe.get()).ok()) probe->finish({});
    return std::nullopt;
  }
  if (worker->probe->done.load(std::memory_order_acquire)) {  // pairs with finish
    const Status answer = worker->probe->answer;
    worker->probe.reset();
    return answer.ok() ? std::nullopt : std::optional(answer.to_string());
  }
  if (now < worker->probe->until) return std::nullopt;
  return "its health check had not answered after " + milliseconds(options_.health.timeout);
}

void PoolState::lose(const std::shared_ptr<PoolWorker>& worker, WorkerEvent::What how, const std::string& why) {
  const auto table = this->workers();
  worker->hung.store(how == WorkerEvent::What::hung);
  {
    std::lock_guard lock(mutex_);
    ++(how == WorkerEvent::What::hung   ? counts_.hung
       : how == WorkerEvent::What::died ? counts_.died
                                        : counts_.unhealthy);
  }
  retire(worker, why);
  if (worker->process && how != WorkerEvent::What::died) worker->process->kill(why);
  tell(how, worker->name, why);
  bool younger = false;
  for (const auto& other : *table) {
    if (other == worker) {
      younger = true;
    } else if (options_.restart.strategy == RestartStrategy::one_for_all ||
               (options_.restart.strategy == RestartStrategy::rest_for_one && younger)) {
      retire(other, "it is restarted with " + worker->name);
    }
  }
  note_loss(worker->name + ": " + why);
}

// ---- replacement and retirement

TimePoint PoolState::recycle() {
  if (options_.recycle_after == 0 && options_.recycle_over == kUnlimited) return kNever;
  const auto table = this->workers();
  for (const auto& worker : *table) {
    const std::string why = wear(*worker);
    if (why.empty()) continue;
    if (!start_worker()) return next_start_;  // the old one serves until there is a new one
    retire(worker, why);
  }
  return kNever;
}

std::string PoolState::wear(const PoolWorker& worker) const {
  if (options_.recycle_after && worker.calls() >= options_.recycle_after)
    return "it has served " + std::to_string(options_.recycle_after) + " calls";
  if (options_.recycle_over == kUnlimited || !worker.at_rest()) return {};
  const std::size_t held = memory_of(*worker.state)->use().held;
  return held > options_.recycle_over ? "it holds " + std::to_string(held) + " bytes though it rests" : std::string();
}

TimePoint PoolState::shrink() {
  if (options_.idle_timeout.count() == 0) return kNever;
  const TimePoint now = engine_.clock().now();
  TimePoint next = kNever;
  const auto table = this->workers();
  for (const auto& worker : *table) {
    const std::uint64_t calls = worker->calls();
    if (calls != worker->calls_seen || (!worker->probe && !worker->at_rest())) {
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
  Workers workers = *this->workers();
  if (std::erase(workers, worker) == 0) return;
  worker->why = std::move(why);
  worker->retired.store(true, std::memory_order_seq_cst);
  detach_source(*worker->state);
  {
    const std::lock_guard lock(mutex_);  // to whoever counts it is in one place
    retiring_.push_back(worker);
    publish(std::move(workers));
  }
  if (!closing_.load(std::memory_order_acquire)) send_on(*worker);
}

void PoolState::send_on(PoolWorker& worker) {
  const Status why = Status(Errc::unavailable, worker.name + " ends: " + worker.why).with_executed(Executed::no);
  refuse_queued(*worker.state, why);
  // Calls in the line of a lane get their turn, unless the one before them never ends.
  if (!worker.hung.load()) return;
  for (const auto& method : worker.methods)
    while (Job* call = method->lane ? method->lane->evict() : nullptr) static_cast<CallState*>(call)->move_on(why);
}

void PoolState::publish(Workers workers) {
  auto table = std::make_shared<const Workers>(std::move(workers));
  for (const auto& worker : *table)
    if (!std::exchange(worker->attached, true)) attach_source(*worker->state, pool_->queue, worker.get());
  const auto members = table;
  {
    std::lock_guard lock(table_mutex_);
    workers_.swap(table);
  }
  version_.fetch_add(1, std::memory_order_release);  // pairs with current
  pool_->queue->serve(members);
}

void PoolState::tell(WorkerEvent::What what, const std::string& worker, const std::string& why) {
  if (options_.on_event) options_.on_event({what, worker, why});
}

}  // namespace lagoon::detail
