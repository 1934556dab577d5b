// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <lagoon/rpc/balancer.hpp>
#include <lagoon/rpc/endpoint.hpp>
#include <lagoon/rpc/pool_report.hpp>
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
  };
  What what = What::created;
  std::string worker;
  std::string why;
};
std::string_view name(WorkerEvent::What what) noexcept;

/// How often starting a worker may fail before the pool gives up: more than `most` times within `within` (Erlang/OTP's
/// restart intensity). The n-th attempt in a row waits backoff * 2^n, but at most a second.
struct RestartOptions {
  unsigned most = 5;
  std::chrono::nanoseconds within = std::chrono::seconds(10);
  std::chrono::nanoseconds backoff = std::chrono::milliseconds(10);
};

struct PoolOptions {
  std::string name = "pool";
  unsigned workers = 0;                      ///< most of them; 0: as many as cores
  unsigned least_workers = 0;                ///< that stay when there is nothing to do; 0: all
  std::chrono::nanoseconds idle_timeout{0};  ///< a worker without a call for so long ends; 0: none does
  std::uint64_t recycle_after = 0;           ///< calls after which a worker is replaced; 0: never
  IsolateOptions worker{};  ///< each worker; memory_limit 0: the engine's limit divided among all; concurrency 0: one
                            ///< call at a time, whose parallel loops use all cores
  LocalOptions local{};
  Balancer balancer = balance::least_loaded;
  RestartOptions restart{};
  std::function<void(const WorkerEvent&)> on_event{};  ///< from the pool's own thread, or its maker's; does not throw
};

namespace detail {
class PoolState;
}

/// Isolates of one kind behind one endpoint: callers need not know how many there are.
///
///   lagoon::Pool pool(engine, {statistics}, {.workers = 4, .recycle_after = 10'000});
///   lagoon::Caller<Statistics> stats(pool);
/// Each call goes to the worker that the balancer likes best. Workers are started when all are busy, end when they are
/// idle, and are replaced when they have served long enough; a worker that ends takes no new calls, finishes those it
/// has, and no call is lost or run twice.
class Pool final : public Endpoint {
 public:
  /// Starts least_workers.  throws  what a handler's factory threw, or resource_exhausted: no thread or no memory
  Pool(Engine& engine, std::vector<Service> services, PoolOptions options = {});
  /// Refuses new calls, and waits for those that were made.
  ~Pool() override;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Workers that take calls.
  std::size_t size() const;
  /// Refuses new calls (unavailable, executed: no) and waits until those that were made have ended.
  ///   returns  ok; deadline_exceeded, with how many calls run on; failed_precondition from within a call of the pool,
  ///            which would wait for itself
  Status drain(TimePoint deadline = kNever);

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
