// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <lagoon/core/result.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

// What stands behind Graph, without its types: see graph.hpp.
namespace lagoon::detail {

/// One node. Number 0 is the request; a node reads only nodes of lower number.
struct NodeSpec {
  using Run = bool(const void* function, const void* const* values, const std::uint32_t* inputs, void* out,
                   Status& failure);
  std::string name;
  std::string_view type;  // of its value
  std::vector<std::uint32_t> inputs;
  std::shared_ptr<const void> function;
  Run* run = nullptr;
  void (*destroy)(void*) noexcept = nullptr;  // null: nothing to do
  std::size_t size = 0;
  std::size_t alignment = 1;
};

class GraphPlan;

/// A graph while it is put together.
class GraphDraft {
 public:
  GraphDraft();
  ~GraphDraft();
  std::uint32_t add(NodeSpec node);
  void complete(std::uint32_t output);
  /// The number again; throws when the node is not of this graph.
  std::uint32_t check(const GraphDraft* graph, std::uint32_t number) const;
  std::string dump(std::string_view request_type) const;
  std::shared_ptr<const GraphPlan> plan() const;

 private:
  std::vector<NodeSpec> nodes_;
  std::shared_ptr<const GraphPlan> plan_;
};

/// Values and progress of one call; clean between calls.
class GraphCall {
 public:
  explicit GraphCall(std::shared_ptr<const GraphPlan> plan);
  ~GraphCall();
  GraphCall(const GraphCall&) = delete;
  GraphCall& operator=(const GraphCall&) = delete;

  /// Between begin and end the values are there. Begin fails while another call is on.
  bool begin() noexcept { return !busy_.exchange(true, std::memory_order_acquire); }
  Status run(const void* request) noexcept;
  void* output() noexcept;
  void end() noexcept;

 private:
  struct Crew;
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  void run_alone() noexcept;
  void run_together();
  void work(std::uint32_t segment, Crew& crew) noexcept;
  std::uint32_t run_segment(std::uint32_t segment, Crew& crew) noexcept;
  void run_steps(std::uint32_t segment) noexcept;
  void offer(std::uint32_t segment, Crew& crew) noexcept;
  std::uint32_t accept(Crew& crew) noexcept;
  void fail(std::uint32_t node, Status status) noexcept;

  const std::shared_ptr<const GraphPlan> plan_;
  struct Freed {
    std::size_t alignment;
    void operator()(std::byte* memory) const noexcept;
  };
  std::unique_ptr<std::byte[], Freed> memory_;
  const void** values_ = nullptr;                    // by node number; null: none yet
  std::atomic<std::uint32_t>* waits_for_ = nullptr;  // by segment: how many segments it still waits for
  std::atomic<std::uint32_t>* ready_ = nullptr;      // a queue: each segment goes through it at most once a call
  std::uint32_t runs_ = 0;
  bool measuring_ = false;
  std::atomic<std::uint32_t> failed_{kNone};  // the failed node of lowest number
  std::mutex failure_mutex_;
  Status failure_;
  std::atomic<bool> busy_{false};
};

/// Idle GraphCalls. Not a list under a lock: an owner that is descheduled in the middle would stop all callers.
class GraphCallPool {
 public:
  GraphCallPool(std::shared_ptr<const GraphPlan> plan, std::size_t keep);
  ~GraphCallPool();
  /// Null, and why, when a new one is needed and there is no memory for it.
  std::unique_ptr<GraphCall> take(Status& failure) noexcept;
  void give(std::unique_ptr<GraphCall> call) noexcept;
  std::uint64_t made() const noexcept { return made_.load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<const GraphPlan> plan_;
  std::vector<std::atomic<GraphCall*>> idle_;
  std::atomic<std::uint64_t> made_{0};
};

struct NoRequest {};
template <class Req>
using RequestOf = std::conditional_t<std::is_void_v<Req>, NoRequest, Req>;

template <class Res>
Result<Res> run_call(GraphCall& call, const void* request) {
  if (!call.begin())
    return Status(Errc::failed_precondition, "this instance of the graph serves another call; take one per call");
  struct AtEnd {
    GraphCall& call;
    ~AtEnd() { call.end(); }
  } at_end{call};
  if (Status status = call.run(request); !status.ok()) return status;
  if constexpr (std::is_void_v<Res>) {
    return {};
  } else {
    try {
      return std::move(*static_cast<Res*>(call.output()));
    } catch (...) {
      return status_of_current_exception();
    }
  }
}

}  // namespace lagoon::detail
