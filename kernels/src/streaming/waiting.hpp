// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

namespace lagoon::streaming::detail {

/// A point that waits for those that may come before it.
struct WaitingPoint {
  double time = 0, value = 0;
  std::uint64_t arrival = 0;  ///< equal times keep the order they came in

  template <class Archive>
  void serialize(Archive& archive) {
    archive(time, value, arrival);
  }
  bool before(const WaitingPoint& other) const noexcept {
    return time < other.time || (time == other.time && arrival < other.arrival);
  }
};

/// The points of one series that wait, given back in the order of time. Most points come in order and cost nothing:
/// they lie in a queue. Only those that come behind another go to a heap.
class Waiting {
 public:
  explicit Waiting(std::pmr::memory_resource* memory) : queue_(memory), heap_(memory) {}

  void reserve(std::size_t n) { queue_.reserve(n); }
  /// O(1) in order, O(log size) out of order. When it throws, nothing has changed.
  void push(double time, double value) {
    const WaitingPoint point{time, value, arrivals_};
    if (first_ == queue_.size() || time >= queue_.back().time) {
      forget_taken();
      queue_.push_back(point);
    } else {
      heap_.push_back(point);
      std::push_heap(heap_.begin(), heap_.end(), later);
    }
    ++arrivals_;
  }

  /// The first in time; there is one.
  const WaitingPoint& first() const noexcept { return queue_first() ? queue_[first_] : heap_.front(); }

  WaitingPoint pop() noexcept {
    const WaitingPoint point = first();
    if (queue_first()) {
      ++first_;
    } else {
      std::pop_heap(heap_.begin(), heap_.end(), later);
      heap_.pop_back();
    }
    return point;
  }

  std::size_t size() const noexcept { return queue_.size() - first_ + heap_.size(); }

  template <class F>
  void for_each(F&& f) const {
    for (std::size_t i = first_; i < queue_.size(); ++i) f(queue_[i]);
    for (const WaitingPoint& point : heap_) f(point);
  }

  template <class Archive>
  void save(Archive& archive) const {
    archive(static_cast<std::uint64_t>(queue_.size() - first_), static_cast<std::uint64_t>(heap_.size()), arrivals_);
    for_each([&](const WaitingPoint& point) { archive(point); });
  }
  template <class Archive>
  void load(Archive& archive) {
    std::uint64_t queued = 0, heaped = 0;
    archive(queued, heaped, arrivals_);
    for (std::uint64_t i = 0; i < queued + heaped; ++i) {
      WaitingPoint point;
      archive(point);
      (i < queued ? queue_ : heap_).push_back(point);
    }
  }

 private:
  static bool later(const WaitingPoint& a, const WaitingPoint& b) noexcept { return b.before(a); }
  bool queue_first() const noexcept {
    return heap_.empty() || (first_ < queue_.size() && queue_[first_].before(heap_.front()));
  }
  /// Moves the rest to the front when half is taken: once per point.
  void forget_taken() noexcept {
    if (first_ == 0 || 2 * first_ < queue_.size()) return;
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }

  std::pmr::vector<WaitingPoint> queue_;  // in order, of which first_ are taken
  std::size_t first_ = 0;
  std::pmr::vector<WaitingPoint> heap_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace lagoon::streaming::detail
