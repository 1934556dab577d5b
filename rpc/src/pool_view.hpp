// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace lagoon::detail {

struct PoolWorker;
using Workers = std::vector<std::shared_ptr<PoolWorker>>;

/// The workers of a pool as a thread saw them last: looking whether they have changed costs less than sharing them.
struct SeenWorkers {
  std::uint64_t pool = 0, version = 0;  // no pool has number 0
  std::uint64_t calls = 0;
  std::size_t last = 0;  // whom it used last: its lines are still in this core's cache
  std::shared_ptr<const Workers> workers;
};

/// While it lives, what its thread saw last is the thread's own. At all other times forget_views() may take it, so that
/// threads that do not call keep nobody alive. A use within a use, by a balancer that calls a pool, looks anew.
class PoolView {
 public:
  PoolView();
  ~PoolView() {
    if (in_use_) [[likely]]
      in_use_->store(false, std::memory_order_release);  // pairs with the acquire in forget_views
    else
      delete seen_;
  }
  PoolView(const PoolView&) = delete;
  PoolView& operator=(const PoolView&) = delete;
  SeenWorkers* operator->() noexcept { return seen_; }
  SeenWorkers& operator*() noexcept { return *seen_; }

 private:
  SeenWorkers* seen_;
  std::atomic<bool>* in_use_ = nullptr;
};

/// Takes that pool's workers from all threads that saw an older version and do not look at it right now.
///   returns  false: some of them do
bool forget_views(std::uint64_t pool, std::uint64_t version) noexcept;

}  // namespace lagoon::detail
