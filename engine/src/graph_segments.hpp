// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <lagoon/engine/graph_plan.hpp>
#include <span>
#include <vector>

namespace lagoon::detail {

/// Nodes that can only run one after another, as one task: a chain costs one task however long it is.
struct Segment {
  std::uint32_t first_step = 0;
  std::uint32_t steps = 0;
  std::uint32_t predecessors = 0;
  std::uint32_t first_successor = 0;
  std::uint32_t successors = 0;
};

/// Which nodes form a segment, in order of their numbers; segments in order of their first node, which is also an
/// order in which they can run. Index: segment.
std::vector<std::vector<std::uint32_t>> segments_of(std::span<const NodeSpec> nodes);

/// A completed graph: constant, shared by all its instances.
class GraphPlan {
 public:
  struct Step {
    NodeSpec::Run* run = nullptr;
    const void* function = nullptr;
    const std::uint32_t* inputs = nullptr;
    std::uint32_t number = 0;
    std::size_t slot = 0;  // where its value goes, in bytes from the start of an instance's memory
  };

  GraphPlan(std::vector<NodeSpec> nodes, std::uint32_t output);

  std::span<const Step> steps_of(const Segment& s) const noexcept { return {&steps_[s.first_step], s.steps}; }
  std::span<const std::uint32_t> successors_of(const Segment& s) const noexcept {
    return {successors_.data() + s.first_successor, s.successors};
  }
  std::span<const Segment> segments() const noexcept { return segments_; }
  std::span<const NodeSpec> nodes() const noexcept { return nodes_; }
  /// Nodes whose values need a destructor, readers before what they read.
  std::span<const std::uint32_t> to_destroy() const noexcept { return to_destroy_; }
  std::uint32_t output() const noexcept { return output_; }

  // Layout of an instance's memory: pointers to values, two numbers per segment, then values.
  std::size_t numbers_at() const noexcept { return nodes_.size() * sizeof(void*); }
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t alignment() const noexcept { return alignment_; }

  /// Ticks that a segment took lately, 0 when it was not measured yet. A hint: whoever finds several ready keeps the
  /// longest, since a thread without work waits, and one inside a kernel is helped.
  std::uint32_t ticks_of(std::uint32_t segment) const noexcept {
    return ticks_[segment].load(std::memory_order_relaxed);
  }
  void segment_took(std::uint32_t segment, std::uint64_t ticks) const noexcept;

  /// Whether all nodes together take less than it costs to wake another thread, by what was measured lately.
  bool is_light() const noexcept { return light_.load(std::memory_order_relaxed); }
  /// After a call whose segments were measured, and after one that ran alone because the graph seemed light.
  void call_was_measured() const noexcept;
  void call_alone_took(std::uint64_t ticks) const noexcept;

 private:
  std::vector<NodeSpec> nodes_;
  std::uint32_t output_;
  std::vector<Segment> segments_;
  std::vector<Step> steps_;
  std::vector<std::uint32_t> successors_;
  std::vector<std::uint32_t> to_destroy_;
  std::size_t bytes_ = 0;
  std::size_t alignment_ = 64;
  // Hints, relaxed: of two calls that measure at once one wins.
  mutable std::vector<std::atomic<std::uint32_t>> ticks_;
  mutable std::atomic<bool> light_{false};
  mutable std::atomic<std::uint32_t> light_in_{0};  // measured calls to go before it may be called light again
};

}  // namespace lagoon::detail
