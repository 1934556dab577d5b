// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lagoon::detail {

/// Things in a row that threads take from the front and from the back, until there are none in between.
class BothEnds {
 public:
  static constexpr std::ptrdiff_t kMost = std::ptrdiff_t{1} << 30;  ///< things: two counts share a word

  struct Some {
    std::ptrdiff_t first, last;
    bool empty() const noexcept { return first >= last; }
  };

  /// So many of `count` that nobody has taken, or what is left, or nothing.
  Some take(std::ptrdiff_t some, bool from_back, std::ptrdiff_t count) noexcept {
    const auto n = static_cast<std::uint64_t>(some);
    // relaxed: a number orders nothing. More than there are may be asked for.
    const std::uint64_t was = taken_.fetch_add(from_back ? n << 32 : n, std::memory_order_relaxed);
    const std::ptrdiff_t front = at_front(was), back = count - at_back(was);
    return from_back ? Some{std::max(front, back - some), back} : Some{front, std::min(front + some, back)};
  }
  bool any_left(std::ptrdiff_t count) const noexcept { return left(count) > 0; }
  /// Negative when more was asked for than there is.
  std::ptrdiff_t left(std::ptrdiff_t count) const noexcept {
    const std::uint64_t now = taken_.load(std::memory_order_relaxed);
    return count - at_front(now) - at_back(now);
  }
  /// Nobody takes any meanwhile, and who does then has heard of it otherwise.
  void begin_again() noexcept { taken_.store(0, std::memory_order_relaxed); }

 private:
  static std::ptrdiff_t at_front(std::uint64_t taken) noexcept { return static_cast<std::uint32_t>(taken); }
  static std::ptrdiff_t at_back(std::uint64_t taken) noexcept { return static_cast<std::ptrdiff_t>(taken >> 32); }

  std::atomic<std::uint64_t> taken_{0};  // from the front, and above them from the back
};

}  // namespace lagoon::detail
