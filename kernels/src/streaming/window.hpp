// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <lagoon/kernels/streaming/watcher.hpp>
#include <limits>
#include <memory_resource>
#include <vector>

namespace lagoon::streaming::detail {

/// Count, level, spread and extremes of some numbers; those of two runs make those of both.
struct Aggregate {
  double count = 0, mean = 0;
  double squares = 0;  ///< sum of squared distances from the mean
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -std::numeric_limits<double>::infinity();

  void add(double x) noexcept;
  WindowStatistics statistics() const noexcept;
};

/// (Chan, Golub & LeVeque 1983)
Aggregate merge(const Aggregate& a, const Aggregate& b) noexcept;

/// The newest numbers of a series, as many as fit a count or a time.
///
/// Nothing is ever subtracted, so nothing drifts, and an infinity is forgotten when it leaves. The queue is two stacks
/// in one ring: of the older numbers each keeps the aggregate of itself and all younger ones among them; the younger
/// ones have one aggregate together. When the older ones are used up, the younger become the older, from the newest
/// back: once per number.
class Window {
 public:
  /// One of both is 0.
  Window(std::int64_t count, double time, std::pmr::memory_resource* memory);

  /// Makes room for as many numbers more: adding them does not throw.
  void reserve(std::size_t more);
  /// The number is in, and what is too old for it is out. NaN: only the latter. After `reserve`.
  void add(double time, double value) noexcept;
  /// What a number of this time would push out is out.
  void forget(double time) noexcept;
  /// How many that are.
  std::size_t leaving(double time) const noexcept;

  WindowStatistics statistics() const noexcept;
  std::size_t size() const noexcept { return size_; }

  template <class Archive>
  void save(Archive& archive) const {
    archive(static_cast<std::uint64_t>(size_), static_cast<std::uint64_t>(older_));
    for (std::size_t i = 0; i < size_; ++i) archive(at(i).time, at(i).value);
  }
  template <class Archive>
  void load(Archive& archive);

 private:
  struct Entry {
    double time = 0, value = 0;
    Aggregate since{};  // of this number and all younger ones among the older
  };

  Entry& at(std::size_t i) noexcept { return ring_[(first_ + i) & (ring_.size() - 1)]; }
  const Entry& at(std::size_t i) const noexcept { return ring_[(first_ + i) & (ring_.size() - 1)]; }
  bool too_old(const Entry& entry, double now) const noexcept { return time_ > 0 && entry.time <= now - time_; }
  void push(double time, double value) noexcept;
  void pop() noexcept;
  void turn(std::size_t older) noexcept;

  std::size_t count_;  // 0: as many as there are in the time
  double time_;
  std::size_t first_ = 0, size_ = 0;  // ring; its capacity is a power of two
  std::size_t older_ = 0;             // of those, the first ones, whose `since` is known
  Aggregate younger_;
  std::pmr::vector<Entry> ring_;
};

template <class Archive>
void Window::load(Archive& archive) {
  std::uint64_t size = 0, older = 0;
  archive(size, older);
  for (std::uint64_t i = 0; i < size; ++i) {
    double time = 0, value = 0;
    archive(time, value);
    reserve(1);
    push(time, value);
    if (i + 1 == older) turn(static_cast<std::size_t>(older));
  }
}

}  // namespace lagoon::streaming::detail
