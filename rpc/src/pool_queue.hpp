// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/job.hpp>
#include <lagoon/rpc/balancer.hpp>
#include <lagoon/rpc/endpoint.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "pool_view.hpp"

namespace lagoon::detail {

struct PoolShared;

/// The calls of a pool that no worker has yet. Workers that are free take from it, so that a call is bound to a worker
/// as late as can be: a slow one takes less, and what waits is nobody's to lose.
class PoolQueue final : public JobSource, public Backlog {
 public:
  PoolQueue(PoolShared& pool, std::size_t limit) : pool_(pool), limit_(limit) {}

  Status add(CallState& call, bool again) noexcept override;
  Job* take(void* worker) noexcept override;

  /// The workers that take from it now.
  void serve(std::shared_ptr<const Workers> members);
  /// What a worker may have has changed: all that are free look again.
  void look_again() noexcept override;
  /// Refuses with `why` what comes from now on, if nothing waits; false: something does.
  bool close_if_empty(const Status& why);
  /// Ends what waits with `why`, and whatever comes from now on.
  void refuse_all(const Status& why);

 private:
  struct Line {
    CallState* first = nullptr;
    CallState* last = nullptr;
  };
  enum class Fit { yes, no, never };

  Fit fit(PoolWorker& worker, CallState& call);
  bool is_welcome(const WorkerLoad& worker, const CallToPlace& place) const;
  bool anybody_else_may(const PoolWorker& worker, const CallState& call, const CallToPlace& place) const;
  std::pair<CallState*, Fit> pick(PoolWorker& worker) noexcept;
  void unlink(Line& line, CallState* before, CallState& call) noexcept;
  /// Lets one free worker look, or all.
  void offer(bool all) noexcept;

  PoolShared& pool_;
  const std::size_t limit_;
  std::atomic<std::size_t> turn_{0};  // who is asked first
  std::mutex mutex_;                  // what follows
  std::array<Line, 3> lines_;         // by priority
  unsigned picks_ = 0;
  Status closed_;
  std::shared_ptr<const Workers> members_;
};

}  // namespace lagoon::detail
