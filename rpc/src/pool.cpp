// SPDX-License-Identifier: Apache-2.0
// A pool as an endpoint: which worker takes a call, and what the pool says of itself. pool_lifecycle.cpp has the rest.
#include <lagoon/rpc/pool.hpp>

#include "lowest_score.hpp"
#include "pool_state.hpp"

namespace lagoon {
namespace detail {

PoolWorker::PoolWorker(Engine& engine, const std::vector<Service>& services, const PoolOptions& options,
                       std::string worker_name)
    : name(std::move(worker_name)), idle_since(engine.clock().now()) {
  fault_point(engine.faults(), "pool.start_worker");
  IsolateOptions own = options.worker;
  own.name = name;
  isolate = std::make_unique<Isolate>(engine, own);
  state = isolate->state();
  local = std::make_unique<Local>(*isolate, services, options.local);
  for (const Service& service : services)
    for (const MethodEntry& entry : service.methods())
      methods.push_back(local->bind(service.name(), entry.name, entry.kind, *entry.request, *entry.response));
}

std::shared_ptr<PoolWorker> PoolWorker::start(Engine& engine, const std::vector<Service>& services,
                                              const PoolOptions& options, std::string name) {
  auto worker = std::make_shared<PoolWorker>(engine, services, options, std::move(name));
  for (const auto& method : worker->methods) method->holder = worker;
  return worker;
}

WorkerLoad PoolWorker::load(std::size_t index) const {
  const IsolateLoad now = load_of(*state);
  return {.index = index,
          .running = now.running,
          .queued = now.queued,
          .concurrency = now.concurrency,
          .memory_held = now.memory_held,
          .memory_limit = now.memory_limit};
}

bool PoolWorker::at_rest() const {
  // Who enters posts before he leaves: nobody about to enter, and then nothing to run, is nothing at all.
  return entering.load(std::memory_order_seq_cst) == 0 && is_idle(*state);
}

namespace {

/// The workers that this thread saw last: looking whether they have changed costs less than sharing them.
struct Seen {
  std::uint64_t pool = 0, version = 0;
  std::uint64_t turn = 0;
  std::shared_ptr<const Workers> workers;
};
thread_local Seen t_seen;

}  // namespace

const Workers& PoolState::current() {
  const std::uint64_t version = version_.load(std::memory_order_acquire);  // pairs with publish
  if (t_seen.pool != id_ || t_seen.version != version) t_seen = {id_, version, t_seen.turn, workers()};
  return *t_seen.workers;
}

PoolState::Choice PoolState::choose(const BoundMethod& asked, std::size_t bytes) {
  for (;;) {
    const Workers& workers = current();
    if (workers.empty() || closing_.load(std::memory_order_acquire)) {
      auto refused = refusal();
      return {refused.get(), nullptr, refused};
    }
    const CallToPlace call{
        .number = t_seen.turn++, .work = asked.entry->traits.work, .bytes = bytes, .workers = workers.size()};
    const std::size_t index =
        lowest_score(call, [&](std::size_t i) { return options_.balancer(workers[i]->load(i), call); });
    PoolWorker* const worker = workers[index].get();
    if (workers.size() < options_.workers && worker->load(index).load() >= 1 && !wanted_.exchange(true)) wake();
    // Count first, then look: a worker that retires sees the call coming, or the call sees it retire.
    worker->entering.fetch_add(1, std::memory_order_seq_cst);
    if (worker->retired.load(std::memory_order_seq_cst)) {
      worker->entering.fetch_sub(1, std::memory_order_release);
      continue;
    }
    if (worker->calls.fetch_add(1, std::memory_order_relaxed) + 1 == options_.recycle_after) wake();
    return {worker->methods[asked.number].get(), &worker->entering, nullptr};
  }
}

std::shared_ptr<BoundMethod> PoolState::refusal() const {
  if (closing_.load(std::memory_order_acquire))
    return closed_method(Status(Errc::unavailable, options_.name + " is draining"));
  std::lock_guard lock(mutex_);
  if (!failed_.ok()) return closed_method(failed_);
  return closed_method(
      Status(Errc::unavailable, options_.name + " has no worker yet").with_retry_after(std::chrono::milliseconds(10)));
}

std::shared_ptr<BoundMethod> PoolState::closed_method(const Status& why) const {
  auto bound = std::make_shared<BoundMethod>();
  bound->unknown = why.with_executed(Executed::no);
  bound->engine = &engine_;
  return bound;
}

std::shared_ptr<BoundMethod> PoolState::bind(std::string_view contract, std::string_view method, MethodKind kind,
                                             const std::type_info& request, const std::type_info& response) {
  const auto number = number_of_method(services_, contract, method, kind, request, response);
  return number.ok() ? routed_[*number] : closed_method(number.status());
}

std::vector<MethodReport> PoolState::report() const {
  std::vector<MethodReport> all;
  std::lock_guard lock(mutex_);
  const auto table = workers();
  for (const auto& routed : routed_) {
    MethodTotals totals = totals_of_the_dead_[routed->number];
    for (const auto& worker : *table) totals.merge(worker->methods[routed->number]->metrics.totals());
    for (const auto& worker : retiring_) totals.merge(worker->methods[routed->number]->metrics.totals());
    all.push_back({routed->service, routed->entry->name, options_.name, totals});
  }
  return all;
}

PoolReport PoolState::overview() const {
  PoolReport all;
  all.pool = options_.name;
  all.at = engine_.clock().now();
  all.age = all.at - made_;
  all.most_workers = options_.workers;
  const auto table = workers();
  for (const auto& worker : *table)
    all.workers.push_back({.worker = worker->name,
                           .calls = worker->calls.load(std::memory_order_relaxed),
                           .load = worker->load(all.workers.size())});
  all.methods = report();
  std::lock_guard lock(mutex_);
  all.status = failed_;
  return all;
}

}  // namespace detail

std::string_view name(WorkerState state) noexcept {
  switch (state) {
    case WorkerState::serving: return "serving";
    case WorkerState::leaving: return "leaving";
    case WorkerState::hung: return "hung";
  }
  return "unknown";
}

std::string_view name(WorkerEvent::What what) noexcept {
  switch (what) {
    case WorkerEvent::What::created: return "created";
    case WorkerEvent::What::terminated: return "terminated";
    case WorkerEvent::What::failed: return "failed";
  }
  return "unknown";
}

Pool::Pool(Engine& engine, std::vector<Service> services, PoolOptions options)
    : state_(std::make_unique<detail::PoolState>(engine, std::move(services), std::move(options))) {}
Pool::~Pool() = default;

std::size_t Pool::size() const { return state_->workers()->size(); }
Status Pool::drain(TimePoint deadline) { return state_->drain(deadline); }

PoolReport Pool::overview() const { return state_->overview(); }
std::vector<WorkerReport> Pool::workers() const { return state_->overview().workers; }

std::shared_ptr<detail::BoundMethod> Pool::bind(std::string_view contract, std::string_view method, MethodKind kind,
                                                const std::type_info& request, const std::type_info& response) {
  return state_->bind(contract, method, kind, request, response);
}
const std::vector<Service>& Pool::services() const noexcept { return state_->services(); }
std::vector<MethodReport> Pool::report() const { return state_->report(); }

}  // namespace lagoon
