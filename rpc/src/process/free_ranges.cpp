// SPDX-License-Identifier: Apache-2.0
#include "free_ranges.hpp"

#include <algorithm>
#include <cassert>

namespace lagoon::detail {
namespace {

constexpr std::size_t aligned(std::size_t offset, std::size_t alignment) noexcept {
  return (offset + alignment - 1) & ~(alignment - 1);
}

/// Where in the range so many bytes would begin; behind its end when they do not fit.
std::optional<std::size_t> place(const FreeRanges::Range& range, std::size_t bytes, std::size_t alignment) noexcept {
  const std::size_t begin = aligned(range.offset, alignment);
  const std::size_t end = range.offset + range.bytes;
  if (begin > end || end - begin < bytes) return std::nullopt;
  return begin;
}

}  // namespace

FreeRanges::FreeRanges(std::size_t size) : size_(size), nodes_(2) {
  spare_ = 1;
  if (size > 0) insert({0, size});
}

std::optional<std::size_t> FreeRanges::take(std::size_t bytes, std::size_t alignment) {
  const Index found = first_fit(root_, bytes, alignment);
  if (!found) return std::nullopt;
  // Ranges lie between what is taken, so there is one more at most; with node 0, taken_ + 3 after this take.
  if (nodes_.size() < taken_ + 3) {
    nodes_.push_back({});
    nodes_.back().left = spare_;
    spare_ = static_cast<Index>(nodes_.size() - 1);
  }
  ++taken_;
  const Range range = nodes_[found].range;
  const std::size_t begin = *place(range, bytes, alignment);
  const Range behind{begin + bytes, range.offset + range.bytes - begin - bytes};
  const Range before{range.offset, begin - range.offset};
  if (before.bytes == 0 && behind.bytes == 0) {
    erase(range.offset);
  } else if (before.bytes == 0) {
    change(range.offset, behind);
  } else {
    change(range.offset, before);
    if (behind.bytes != 0) insert(behind);
  }
  return begin;
}

void FreeRanges::give(std::size_t offset, std::size_t bytes) noexcept {
  assert(taken_ > 0 && bytes > 0 && offset <= size_ && bytes <= size_ - offset);
  --taken_;
  Index before = 0, behind = 0;
  for (Index node = root_; node;) {
    const bool lower = nodes_[node].range.offset < offset;
    (lower ? before : behind) = node;
    node = lower ? nodes_[node].right : nodes_[node].left;
  }
  const Range left = before ? nodes_[before].range : Range{0, 0};
  const Range right = behind ? nodes_[behind].range : Range{size_, 0};
  assert(left.offset + left.bytes <= offset && offset + bytes <= right.offset);
  const bool joins_left = before && left.offset + left.bytes == offset;
  const bool joins_right = behind && offset + bytes == right.offset;
  if (joins_left && joins_right) {
    erase(right.offset);
    change(left.offset, {left.offset, left.bytes + bytes + right.bytes});
  } else if (joins_left) {
    change(left.offset, {left.offset, left.bytes + bytes});
  } else if (joins_right) {
    change(right.offset, {offset, bytes + right.bytes});
  } else {
    insert({offset, bytes});
  }
}

std::optional<FreeRanges::Range> FreeRanges::find_behind(std::size_t offset) const noexcept {
  Index best = 0;
  for (Index node = root_; node;) {
    const Node& here = nodes_[node];
    const bool behind = here.range.offset + here.range.bytes > offset;
    if (behind) best = node;
    node = behind ? here.left : here.right;
  }
  if (!best) return std::nullopt;
  return nodes_[best].range;
}

FreeRanges::Index FreeRanges::first_fit(Index node, std::size_t bytes, std::size_t alignment) const noexcept {
  for (; node && nodes_[node].most >= bytes; node = nodes_[node].right) {
    if (const Index lower = first_fit(nodes_[node].left, bytes, alignment)) return lower;
    if (place(nodes_[node].range, bytes, alignment)) return node;
  }
  return 0;
}

void FreeRanges::insert(Range range) noexcept {
  const Index fresh = spare_;
  assert(fresh);
  spare_ = nodes_[fresh].left;
  dice_ ^= dice_ << 13, dice_ ^= dice_ >> 17, dice_ ^= dice_ << 5;  // xorshift: the same tree for the same calls
  nodes_[fresh] = {range, range.bytes, 0, 0, dice_};
  root_ = insert_below(root_, fresh);
  ++count_;
}

void FreeRanges::erase(std::size_t offset) noexcept {
  root_ = erase_below(root_, offset);
  --count_;
}

void FreeRanges::change(std::size_t offset, Range to) noexcept { change_below(root_, offset, to); }

FreeRanges::Index FreeRanges::insert_below(Index node, Index fresh) noexcept {
  const std::size_t offset = nodes_[fresh].range.offset;
  if (!node || nodes_[node].priority < nodes_[fresh].priority) {
    split(node, offset, nodes_[fresh].left, nodes_[fresh].right);
    node = fresh;
  } else {
    Index& below = offset < nodes_[node].range.offset ? nodes_[node].left : nodes_[node].right;
    below = insert_below(below, fresh);
  }
  look_below(nodes_[node]);
  return node;
}

FreeRanges::Index FreeRanges::erase_below(Index node, std::size_t offset) noexcept {
  assert(node);
  Node& here = nodes_[node];
  if (here.range.offset == offset) {
    const Index rest = merge(here.left, here.right);
    here.left = spare_;
    spare_ = node;
    return rest;
  }
  Index& below = offset < here.range.offset ? here.left : here.right;
  below = erase_below(below, offset);
  look_below(here);
  return node;
}

// The new range lies between the same neighbours, so the node keeps its place.
void FreeRanges::change_below(Index node, std::size_t offset, Range to) noexcept {
  assert(node);
  Node& here = nodes_[node];
  if (here.range.offset == offset) {
    here.range = to;
  } else {
    change_below(offset < here.range.offset ? here.left : here.right, offset, to);
  }
  look_below(here);
}

void FreeRanges::split(Index node, std::size_t offset, Index& before, Index& behind) noexcept {
  if (!node) {
    before = behind = 0;
    return;
  }
  Node& here = nodes_[node];
  if (here.range.offset < offset) {
    split(here.right, offset, here.right, behind);
    before = node;
  } else {
    split(here.left, offset, before, here.left);
    behind = node;
  }
  look_below(here);
}

FreeRanges::Index FreeRanges::merge(Index before, Index behind) noexcept {
  if (!before || !behind) return before ? before : behind;
  const bool first = nodes_[before].priority > nodes_[behind].priority;
  if (first) {
    nodes_[before].right = merge(nodes_[before].right, behind);
  } else {
    nodes_[behind].left = merge(before, nodes_[behind].left);
  }
  look_below(nodes_[first ? before : behind]);
  return first ? before : behind;
}

void FreeRanges::look_below(Node& node) noexcept {
  // Node 0 has no bytes.
  node.most = std::max({node.range.bytes, nodes_[node.left].most, nodes_[node.right].most});
}

}  // namespace lagoon::detail
