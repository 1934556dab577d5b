// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <lagoon/engine/fence.hpp>

namespace lagoon::detail {

/// A pointer that its owner shows and takes away a million times a second, without a locked instruction, and that
/// another thread uses once in a while: it pays with a system call, and the owner waits for it.
///   one owner at a time, one user at a time
template <class T>
class LentPointer {
 public:
  void show(T& thing) noexcept {
    thing_.store(&thing, std::memory_order_release);  // pairs with the acquire in use
    light_fence();  // pairs with heavy_fence in use: what the owner looks at next is what the user wrote before
  }
  bool is_shown() const noexcept { return thing_.load(std::memory_order_relaxed) != nullptr; }
  /// When it returns nobody uses the thing any more.
  void take_away() noexcept {
    thing_.store(nullptr, std::memory_order_relaxed);
    light_fence();  // pairs with heavy_fence in use: the user finds nothing, or is seen here
    while (used_.load(std::memory_order_acquire)) spin_pause();  // pairs with the release in use
  }
  /// False: nothing is shown.
  template <class F>
  bool use(F&& f) noexcept {
    used_.store(true, std::memory_order_relaxed);
    heavy_fence();
    T* const thing = thing_.load(std::memory_order_acquire);
    if (thing) f(*thing);
    used_.store(false, std::memory_order_release);
    return thing != nullptr;
  }

 private:
  std::atomic<T*> thing_{nullptr};
  std::atomic<bool> used_{false};
};

}  // namespace lagoon::detail
