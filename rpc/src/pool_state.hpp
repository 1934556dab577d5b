// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/pool.hpp>

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include "pool_view.hpp"
#include "pool_worker.hpp"

namespace lagoon::detail {

/// What stands behind a Pool: routing on the callers' threads, life and death of workers on a thread of its own.
class PoolState final : public Router {
 public:
  PoolState(Engine& engine, std::vector<Service> services, PoolOptions options);
  ~PoolState();

  Choice choose(BoundMethod& asked, const ByteCount& arrays, bool here) override;
  std::shared_ptr<BoundMethod> bind(std::string_view contract, std::string_view method, MethodKind kind,
                                    const std::type_info& request, const std::type_info& response);
  Status drain(TimePoint deadline);
  Status shutdown(TimePoint deadline);
  std::shared_ptr<const Workers> workers() const {
    std::lock_guard lock(table_mutex_);
    return workers_;
  }
  const std::vector<Service>& services() const noexcept { return pool_->services; }
  MemoryHandle memory() const { return pool_->processes ? pool_->processes->arrays.memory : process_heap(); }
  std::vector<MethodReport> report() const;
  PoolReport overview() const;

 private:
  const Workers& refresh(SeenWorkers& seen);
  PoolWorker* free_worker(SeenWorkers& seen, const BoundMethod& asked, const ByteCount& arrays);
  bool enter(PoolWorker& worker);
  PoolWorker* own_worker(const Workers& workers) const;
  void tell_placement(const BoundMethod& asked, const Workers& workers, const CallToPlace& call,
                      const ByteCount& arrays, std::size_t chosen);
  /// Nothing, or what the call is told instead of being made.
  std::shared_ptr<BoundMethod> refusal(const Workers& workers) const;
  std::shared_ptr<BoundMethod> closed_method(const Status& why) const;
  WorkerReport describe(PoolWorker& worker, std::size_t index) const;
  bool called_from_within() const;
  std::size_t calls_left() const;

  // ---- on the pool's thread
  void loop();
  /// Does what is due; returns when to look again.
  TimePoint pass();
  std::string next_name();
  /// name   set at once: whose start may fail
  std::shared_ptr<PoolWorker> make_worker(std::string& name);
  /// wanted   by a caller who found all busy
  bool start_worker(bool wanted = false);
  std::shared_ptr<WorkerProcess> start_process(const std::string& name);
  /// A process kept for this, if there is one that lives.
  std::shared_ptr<WorkerProcess> take_spare();
  void start_spare();
  void end_spares();
  void note_failure(const std::string& cause);
  void note_loss(const std::string& cause);
  bool too_many_failures(const std::string& cause);
  /// The next start waits, the longer the more attempts in a row have failed.
  void back_off(std::size_t attempts);
  void grow();
  TimePoint recycle();
  /// Why that worker should be replaced by a fresh one, or nothing.
  std::string wear(const PoolWorker& worker) const;
  TimePoint shrink();
  TimePoint supervise();
  /// Workers that were to leave and never will by themselves.
  void kill_what_does_not_leave();
  TimePoint look_for_declined();
  void sample(PoolWorker& worker, TimePoint now);
  bool hangs(PoolWorker& worker, TimePoint now) const;
  std::optional<std::string> sickness(const std::shared_ptr<PoolWorker>& worker, TimePoint now);
  void lose(const std::shared_ptr<PoolWorker>& worker, WorkerEvent::What how, const std::string& why);
  TimePoint end();
  void end_calls();
  void leave_behind();
  TimePoint bury();
  TimePoint forget();
  void bury(const std::shared_ptr<PoolWorker>& worker);
  void retire(const std::shared_ptr<PoolWorker>& worker, std::string why);
  void send_on(PoolWorker& worker);
  void publish(Workers workers);
  void tell(WorkerEvent::What what, const std::string& worker, const std::string& why = {});

  Engine& engine_;
  const std::shared_ptr<PoolShared> pool_;
  const PoolOptions& options_;
  const bool plain_;  // balanced by least_loaded, of which an idle worker is the best there is
  const TimePoint made_;
  const std::uint64_t id_;          // no other pool of this process ever has it
  mutable std::mutex table_mutex_;  // not std::atomic<shared_ptr>: libstdc++ 12's load lets go of its lock too early
  std::shared_ptr<const Workers> workers_;
  std::atomic<std::uint64_t> version_{0};  // of workers_
  std::atomic<bool> closing_{false};       // no new calls
  std::atomic<bool> stopping_{false};

  mutable std::mutex mutex_;  // what follows
  Workers retiring_;
  std::vector<MethodTotals> totals_of_the_dead_;
  Status failed_;                // why the pool gave up
  TimePoint end_at_ = kNever;    // then calls are ended that have not
  std::size_t ended_ = 0;        // calls that were, by that
  std::size_t left_behind_ = 0;  // handlers that did not stop
  PoolCounts counts_;
  std::vector<std::shared_ptr<WorkerProcess>> spares_;
  std::string spare_failed_;  // why the last was not started; empty: it was
  bool spare_in_the_making_ = false;
  std::atomic<std::uint32_t> buried_{0};  // futex word of drain()

  // the pool's thread alone
  std::uint64_t started_ = 0;
  std::deque<TimePoint> failures_;
  unsigned failures_in_a_row_ = 0;
  TimePoint next_start_{};
  TimePoint next_look_{};
  TimePoint next_offer_ = kNever;
  TimePoint gave_notice_ = kNever;  // calls were told to end
  std::uint64_t forgotten_ = 0;     // version_ before which no thread knows any worker
  std::thread thread_, spare_maker_;
};

}  // namespace lagoon::detail
