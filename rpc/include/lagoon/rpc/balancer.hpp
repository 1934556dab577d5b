// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <lagoon/engine/budget.hpp>
#include <lagoon/rpc/contract.hpp>
#include <optional>
#include <span>
#include <vector>

namespace lagoon {

/// What is known of a worker when a call looks for one.
struct WorkerLoad {
  std::size_t index = 0;                  ///< among the workers that take calls now
  std::size_t running = 0, queued = 0;    ///< calls
  std::size_t concurrency = 1;            ///< calls that may run at once
  std::size_t memory_held = 0;            ///< bytes
  std::size_t memory_limit = kUnlimited;  ///< bytes
  double cpu = 0;                         ///< cores that it kept busy of late
  std::chrono::nanoseconds typical{0};    ///< that its handlers take of late; 0: not known yet
  std::size_t bytes_to_bring = 0;         ///< of the call's arrays, what other worker processes made and is copied

  /// Calls that run or wait, per call that may run at once: above 1 the next call waits.
  double load() const noexcept {
    return static_cast<double>(running + queued) / static_cast<double>(concurrency ? concurrency : 1);
  }
  /// Part of its memory that is held, 0 to 1; 0 without a limit.
  double memory() const noexcept {
    if (memory_limit == 0 || memory_limit == kUnlimited) return 0;
    return static_cast<double>(memory_held) / static_cast<double>(memory_limit);
  }
};

/// What is known of the call.
struct CallToPlace {
  std::uint64_t number = 0;  ///< counts the calls of the thread that calls
  WorkType work = WorkType::balanced;
  std::size_t bytes = 0;                ///< of its arrays
  std::size_t memory = 0;               ///< bytes that calls of its method held at most, of late
  std::size_t workers = 0;              ///< how many there are to choose from
  std::size_t waiting = 0;              ///< calls that wait for a worker, this one among them
  std::chrono::nanoseconds waited{0};   ///< by this one
  std::chrono::nanoseconds fastest{0};  ///< `typical` of the worker where it is least; 0: not known yet
};

/// How unwelcome a call is at a worker: the lowest score gets it, and of equals the one that the thread used last.
/// When no worker is free the call waits, and goes to the first one that is free and whose score is not infinite.
/// Pure: what it depends on are its arguments; quick, and does not throw. Zero, the best there is, ends the search.
///
///   lagoon::Balancer nights = [](const lagoon::WorkerLoad& w, const lagoon::CallToPlace&) { return w.memory(); };
using Balancer = std::function<double(const WorkerLoad&, const CallToPlace&)>;

namespace balance {

/// Each in turn, whatever they do.
double round_robin(const WorkerLoad& worker, const CallToPlace& call) noexcept;
/// Fewest calls for what it may run at once.
double least_loaded(const WorkerLoad& worker, const CallToPlace& call) noexcept;
/// Most of its memory free; never where the call's arrays do not fit.
double by_memory(const WorkerLoad& worker, const CallToPlace& call) noexcept;
/// Least CPU time of late, then fewest calls.
double by_cpu(const WorkerLoad& worker, const CallToPlace& call) noexcept;
/// By what the method says it works on most: memory, or calls and memory together.
double balanced(const WorkerLoad& worker, const CallToPlace& call) noexcept;
/// When it would be done: how long the worker's calls take of late, times the calls before it, and how long it takes to
/// bring the arrays that are not there already, over the part of its memory that is free. A slow worker gets none that
/// a faster one would end sooner though it is busy now.
double adaptive(const WorkerLoad& worker, const CallToPlace& call) noexcept;

}  // namespace balance

/// A balancer's choice and why.
struct Placement {
  std::size_t index = 0;       ///< of the worker
  std::vector<double> scores;  ///< of all workers
};

/// The worker with the lowest score; of equals the first from number % workers on.
///   returns  nothing when there is no worker, or all scores are infinite or not numbers
std::optional<Placement> place(const Balancer& balancer, std::span<const WorkerLoad> workers, CallToPlace call);

}  // namespace lagoon
