// SPDX-License-Identifier: Apache-2.0
#include "window.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace lagoon::streaming::detail {

void Aggregate::add(double x) noexcept {
  count += 1;
  const double distance = x - mean;
  mean += std::isfinite(distance) ? distance / count : x / count - mean / count;  // 1e308 beside -1e308
  squares += distance * (x - mean);
  minimum = std::min(minimum, x);
  maximum = std::max(maximum, x);
}

Aggregate merge(const Aggregate& a, const Aggregate& b) noexcept {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  Aggregate r;
  r.count = a.count + b.count;
  const double share = b.count / r.count, distance = b.mean - a.mean;
  r.mean = std::isfinite(distance) ? a.mean + distance * share : a.mean * (1 - share) + b.mean * share;
  r.squares = a.squares + b.squares + distance * distance * a.count * share;
  r.minimum = std::min(a.minimum, b.minimum);
  r.maximum = std::max(a.maximum, b.maximum);
  return r;
}

WindowStatistics Aggregate::statistics() const noexcept {
  WindowStatistics s;
  s.count = static_cast<std::int64_t>(count);
  if (count == 0) return s;
  s.mean = mean;
  s.minimum = minimum;
  s.maximum = maximum;
  if (count > 1) s.standard_deviation = std::sqrt(squares / (count - 1));
  return s;
}

Window::Window(std::int64_t count, double time, std::pmr::memory_resource* memory)
    : count_(static_cast<std::size_t>(count)), time_(time), ring_(memory) {}

void Window::reserve(std::size_t more) {
  std::size_t wanted = size_ + more;
  if (count_ > 0) wanted = std::min(wanted, count_ + 1);  // one is in before the oldest leaves
  if (wanted <= ring_.size()) return;
  std::pmr::vector<Entry> wider(std::max<std::size_t>(8, std::bit_ceil(wanted)), ring_.get_allocator());
  for (std::size_t i = 0; i < size_; ++i) wider[i] = at(i);
  ring_.swap(wider);
  first_ = 0;
}

void Window::forget(double time) noexcept {
  while (size_ > 0 && too_old(at(0), time)) pop();
}

void Window::add(double time, double value) noexcept {
  forget(time);
  if (std::isnan(value)) return;
  push(time, value);
  if (count_ > 0 && size_ > count_) pop();
}

std::size_t Window::leaving(double time) const noexcept {
  std::size_t n = 0;
  while (n < size_ && too_old(at(n), time)) ++n;
  return n;
}

void Window::push(double time, double value) noexcept {
  Entry& entry = at(size_++);
  entry.time = time;
  entry.value = value;
  younger_.add(value);
}

void Window::pop() noexcept {
  if (older_ == 0) turn(size_);
  first_ = (first_ + 1) & (ring_.size() - 1);
  --size_;
  --older_;
}

/// The first `older` numbers are the older ones from now on, the rest, of which there are none, the younger.
void Window::turn(std::size_t older) noexcept {
  Aggregate since;
  for (std::size_t i = older; i-- > 0;) {
    since.add(at(i).value);
    at(i).since = since;
  }
  older_ = older;
  younger_ = {};
}

WindowStatistics Window::statistics() const noexcept {
  if (older_ == 0) return younger_.statistics();
  return merge(at(0).since, younger_).statistics();
}

}  // namespace lagoon::streaming::detail
