// SPDX-License-Identifier: Apache-2.0
#include "timers.hpp"

#include "charge.hpp"

namespace lagoon::detail {

Timers::~Timers() { stop(); }

void Timers::stop() {
  std::thread ending;
  Waiting dropped;  // destroyed after the lock: actions may own things that have timers themselves
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    changed_.fetch_add(1);
    ending = std::move(thread_);
    dropped.swap(waiting_);
    by_id_.clear();
  }
  futex_wake(changed_);
  if (ending.joinable()) ending.join();
}

Timers::Id Timers::at(TimePoint when, std::function<void()> action) {
  // Nobody is charged for the note: who is may have to be woken, which takes a timer.
  const WorkingFor nobody(nullptr);
  std::lock_guard lock(mutex_);
  const Id id = next_++;
  if (stop_) return id;
  const bool earliest = waiting_.empty() || when < waiting_.begin()->first;
  by_id_.emplace(id, waiting_.emplace(when, std::make_pair(id, std::move(action))));
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { loop(); });
  } else if (earliest) {
    changed_.fetch_add(1);
    futex_wake(changed_);
  }
  return id;
}

void Timers::cancel(Id id) noexcept {
  std::function<void()> dropped;  // destroyed after the lock
  std::lock_guard lock(mutex_);
  const auto at = by_id_.find(id);
  if (at == by_id_.end()) return;
  dropped.swap(at->second->second.second);
  waiting_.erase(at->second);
  by_id_.erase(at);
}

void Timers::loop() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    const TimePoint due = waiting_.empty() ? kNever : waiting_.begin()->first;
    if (due > clock_.now()) {
      const std::uint32_t seen = changed_.load();
      lock.unlock();
      clock_.wait(changed_, seen, due);
      lock.lock();
      continue;
    }
    auto [id, action] = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    by_id_.erase(id);
    lock.unlock();
    action();
    action = nullptr;
    lock.lock();
  }
}

}  // namespace lagoon::detail
