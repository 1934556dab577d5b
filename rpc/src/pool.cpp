// SPDX-License-Identifier: Apache-2.0
// A pool as an endpoint: which worker takes a call. pool_supervisor.cpp has the life of workers, pool_overview.cpp what
// the pool says of itself.
#include <lagoon/rpc/pool.hpp>

#include "lowest_score.hpp"
#include "pool_state.hpp"

namespace lagoon {
namespace detail {

const Workers& PoolState::refresh(SeenWorkers& seen) {
  const std::uint64_t version = version_.load(std::memory_order_acquire);  // pairs with publish
  if (seen.pool != id_ || seen.version != version) seen = {id_, version, seen.calls, seen.last, workers()};
  return *seen.workers;
}

PoolState::Choice PoolState::choose(BoundMethod& asked, const ByteCount& arrays, bool here) {
  PoolView seen;
  const Workers& workers = refresh(*seen);
  if (auto refused = refusal(workers)) return {refused.get(), nullptr, refused};
  // Calls that wait come first, and exclusive ones line up in one place; but a call of a worker's own, on its thread,
  // holds nobody up.
  const bool may_go_at_once = pool_->queue->waiting.load(std::memory_order_relaxed) == 0;
  PoolWorker* worker = nullptr;
  if (may_go_at_once && (here || !asked.entry->traits.exclusive)) worker = free_worker(*seen, asked, arrays);
  if (!worker && here) worker = own_worker(workers);
  if (worker) return {worker->methods[asked.number].get(), &worker->entering, nullptr};
  if (workers.size() < options_.workers && !pool_->wanted.exchange(true)) pool_->wake();
  return {&asked, nullptr, nullptr};
}

PoolWorker* PoolState::free_worker(SeenWorkers& seen, const BoundMethod& asked, const ByteCount& arrays) {
  const Workers& workers = *seen.workers;
  if (workers.empty()) return nullptr;
  if (seen.last >= workers.size()) seen.last = 0;
  PoolWorker* const last = workers[seen.last].get();
  if (plain_ && calls_of(*last->state) == 0 && enter(*last)) [[likely]]
    return last;
  CallToPlace call = pool_->call_to_place(asked, arrays.all(), workers.size());
  call.number = seen.calls++;
  const std::size_t chosen = lowest_score(
      seen.last, workers.size(), [&](std::size_t i) { return options_.balancer(workers[i]->load(i, arrays), call); });
  PoolWorker* worker = nullptr;
  if (chosen != kNobody && enter(*workers[chosen])) {
    worker = workers[chosen].get();
    seen.last = chosen;
  }
  if (options_.on_placement) [[unlikely]]
    tell_placement(asked, workers, call, arrays, worker ? chosen : kNobody);
  return worker;
}

bool PoolState::enter(PoolWorker& worker) {
  // Count first, then look: a worker that retires sees the call coming, or the call sees it retire. Of two calls that
  // come at once the later one sees the first.
  constexpr std::uint64_t kOne = PoolWorker::kCall + 1;
  const std::uint64_t before = worker.entering.fetch_add(kOne, std::memory_order_seq_cst);
  const std::size_t there = std::max<std::size_t>(before % PoolWorker::kCall, calls_of(*worker.state));
  if ((there == 0 || there < slots_of(*worker.state)) && !worker.retired.load(std::memory_order_seq_cst)) [[likely]] {
    worker.note_call(before / PoolWorker::kCall);
    return true;
  }
  worker.entering.fetch_sub(kOne, std::memory_order_release);  // pairs with PoolWorker::at_rest
  return false;
}

PoolWorker* PoolState::own_worker(const Workers& workers) const {
  IsolateState* const here = current_isolate_state();
  if (!here) return nullptr;
  const auto own = std::ranges::find_if(workers, [&](const auto& worker) { return worker->state.get() == here; });
  if (own == workers.end()) return nullptr;
  (*own)->count_call(PoolWorker::kCall + 1);  // it runs the call that makes this one: it stays
  return own->get();
}

void PoolState::tell_placement(const BoundMethod& asked, const Workers& workers, const CallToPlace& call,
                               const ByteCount& arrays, std::size_t chosen) {
  PlacementEvent event;
  event.method = asked.entry->name;
  if (chosen != kNobody) event.worker = workers[chosen]->name;
  for (std::size_t i = 0; i < workers.size(); ++i)
    event.scores.emplace_back(workers[i]->name, options_.balancer(workers[i]->load(i, arrays), call));
  options_.on_placement(event);
}

std::shared_ptr<BoundMethod> PoolState::refusal(const Workers& workers) const {
  if (closing_.load(std::memory_order_acquire))
    return closed_method(Status(Errc::unavailable, options_.name + " is draining"));
  if (!workers.empty()) return nullptr;
  std::lock_guard lock(mutex_);
  return failed_.ok() ? nullptr : closed_method(failed_);
}

std::shared_ptr<BoundMethod> PoolState::closed_method(const Status& why) const {
  auto bound = std::make_shared<BoundMethod>();
  bound->unknown = why.with_executed(Executed::no);
  bound->engine = &engine_;
  bound->holder = bound;
  return bound;
}

std::shared_ptr<BoundMethod> PoolState::bind(std::string_view contract, std::string_view method, MethodKind kind,
                                             const std::type_info& request, const std::type_info& response) {
  const auto number = number_of_method(pool_->services, contract, method, kind, request, response);
  return number.ok() ? pool_->methods[*number] : closed_method(number.status());
}

}  // namespace detail

Pool::Pool(Engine& engine, std::vector<Service> services, PoolOptions options)
    : state_(std::make_unique<detail::PoolState>(engine, std::move(services), std::move(options))) {}
Pool::~Pool() = default;

std::size_t Pool::size() const { return state_->workers()->size(); }
Status Pool::drain(TimePoint deadline) { return state_->drain(deadline); }
Status Pool::shutdown(TimePoint deadline) { return state_->shutdown(deadline); }

PoolReport Pool::overview() const { return state_->overview(); }
std::vector<WorkerReport> Pool::workers() const { return state_->overview().workers; }

std::shared_ptr<detail::BoundMethod> Pool::bind(std::string_view contract, std::string_view method, MethodKind kind,
                                                const std::type_info& request, const std::type_info& response) {
  return state_->bind(contract, method, kind, request, response);
}
const std::vector<Service>& Pool::services() const noexcept { return state_->services(); }
std::vector<MethodReport> Pool::report() const { return state_->report(); }
MemoryHandle Pool::memory() const { return state_->memory(); }

}  // namespace lagoon
