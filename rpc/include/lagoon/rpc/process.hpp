// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <lagoon/rpc/endpoint.hpp>
#include <memory>
#include <string>
#include <vector>

namespace lagoon {

/// What contains the work of a worker.
enum class Isolation : std::uint8_t {
  thread,   ///< exceptions, budgets and deadlines; a crash ends the program
  process,  ///< crashes too, and memory that was not asked for from Lagoon; see ProcessOptions
};

/// How a worker process is started and confined.
struct ProcessOptions {
  std::string program{};                   ///< ends in worker_main(); empty: this program, whose main asks is_worker()
  std::vector<std::string> arguments{};    ///< of the program
  std::vector<std::string> environment{};  ///< "NAME=value", beside this process's own
  std::chrono::nanoseconds start_timeout = std::chrono::seconds(10);  ///< from its start until it serves
  unsigned cores = 0;   ///< that its loops may use; 0: as many as this engine
  bool strict = false;  ///< no files, no sockets, no programs (seccomp); arrays that it is given for good are copied
};

namespace detail {
class WorkerProcess;
}

/// Services in a child process: what crashes there costs its calls and nothing else, and arrays are not copied.
///
///   lagoon::Process process(engine, {statistics}, {.name = "statistics"});
///   lagoon::Tensor<double, 1> x({1'000'000}, process.memory());      // the worker sees what is made there
///   lagoon::Caller<Statistics> stats(process);
///   stats.call<Summarize>({std::move(x).freeze()});
///
/// The worker is this same program, if its main begins with
///   if (lagoon::is_worker()) return lagoon::worker_main({statistics});
/// Arrays made elsewhere are copied to shared memory once, which the call's CopyReport says. Calls that the worker had
/// begun when it died end with unavailable (executed: maybe), others with executed: no. A Pool starts a new one.
class Process final : public Endpoint {
 public:
  /// Starts the worker and waits until it serves. Only the types of the services are used here, not their handlers.
  ///   throws  not_found, permission_denied (program); deadline_exceeded (it said nothing in time); unavailable (it
  ///           ended, and how); failed_precondition (its contracts differ, and where); invalid_argument (a message
  ///           without LAGOON_FIELDS); resource_exhausted
  Process(Engine& engine, std::vector<Service> services, IsolateOptions isolate = {}, ProcessOptions process = {},
          LocalOptions local = {});
  /// Lets running calls end, and the worker then. A handler that runs on for a second after its call was ended for its
  /// caller does not keep it.
  ~Process() override;

  /// Memory that this process and the worker see: arrays made in it are passed as they are. From 64 KiB on; smaller
  /// ones are copied with the message.
  const MemoryHandle& memory() const noexcept { return memory_; }
  /// Of the worker.
  int pid() const noexcept;
  bool is_alive() const noexcept;
  /// ok, or how the worker ended.
  Status end() const;

  std::shared_ptr<detail::BoundMethod> bind(std::string_view contract, std::string_view method, MethodKind kind,
                                            const std::type_info& request, const std::type_info& response) override;
  const std::vector<Service>& services() const noexcept override { return services_; }
  std::vector<MethodReport> report() const override;

 private:
  std::vector<Service> services_;
  MemoryHandle memory_;
  std::shared_ptr<detail::WorkerProcess> worker_;
  std::unique_ptr<Isolate> isolate_;  // of the calls on this side
  std::unique_ptr<Local> local_;
};

/// Whether this process was started as a worker.
bool is_worker() noexcept;

/// Serves until the program that started this process lets go of it, or ends.
///   faults    as EngineOptions has them
///   returns   what main should return: 0, or 2 with a line on standard error: it was not started as a worker, or
///             cannot do what it is asked for
int worker_main(std::vector<Service> services, FaultPlan* faults = nullptr);

}  // namespace lagoon
