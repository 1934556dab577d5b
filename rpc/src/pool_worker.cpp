// SPDX-License-Identifier: Apache-2.0
#include "pool_worker.hpp"

#include <thread>

namespace lagoon::detail {
namespace {

PoolOptions with_defaults(PoolOptions options, const Engine& engine) {
  if (options.workers == 0) options.workers = engine.cores();
  if (options.most_per_core) options.workers = std::min(options.workers, options.most_per_core * engine.cores());
  if (options.least_workers == 0 || options.least_workers > options.workers) options.least_workers = options.workers;
  if (options.worker.concurrency == 0) options.worker.concurrency = 1;
  if (options.worker.memory_limit == 0 && engine.memory().limit() != kUnlimited)
    options.worker.memory_limit = engine.memory().limit() / options.workers;
  if (options.queue_limit == 0) options.queue_limit = options.worker.queue_limit * options.workers;
  if (!options.balancer) options.balancer = balance::least_loaded;
  return options;
}

std::unique_ptr<const WorkerKind> kind_of(Engine& engine, const std::vector<Service>& services,
                                          const PoolOptions& options) {
  if (options.isolation == Isolation::thread) return nullptr;
  return std::make_unique<const WorkerKind>(
      WorkerKind{services, options.worker, options.local, options.process,
                 make_shared_arrays(engine, options.name + "'s arrays", options.worker.huge_pages)});
}

/// A worker in the making, on a thread that may have to be left alone with it.
struct Start {
  std::shared_ptr<PoolWorker> worker;
  Status failed;
  std::atomic<std::uint32_t> done{0};
};

}  // namespace

PoolShared::PoolShared(Engine& engine, std::vector<Service> served, PoolOptions given)
    : services(std::move(served)),
      options(with_defaults(std::move(given), engine)),
      processes(kind_of(engine, services, options)),
      clock(engine.clock()),
      stop(engine.clock()),
      queue(std::make_shared<PoolQueue>(*this, options.queue_limit)) {
  for (const Service& service : services) {
    for (const MethodEntry& entry : service.methods()) {
      // It counts calls that no worker has had. Any thread may come to end one, with counters of its own for each
      // method by and by: megabytes, after hundreds of thousands of calls.
      auto method = std::make_shared<BoundMethod>(MethodMetrics::Recorders::rarely);
      method->service = service.name();
      method->entry = &entry;
      method->engine = &engine;
      method->trace = engine.trace();
      method->max_message = options.local.max_message;
      method->call_limit = options.worker.call_limit;
      method->owner = service.state();
      method->backlog = queue.get();
      method->stop = &stop;
      method->number = methods.size();
      methods.push_back(std::move(method));
    }
  }
}

CallToPlace PoolShared::call_to_place(const BoundMethod& asked, std::size_t bytes, std::size_t workers) const noexcept {
  return {.work = asked.entry->traits.work,
          .bytes = bytes,
          .memory = asked.call_memory.load(std::memory_order_relaxed),
          .workers = workers,
          .fastest = duration_of(fastest_ticks.load(std::memory_order_relaxed))};
}

void PoolShared::wake() noexcept {
  signal.fetch_add(1, std::memory_order_release);
  futex_wake(signal);
}

PoolWorker::PoolWorker(Engine& engine, std::shared_ptr<PoolShared> of_pool, std::string worker_name,
                       std::shared_ptr<WorkerProcess> worker_process)
    : name(std::move(worker_name)),
      pool(std::move(of_pool)),
      process(std::move(worker_process)),
      started(engine.clock().now()),
      idle_since(started),
      cpu_seen_at(started) {
  fault_point(engine.faults(), "pool.start_worker");
  IsolateOptions own = pool->options.worker;
  own.name = name;
  isolate = std::make_unique<Isolate>(engine, own);
  state = isolate->state();
  local = std::make_unique<Local>(*isolate, process ? process->stubs(*pool->processes) : pool->services,
                                  pool->options.local);
  for (const auto& pooled : pool->methods) {
    const MethodEntry& entry = *pooled->entry;
    auto method = local->bind(pooled->service, entry.name, entry.kind, *entry.request, *entry.response);
    method->backlog = pool->queue.get();
    method->pooled = pooled.get();
    method->stop = &pool->stop;
    method->book = &book;
    method->number = pooled->number;
    methods.push_back(std::move(method));
  }
}

std::shared_ptr<PoolWorker> PoolWorker::start(Engine& engine, const std::shared_ptr<PoolShared>& pool,
                                              const std::string& name, std::shared_ptr<WorkerProcess> process) {
  auto worker = std::make_shared<PoolWorker>(engine, pool, name, std::move(process));
  for (const auto& method : worker->methods) method->holder = worker;
  if (!pool->options.warm_up) return worker;
  const auto start = std::make_shared<Start>();
  const TimePoint until = pool->clock.now() + pool->options.start_timeout;
  std::thread thread([start, worker = std::move(worker)]() mutable {
    try {
      const Status status = worker->isolate->run([&] { return worker->pool->options.warm_up(); });
      if (!status.ok()) throw Error(status);
      start->worker = std::move(worker);
    } catch (...) {
      start->failed = status_of_current_exception();
    }
    start->done.store(1, std::memory_order_release);  // pairs with the acquire below
    futex_wake(start->done);
  });
  while (!start->done.load(std::memory_order_acquire)) {
    if (pool->clock.now() >= until) {
      thread.detach();
      throw Error(Errc::deadline_exceeded,
                  name + " had not started after " +
                      std::to_string(
                          std::chrono::duration_cast<std::chrono::milliseconds>(pool->options.start_timeout).count()) +
                      " ms: its warm-up still runs");
    }
    pool->clock.wait(start->done, 0, until);
  }
  thread.join();
  if (!start->failed.ok()) throw Error(start->failed);
  return std::move(start->worker);
}

WorkerLoad PoolWorker::load(std::size_t index, const ByteCount& arrays) const noexcept {
  const IsolateLoad now = load_of(*state);
  return {.index = index,
          .running = now.running,
          .queued = now.queued,
          .concurrency = now.concurrency,
          .memory_held = now.memory_held + process_memory.load(std::memory_order_relaxed),
          .memory_limit = now.memory_limit,
          .cpu = cpu.load(std::memory_order_relaxed),
          .typical = duration_of(book.typical_ticks()),
          .bytes_to_bring = process ? arrays.to_bring(process->lender()) : 0};
}

std::chrono::nanoseconds PoolWorker::cpu_time() const noexcept {
  if (process) return process->cpu();
  return cpu_of(*state) + duration_of(book.guest_ticks());
}

std::size_t PoolWorker::look_at_memory() noexcept {
  if (process) {
    const std::size_t now = process->arrays_held();
    process_memory.store(now, std::memory_order_relaxed);
    process_peak.store(std::max(now, process_peak.load(std::memory_order_relaxed)), std::memory_order_relaxed);
  }
  return memory_of(*state)->use().peak + process_peak.load(std::memory_order_relaxed);
}

bool PoolWorker::at_rest() const {
  // Who enters posts before he leaves: nobody about to enter, and then nothing to run, is nothing at all.
  return entering.load(std::memory_order_seq_cst) % kCall == 0 && is_idle(*state);
}

}  // namespace lagoon::detail
