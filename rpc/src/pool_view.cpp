// SPDX-License-Identifier: Apache-2.0
#include "pool_view.hpp"

#include <lagoon/engine/fence.hpp>

#include <array>
#include <mutex>

namespace lagoon::detail {
namespace {

std::mutex g_mutex;                     // the list, and the views of those who do not look
std::atomic<bool> g_forgetting{false};  // written with the mutex held
struct ThreadView;
ThreadView* g_first = nullptr;
constinit thread_local ThreadView* t_view = nullptr;  // found without asking each time whether it has been made
constinit thread_local bool t_ended = false;

/// One for each thread that has called a pool.
struct ThreadView {
  std::atomic<bool> in_use{false};
  SeenWorkers seen;
  ThreadView* next = nullptr;

  ThreadView() noexcept {
    std::lock_guard lock(g_mutex);
    next = g_first;
    g_first = this;
  }
  ~ThreadView() {
    std::lock_guard lock(g_mutex);
    ThreadView** link = &g_first;
    while (*link != this) link = &(*link)->next;
    *link = next;
    t_view = nullptr;
    t_ended = true;  // destructors of other thread-locals may still call
  }
  void wait_until_not_forgotten() noexcept {
    in_use.store(false, std::memory_order_release);
    std::lock_guard lock(g_mutex);
    in_use.store(true, std::memory_order_relaxed);
  }
};

[[gnu::noinline]] void make_view() {
  if (t_ended) return;
  thread_local ThreadView view;
  t_view = &view;
}

}  // namespace

PoolView::PoolView() {
  if (!t_view) [[unlikely]]
    make_view();
  if (!t_view || t_view->in_use.load(std::memory_order_relaxed)) [[unlikely]] {
    seen_ = new SeenWorkers;
    return;
  }
  in_use_ = &t_view->in_use;
  in_use_->store(true, std::memory_order_relaxed);
  light_fence();  // pairs with heavy_fence in forget_views: it sees that we look, or we see that it forgets
  if (g_forgetting.load(std::memory_order_acquire)) [[unlikely]]
    t_view->wait_until_not_forgotten();
  seen_ = &t_view->seen;
}

bool forget_views(std::uint64_t pool, std::uint64_t version) noexcept {
  for (;;) {
    // Let go of when the lock is: with the last of them workers go, and who knows what their end takes.
    std::array<std::shared_ptr<const Workers>, 16> taken;
    std::size_t count = 0;
    bool all = true;
    std::lock_guard lock(g_mutex);
    g_forgetting.store(true, std::memory_order_relaxed);
    heavy_fence();  // pairs with light_fence in PoolView
    for (ThreadView* view = g_first; view && count < taken.size(); view = view->next) {
      if (view->in_use.load(std::memory_order_acquire)) {
        all = false;
      } else if (view->seen.workers && view->seen.pool == pool && view->seen.version < version) {
        taken[count++] = std::move(view->seen.workers);
        view->seen.pool = 0;
      }
    }
    g_forgetting.store(false, std::memory_order_release);
    if (count < taken.size()) return all;
  }
}

}  // namespace lagoon::detail
