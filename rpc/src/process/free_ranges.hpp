// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace lagoon::detail {

/// Which bytes of [0, size) are free: ranges without overlap, neighbours joined. A search tree by offset (a treap) in
/// which each node knows the largest range below it, so that the lowest range that fits is found without a look at
/// those that are too small. Not safe from many threads.
///   cost  O(log n) for n free ranges; a walk over those that are large enough but too short once aligned
class FreeRanges {
 public:
  struct Range {
    std::size_t offset, bytes;
    bool operator==(const Range&) const = default;
  };

  explicit FreeRanges(std::size_t size);

  /// The lowest place that fits, or nothing. May throw bad_alloc: it brings the node that giving it back may need.
  ///   alignment  a power of two
  std::optional<std::size_t> take(std::size_t bytes, std::size_t alignment);
  /// What was taken, or the end of it that was not wanted.  asserts that none of it is free already
  void give(std::size_t offset, std::size_t bytes) noexcept;
  /// The lowest free range that ends behind the offset.
  std::optional<Range> find_behind(std::size_t offset) const noexcept;
  std::size_t count() const noexcept { return count_; }

 private:
  using Index = std::uint32_t;  // of a node; 0 is none
  struct Node {
    Range range;
    std::size_t most;  // the largest range of this and all below
    Index left, right;
    std::uint32_t priority;
  };

  Index first_fit(Index node, std::size_t bytes, std::size_t alignment) const noexcept;
  void insert(Range range) noexcept;
  void erase(std::size_t offset) noexcept;
  void change(std::size_t offset, Range to) noexcept;

  Index insert_below(Index node, Index fresh) noexcept;
  Index erase_below(Index node, std::size_t offset) noexcept;
  void change_below(Index node, std::size_t offset, Range to) noexcept;
  void split(Index node, std::size_t offset, Index& before, Index& behind) noexcept;
  Index merge(Index before, Index behind) noexcept;
  void look_below(Node& node) noexcept;

  const std::size_t size_;
  std::vector<Node> nodes_;
  Index root_ = 0, spare_ = 0;  // spare nodes are chained by `left`
  std::size_t count_ = 0;       // of ranges
  std::size_t taken_ = 0;       // takes that were not given back: there are never more ranges than these and one
  std::uint32_t dice_ = 0x9e3779b9u;
};

}  // namespace lagoon::detail
