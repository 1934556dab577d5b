// SPDX-License-Identifier: Apache-2.0
#include "timers.hpp"

namespace lagoon::detail {

Timers::~Timers() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    changed_.fetch_add(1);
  }
  futex_wake(changed_);
  if (thread_.joinable()) thread_.join();
}

Timers::Id Timers::at(TimePoint when, std::function<void()> action) {
  std::lock_guard lock(mutex_);
  const bool earliest = waiting_.empty() || when < waiting_.begin()->first;
  const Id id = next_++;
  waiting_.emplace(when, std::make_pair(id, std::move(action)));
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { loop(); });
  } else if (earliest) {
    changed_.fetch_add(1);
    futex_wake(changed_);
  }
  return id;
}

bool Timers::cancel(Id id) {
  std::unique_lock lock(mutex_);
  for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
    if (it->second.first != id) continue;
    waiting_.erase(it);
    return true;
  }
  if (std::this_thread::get_id() != thread_.get_id()) fired_.wait(lock, [&] { return firing_ != id; });
  return false;
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
    firing_ = id;
    lock.unlock();
    action();
    action = nullptr;
    lock.lock();
    firing_ = 0;
    fired_.notify_all();
  }
}

}  // namespace lagoon::detail
