// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/metrics.hpp>
#include <lagoon/rpc/call_state.hpp>
#include <lagoon/rpc/service.hpp>
#include <memory>
#include <mutex>
#include <string_view>
#include <typeinfo>
#include <vector>

namespace lagoon {

namespace detail {

/// Lets one call of an exclusive method run at a time; the others wait here, not in a thread.
class ExclusiveLane {
 public:
  enum class Entry { granted, waits, full };
  explicit ExclusiveLane(std::size_t limit) : limit_(limit) {}
  /// `waits`: somebody runs, and the job (if any) will be posted when its turn comes. At most `limit` wait.
  Entry enter(Job* job) noexcept;
  /// Takes one out of the line, for another isolate; null: nobody waits.
  Job* evict() noexcept;
  /// The next job to post, or null when the lane is free again.
  Job* release() noexcept;

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  bool busy_ = false;
  std::deque<Job*> waiting_;
};

struct BoundMethod;
class CallBook;

/// Chooses, call by call, the isolate that a call goes to.
class Router {
 public:
  struct Choice {
    BoundMethod* method = nullptr;  ///< of an isolate; or the one that was asked for: the call goes to the backlog
    std::atomic<std::uint64_t>* entering = nullptr;  ///< raised: the method's isolate stays open until it is lowered
    std::shared_ptr<BoundMethod> refusal;            ///< the method, when the call cannot be made
  };
  /// arrays  of the request
  /// here    the call may run on this thread
  virtual Choice choose(BoundMethod& asked, const ByteCount& arrays, bool here) = 0;

 protected:
  ~Router() = default;
};

/// Where calls wait for whichever isolate is free first.
class Backlog {
 public:
  /// Takes the queue's reference to the call. Not ok: it was not taken, and why.
  ///   again   an isolate had it and gives it back: it waits in front, and there is always room
  virtual Status add(CallState& call, bool again) noexcept = 0;
  /// What an isolate may have has changed: a lane is free again.
  virtual void look_again() noexcept = 0;

 protected:
  ~Backlog() = default;
};

/// A method of a service on one isolate: what a call needs to find its handler.
struct BoundMethod {
  BoundMethod() = default;
  explicit BoundMethod(MethodMetrics::Recorders recorders) : metrics(recorders) {}

  std::string_view service;
  const MethodEntry* entry = nullptr;  ///< null: calls end with `unknown`
  Status unknown;
  std::shared_ptr<void> handler;
  std::shared_ptr<IsolateState> isolate;
  Engine* engine = nullptr;
  Trace* trace = nullptr;
  std::size_t max_message = kUnlimited;
  std::size_t call_limit = 0;
  std::shared_ptr<const void> owner;  ///< keeps the service alive
  std::unique_ptr<ExclusiveLane> lane;
  MethodMetrics metrics;
  bool from_afar = false;  ///< its calls come from another process, which gave them their identity and counts them

  // ---- in a pool
  Router* router = nullptr;                 ///< of the pool's own methods: chooses a worker's; they have no isolate
  Backlog* backlog = nullptr;               ///< of both kinds
  BoundMethod* pooled = nullptr;            ///< of a worker's: the pool's own
  const StopControl* stop = nullptr;        ///< of the pool: its end
  CallBook* book = nullptr;                 ///< of the worker
  std::size_t number = 0;                   ///< which of the pool's methods
  std::weak_ptr<const void> holder;         ///< what keeps this method for calls that may outlive the pool
  std::atomic<std::size_t> call_memory{0};  ///< of the pool's own: bytes that a call lately held at most
};

/// A pool's choice for one call; the chosen isolate stays open until the route ends.
class Route {
 public:
  /// asked   has a router
  /// here    the call may run on this thread
  template <class... Message>
  explicit Route(BoundMethod& asked, bool here, const Message&... request)
      : choice_(asked.router->choose(asked, count_bytes_of(request...), here)) {}
  ~Route() {
    if (choice_.entering) choice_.entering->fetch_sub(1, std::memory_order_release);  // pairs with PoolWorker::at_rest
  }
  Route(const Route&) = delete;
  Route& operator=(const Route&) = delete;

  BoundMethod& operator*() const noexcept { return *choice_.method; }

 private:
  Router::Choice choice_;
};

/// Which method of these services is meant, counted through all of them.
///   returns  or unimplemented (no such method), failed_precondition (other types)
Result<std::size_t> number_of_method(const std::vector<Service>& services, std::string_view contract,
                                     std::string_view method, MethodKind kind, const std::type_info& request,
                                     const std::type_info& response);

Status message_too_large(const BoundMethod& bound, std::size_t bytes);

}  // namespace detail

/// What a method did until now.
struct MethodReport {
  std::string_view service, method;
  std::string isolate;
  MethodTotals totals;  ///< latency from the call to its end, in nanoseconds
};

/// Where calls go: one isolate behind one transport, or a pool of them. Callers need not know which.
class Endpoint {
 public:
  virtual ~Endpoint() = default;

  /// The method, or one whose calls end with unimplemented (no such method) or failed_precondition (other types).
  virtual std::shared_ptr<detail::BoundMethod> bind(std::string_view contract, std::string_view method, MethodKind kind,
                                                    const std::type_info& request, const std::type_info& response) = 0;
  virtual const std::vector<Service>& services() const noexcept = 0;
  /// Counts and latencies of every method.
  virtual std::vector<MethodReport> report() const = 0;
};

struct LocalOptions {
  std::size_t max_message = kUnlimited;  ///< bytes of one message with the arrays it refers to
};

/// Services on an isolate of this process. Arrays are passed by reference.
///
///   lagoon::Local local(isolate, {statistics, images});
///   lagoon::Caller<Statistics> stats(local);
/// Calls after the isolate's end are answered `unavailable`.
class Local final : public Endpoint {
 public:
  Local(Isolate& isolate, std::vector<Service> services, LocalOptions options = {});
  ~Local() override;

  std::shared_ptr<detail::BoundMethod> bind(std::string_view contract, std::string_view method, MethodKind kind,
                                            const std::type_info& request, const std::type_info& response) override;
  const std::vector<Service>& services() const noexcept override { return services_; }
  std::vector<MethodReport> report() const override;

 private:
  std::shared_ptr<detail::IsolateState> isolate_;
  Engine* engine_;
  std::vector<Service> services_;
  LocalOptions options_;
  std::vector<std::shared_ptr<detail::BoundMethod>> methods_;
};

}  // namespace lagoon
