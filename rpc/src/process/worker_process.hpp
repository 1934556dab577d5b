// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/process.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "child.hpp"
#include "link.hpp"
#include "shared_arrays.hpp"

namespace lagoon::detail {

/// What is the same for all workers of a kind.
struct WorkerKind {
  std::vector<Service> services;
  IsolateOptions isolate;
  LocalOptions local;
  ProcessOptions process;
  SharedArrays arrays;
};

/// A child process that serves, the link to it, and the thread that made it and watches it: the child ends with that
/// thread, and that thread when the child has ended.
class WorkerProcess final : public std::enable_shared_from_this<WorkerProcess> {
 public:
  /// Returns when it serves.
  ///   on_end   when it has ended, however; from its own thread
  ///   throws   as Process
  static std::shared_ptr<WorkerProcess> start(Engine& engine, const WorkerKind& kind, const std::string& name,
                                              std::function<void()> on_end);
  ~WorkerProcess();

  /// The services, with handlers that forward.
  std::vector<Service> stubs(const WorkerKind& kind) const;

  const std::string& name() const noexcept { return name_; }
  /// Of arrays that it lends, see Block.
  std::uint32_t lender() const noexcept { return link_->lender(); }
  int pid() const noexcept { return pid_; }
  bool is_stopped() const noexcept { return is_alive() && child_->stopped(); }
  /// A handler runs on so long after it was told to stop.
  bool is_overdue(std::chrono::nanoseconds grace) const { return is_alive() && link_->is_overdue(grace); }
  /// Calls that it is given now may be heard: it lives, and has not broken the rules.
  bool takes_calls() const noexcept { return is_alive() && !link_->is_dead(); }
  bool is_alive() const noexcept { return !ended_.load(std::memory_order_acquire); }
  /// ok while it lives.
  Status end() const;
  /// That all its threads have used; once it has ended, what was seen last.
  std::chrono::nanoseconds cpu() const noexcept;
  /// Bytes of memory that its arrays lie in, or have lain in since it gave some back.
  std::size_t arrays_held() const noexcept;
  void kill(const std::string& why);
  /// There will be no more calls: kills it when a handler does not stop that was told to, or when it cannot go on.
  void finish() noexcept;
  /// Lets it end by itself, and kills it when it has not a second later. Returns when it is gone.
  void close();

 private:
  WorkerProcess(std::string name, std::function<void()> on_end);
  void live(Engine& engine, const WorkerKind& kind);
  void open(Engine& engine, const WorkerKind& kind);
  void watch();
  void wake() noexcept;
  void bury(std::chrono::nanoseconds patience);
  Status how_it_ended(const ChildEnd& end) const;

  const std::string name_;
  const std::function<void()> on_end_;
  std::optional<Child> child_;
  File socket_, wake_;  // the second ends the watch
  File its_arrays_;
  mutable std::atomic<std::int64_t> cpu_{0};  // nanoseconds, as seen last
  std::shared_ptr<Link> link_;
  std::vector<std::uint16_t> numbers_;  // of the services' methods, with the worker
  std::atomic<int> pid_{-1};
  std::atomic<bool> ended_{false}, finishing_{false}, closing_{false};
  mutable std::mutex mutex_;  // what follows
  Status end_;
  std::string killed_for_;
  std::exception_ptr not_started_;
  std::atomic<std::uint32_t> started_{0};  // futex word of start()
  std::thread reader_, thread_;
};

}  // namespace lagoon::detail
