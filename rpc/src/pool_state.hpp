// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/pool.hpp>

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

namespace lagoon::detail {

/// One isolate of a pool. Calls that outlive it keep what it leaves behind.
struct PoolWorker {
  /// throws  what starting it threw
  static std::shared_ptr<PoolWorker> start(Engine& engine, const std::vector<Service>& services,
                                           const PoolOptions& options, std::string name);
  PoolWorker(Engine& engine, const std::vector<Service>& services, const PoolOptions& options, std::string worker_name);

  const std::string name;
  std::unique_ptr<Isolate> isolate;     // the pool's thread's; gone once it has been closed
  std::shared_ptr<IsolateState> state;  // for who still looks at it
  std::unique_ptr<Local> local;
  std::vector<std::shared_ptr<BoundMethod>> methods;  // as the pool numbers them
  std::atomic<std::uint32_t> entering{0};             // calls that are being made: it stays open for them
  std::atomic<bool> retired{false};
  std::atomic<std::uint64_t> calls{0};

  WorkerLoad load(std::size_t index) const;
  /// Nobody is about to call it and no call is left.
  bool at_rest() const;

  // the pool's thread's notes
  std::string why;  // it retired
  std::uint64_t calls_seen = 0;
  TimePoint idle_since;
};

using Workers = std::vector<std::shared_ptr<PoolWorker>>;

/// What stands behind a Pool: routing on the callers' threads, life and death of workers on a thread of its own.
class PoolState final : public Router {
 public:
  PoolState(Engine& engine, std::vector<Service> services, PoolOptions options);
  ~PoolState();

  Choice choose(const BoundMethod& asked, std::size_t bytes) override;
  std::shared_ptr<BoundMethod> bind(std::string_view contract, std::string_view method, MethodKind kind,
                                    const std::type_info& request, const std::type_info& response);
  Status drain(TimePoint deadline);
  std::shared_ptr<const Workers> workers() const {
    std::lock_guard lock(table_mutex_);
    return workers_;
  }
  const std::vector<Service>& services() const noexcept { return services_; }
  std::vector<MethodReport> report() const;
  PoolReport overview() const;

 private:
  const Workers& current();
  std::shared_ptr<BoundMethod> refusal() const;
  std::shared_ptr<BoundMethod> closed_method(const Status& why) const;
  void wake() noexcept;
  // ---- on the pool's thread
  void loop();
  /// Does what is due; returns when to look again.
  TimePoint pass();
  std::shared_ptr<PoolWorker> make_worker();
  bool start_worker();
  void note_failure(const std::string& cause);
  void grow();
  TimePoint recycle();
  TimePoint shrink();
  TimePoint bury();
  void retire(const std::shared_ptr<PoolWorker>& worker, std::string why);
  void publish(Workers workers);
  void tell(WorkerEvent::What what, const std::string& worker, const std::string& why = {});

  Engine& engine_;
  const std::vector<Service> services_;
  const PoolOptions options_;
  std::vector<std::shared_ptr<BoundMethod>> routed_;  // what callers bind to
  const TimePoint made_ = engine_.clock().now();
  const std::uint64_t id_;          // no other pool of this process ever has it
  mutable std::mutex table_mutex_;  // not std::atomic<shared_ptr>: libstdc++ 12's load lets go of its lock too early
  std::shared_ptr<const Workers> workers_;
  std::atomic<std::uint64_t> version_{0};  // of workers_
  std::atomic<bool> wanted_{false};        // all workers are busy
  std::atomic<bool> closing_{false};       // no new calls
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint32_t> signal_{0};  // futex word of the pool's thread

  mutable std::mutex mutex_;  // what follows
  Workers retiring_;
  std::vector<MethodTotals> totals_of_the_dead_;
  Status failed_;                         // why the pool gave up
  std::atomic<std::uint32_t> buried_{0};  // futex word of drain()

  // the pool's thread alone
  std::uint64_t started_ = 0;
  std::deque<TimePoint> failures_;
  unsigned failures_in_a_row_ = 0;
  TimePoint next_start_{};
  std::thread thread_;
};

}  // namespace lagoon::detail
