// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <lagoon/rpc/balancer.hpp>
#include <lagoon/rpc/endpoint.hpp>
#include <lagoon/rpc/pool_report.hpp>
#include <lagoon/rpc/process.hpp>
#include <memory>
#include <string>
#include <vector>

namespace lagoon {

/// Something that happened to a worker of a pool.
struct WorkerEvent {
  enum class What : std::uint8_t {
    created,     ///< takes calls now
    terminated,  ///< has ended, with nothing left to do; `why` says what for
    failed,      ///< could not be started; `why` is the cause
    hung,        ///< a handler did not stop when it was told to: it gets no more calls, and is replaced
    unhealthy,   ///< its health check failed, as `why` says: it gets no more calls, and is replaced
    died,        ///< its process has ended, as `why` says: it is replaced
  };
  What what = What::created;
  std::string worker;
  std::string why;
};
std::string_view name(WorkerEvent::What what) noexcept;

/// Who is replaced together with a worker that is lost (the strategies of Erlang/OTP's supervisors): it alone, all
/// workers, or those that were started after it.
enum class RestartStrategy : std::uint8_t { one_for_one, one_for_all, rest_for_one };

/// How often workers may be lost, or not start, before the pool gives up and every call is told so at once: more than
/// `most` times within `within` (OTP's restart intensity). The n-th attempt in a row waits backoff * 2^n, but at most a
/// second.
struct RestartOptions {
  RestartStrategy strategy = RestartStrategy::one_for_one;
  unsigned most = 5;
  std::chrono::nanoseconds within = std::chrono::seconds(10);
  std::chrono::nanoseconds backoff = std::chrono::milliseconds(10);
};

/// How the pool finds out that a worker is of no use any more.
struct HealthOptions {
  std::chrono::nanoseconds every = std::chrono::seconds(1);  ///< looks at all workers
  /// A handler that runs on for so long after its call was cancelled or its deadline passed has hung.
  std::chrono::nanoseconds hang_grace = std::chrono::seconds(1);
  std::function<Status()> check{};  ///< runs on each worker that is idle; a status that is not ok, or what it throws,
                                    ///< says what is wrong
  std::chrono::nanoseconds timeout = std::chrono::seconds(1);  ///< in which the check answers
};

/// A choice that a pool made for a call.
struct PlacementEvent {
  std::string_view method;
  std::string_view worker;                                  ///< empty: the call waits for the first that is free
  std::vector<std::pair<std::string_view, double>> scores;  ///< of all workers, by name; the lowest is the best
};

struct PoolOptions {
  std::string name = "pool";
  unsigned workers = 0;                      ///< most of them, also more than cores; 0: as many as cores
  unsigned most_per_core = 0;                ///< workers; 0: no such limit
  unsigned least_workers = 0;                ///< that stay when there is nothing to do; 0: all
  std::chrono::nanoseconds idle_timeout{0};  ///< a worker without a call for so long ends; 0: none does
  std::uint64_t recycle_after = 0;           ///< calls after which a worker is replaced; 0: never
  std::size_t recycle_over = kUnlimited;     ///< bytes that a worker may still hold when it rests; above it is replaced
  IsolateOptions worker{};  ///< each worker; memory_limit 0: the engine's limit divided among all; concurrency 0: one
                            ///< call at a time, whose parallel loops use all cores
  Isolation isolation = Isolation::thread;
  ProcessOptions process{};     ///< of workers that are processes
  unsigned spares = 1;          ///< processes kept started, so that nobody waits for the start of a replacement
  std::size_t queue_limit = 0;  ///< calls that wait for a worker; 0: worker.queue_limit for each; one more is refused
  LocalOptions local{};
  Balancer balancer = balance::least_loaded;
  std::function<Status()>
      warm_up{};  ///< runs on each new worker before it takes calls; may fail, which is a failed start
  std::chrono::nanoseconds start_timeout = std::chrono::seconds(10);  ///< in which it ends
  RestartOptions restart{};
  HealthOptions health{};
  std::function<void(const WorkerEvent&)> on_event{};  ///< from the pool's own thread, or its maker's; does not throw
  std::function<void(const PlacementEvent&)> on_placement{};  ///< from the thread of each call, quick, does not throw
};

namespace detail {
class PoolState;
}

/// Isolates of one kind behind one endpoint: callers need not know how many there are.
///
///   lagoon::Pool pool(engine, {statistics}, {.workers = 4, .recycle_after = 10'000});
///   lagoon::Caller<Statistics> stats(pool);
/// A call goes to the free worker that the balancer likes best; when none is free it waits, and goes to the first that
/// is. Workers are started when all are busy, end when they are idle, and are replaced when they have served long
/// enough, are unhealthy, hang, or (processes) die. A worker that leaves takes no new calls and finishes those that it
/// has begun; calls that it had not begun go to others. No call is lost. None is begun twice,
/// but for an Idempotent one without a Tensor, which goes on to another when its process dies, at most twice.
class Pool final : public Endpoint {
 public:
  /// Starts least_workers.  throws  what a handler's factory or the warm-up threw; deadline_exceeded: it took too long;
  /// resource_exhausted: no thread or no memory
  Pool(Engine& engine, std::vector<Service> services, PoolOptions options = {});
  /// Refuses new calls, and waits for those that were made, but for handlers that shutdown() has given up.
  ~Pool() override;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Workers that take calls.
  std::size_t size() const;
  /// Refuses new calls (unavailable, executed: no) and waits until those that were made have ended.
  ///   returns  ok; deadline_exceeded, with how many calls run on; failed_precondition from within a call of the pool,
  ///            which would wait for itself
  Status drain(TimePoint deadline = kNever);
  /// Drains until the deadline; then ends what is left: calls that wait are refused (unavailable, executed: no), those
  /// that run are ended for their callers (unavailable, executed: maybe) and their handlers asked to stop. Handlers
  /// that have not stopped a tenth of a second later are left behind: what they refer to must live on.
  ///   returns  ok: all has ended; deadline_exceeded, with how many calls were ended and how many handlers left behind;
  ///            failed_precondition from within a call of the pool: the shutdown goes on without its caller
  Status shutdown(TimePoint deadline);

  /// Memory that all workers see, whatever they are: arrays made in it are passed as they are. See Process::memory.
  MemoryHandle memory() const;

  /// The pool, its workers and its methods as they are now.
  PoolReport overview() const;
  std::vector<WorkerReport> workers() const;

  std::shared_ptr<detail::BoundMethod> bind(std::string_view contract, std::string_view method, MethodKind kind,
                                            const std::type_info& request, const std::type_info& response) override;
  const std::vector<Service>& services() const noexcept override;
  /// Every method with the calls of all workers, those that have ended among them.
  std::vector<MethodReport> report() const override;

 private:
  std::unique_ptr<detail::PoolState> state_;
};

}  // namespace lagoon
