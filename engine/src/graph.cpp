// SPDX-License-Identifier: Apache-2.0
// How one call runs through a graph.
//
// Not on tbb::flow: with oneTBB 2021.8 (and 2023) its tasks carry no isolation and graph::wait_for_all() leaves the
// isolation of its caller, so that a wait inside a call picks up other calls' tasks even within
// this_task_arena::isolate (tests/engine/tbb_pitfalls_test.cpp shows it). One exception there also ends every message
// in flight. Plain tasks and counters of unfinished inputs do the same work, and less of it: ten nodes in a chain are
// one task and none is spawned; of several tasks that are ready one needs no handoff.
#include <lagoon/engine/graph.hpp>

#include <lagoon/engine/per_thread.hpp>
#include <lagoon/engine/ticks.hpp>

#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <new>
#include <utility>

#include "carried.hpp"
#include "graph_segments.hpp"
#include "prefixed.hpp"
#include "usable_threads.hpp"

namespace lagoon::detail {

// What the threads of one call share; lives on the stack of the thread that runs the call.
struct GraphCall::Crew {
  Carried carried;
  // isolated: bound to the context of a task around the call, these tasks would be cancelled with it, unseen.
  tbb::task_group_context context{tbb::task_group_context::isolated};
  tbb::task_group tasks{context};
  const std::uint32_t most_members = usable_threads();
  std::atomic<std::uint32_t> members{1};   // threads that look for segments, or tasks that will; first the caller
  std::atomic<std::uint32_t> accepted{0};  // segments taken from the queue
  std::atomic<std::uint32_t> offered{0};   // places of the queue given out
};

void GraphCall::Freed::operator()(std::byte* memory) const noexcept {
  ::operator delete(memory, std::align_val_t{alignment});
}

GraphCall::GraphCall(std::shared_ptr<const GraphPlan> plan) : plan_(std::move(plan)) {
  const std::align_val_t alignment{plan_->alignment()};
  memory_ = {static_cast<std::byte*>(::operator new(plan_->bytes(), alignment)), Freed{plan_->alignment()}};
  const std::size_t nodes = plan_->nodes().size(), segments = plan_->segments().size();
  values_ = ::new (memory_.get()) const void*[nodes];
  std::fill_n(values_, nodes, nullptr);
  using Number = std::atomic<std::uint32_t>;
  std::byte* numbers = memory_.get() + plan_->numbers_at();
  for (std::size_t s = 0; s < 2 * segments; ++s) ::new (numbers + s * sizeof(Number)) Number(0);
  waits_for_ = std::launder(reinterpret_cast<Number*>(numbers));
  ready_ = waits_for_ + segments;
}

GraphCall::~GraphCall() { end(); }

void* GraphCall::output() noexcept { return const_cast<void*>(values_[plan_->output()]); }

void GraphCall::end() noexcept {
  for (std::uint32_t k : plan_->to_destroy())
    if (values_[k]) plan_->nodes()[k].destroy(const_cast<void*>(values_[k]));
  std::fill_n(values_, plan_->nodes().size(), nullptr);
  if (failed_.load(std::memory_order_relaxed) != kNone) {
    failed_.store(kNone, std::memory_order_relaxed);
    failure_ = Status();
  }
  busy_.store(false, std::memory_order_release);  // pairs with the acquire in begin
}

void GraphCall::fail(std::uint32_t node, Status status) noexcept {
  try {
    // In a graph within a graph the names add up: "outer/inner".
    const std::string& name = plan_->nodes()[node].name;
    status = prefixed(status, name, "node", name);
  } catch (...) {
    // no memory for the name: the bare reason is still true
  }
  std::lock_guard lock(failure_mutex_);
  if (node >= failed_.load(std::memory_order_relaxed)) return;
  failure_ = std::move(status);
  // relaxed: read meanwhile only to skip work; failure_ is read after the wait
  failed_.store(node, std::memory_order_relaxed);
}

Status GraphCall::run(const void* request) noexcept {
  values_[0] = request;
  const auto segments = plan_->segments().size();
  if (segments == 1) {
    run_steps(0);
  } else if (tbb::this_task_arena::max_concurrency() == 1) {
    run_alone();
  } else if (plan_->is_light()) {
    const std::uint64_t begin = ticks_now();
    run_alone();
    plan_->call_alone_took(ticks_now() - begin);
  } else {
    try {
      run_together();
    } catch (...) {
      return status_of_current_exception();
    }
  }
  if (failed_.load(std::memory_order_relaxed) != kNone) return failure_;
  return {};
}

void GraphCall::run_alone() noexcept {
  const auto segments = static_cast<std::uint32_t>(plan_->segments().size());
  for (std::uint32_t s = 0; s < segments; ++s) run_steps(s);
}

void GraphCall::run_together() {
  const auto segments = plan_->segments();
  for (std::size_t s = 0; s < segments.size(); ++s) {
    waits_for_[s].store(segments[s].predecessors, std::memory_order_relaxed);  // published with the tasks
    ready_[s].store(kNone, std::memory_order_relaxed);
  }
  measuring_ = runs_++ % 8 == 0;
  // isolate: this thread, while it waits, and all tasks below it run nodes and loops of this call only.
  tbb::this_task_arena::isolate([&] {
    Crew crew;
    // Keep the longest of those that wait for nothing, offer the others.
    std::uint32_t mine = 0;
    for (std::uint32_t s = 1; s < segments.size(); ++s) {
      if (segments[s].predecessors != 0) continue;
      const bool longer = plan_->ticks_of(s) > plan_->ticks_of(mine);
      offer(longer ? mine : s, crew);
      if (longer) mine = s;
    }
    work(mine, crew);
    crew.tasks.wait();  // as a member again when it finds such a task
  });
  if (std::exchange(measuring_, false)) plan_->call_was_measured();
}

// Puts a segment where any thread of the crew finds it, and asks for one more thread if there can be more. One task
// serves many segments: handing each over as a task of its own cost 60 ns a node.
void GraphCall::offer(std::uint32_t segment, Crew& crew) noexcept {
  const std::uint32_t place = crew.offered.fetch_add(1, std::memory_order_relaxed);
  ready_[place].store(segment, std::memory_order_release);  // pairs with the acquire in accept
  std::uint32_t members = crew.members.load(std::memory_order_relaxed);
  while (members < crew.most_members) {
    if (!crew.members.compare_exchange_weak(members, members + 1, std::memory_order_relaxed)) continue;
    try {
      crew.tasks.run([this, &crew] {
        const CarriedScope scope(crew.carried);
        work(kNone, crew);
      });
    } catch (...) {
      crew.members.fetch_sub(1, std::memory_order_relaxed);  // no memory for a task: the others do it all
    }
    return;
  }
}

// The next offered segment, or none. What is offered while nobody looks is not lost: who offers looks last.
std::uint32_t GraphCall::accept(Crew& crew) noexcept {
  std::uint32_t place = crew.accepted.load(std::memory_order_relaxed);
  for (;;) {
    if (place >= plan_->segments().size()) return kNone;
    // acquire: pairs with the release in offer
    const std::uint32_t segment = ready_[place].load(std::memory_order_acquire);
    if (segment == kNone) return kNone;
    if (crew.accepted.compare_exchange_weak(place, place + 1, std::memory_order_relaxed)) return segment;
  }
}

void GraphCall::work(std::uint32_t segment, Crew& crew) noexcept {
  if (segment == kNone) segment = accept(crew);
  while (segment != kNone) {
    segment = run_segment(segment, crew);
    if (segment == kNone) segment = accept(crew);
  }
  crew.members.fetch_sub(1, std::memory_order_relaxed);
}

// Returns one of the segments that can run now, and offers the others.
std::uint32_t GraphCall::run_segment(std::uint32_t segment, Crew& crew) noexcept {
  if (measuring_) {
    const std::uint64_t begin = ticks_now();
    run_steps(segment);
    plan_->segment_took(segment, ticks_now() - begin);
  } else {
    run_steps(segment);
  }
  std::uint32_t mine = kNone;
  for (std::uint32_t s : plan_->successors_of(plan_->segments()[segment])) {
    // acq_rel: pairs with itself; whoever comes last sees the values of all inputs
    if (plan_->segments()[s].predecessors > 1 && waits_for_[s].fetch_sub(1, std::memory_order_acq_rel) != 1) continue;
    const bool longer = mine == kNone || plan_->ticks_of(s) > plan_->ticks_of(mine);
    if (longer) std::swap(mine, s);
    if (s != kNone) offer(s, crew);
  }
  return mine;
}

void GraphCall::run_steps(std::uint32_t segment) noexcept {
  const StopControl* stop = current_stop();
  const TraceContext& trace = current_trace();
  for (const GraphPlan::Step& step : plan_->steps_of(plan_->segments()[segment])) {
    // Nodes below the failed one still run: the first failure by number does not depend on who was faster. A node
    // that gets here has all its inputs, since a failed input would have a lower number.
    if (failed_.load(std::memory_order_relaxed) < step.number) continue;
    Status failure;
    bool done = false;
    try {
      if (stop) throw_if_stopped();
      const TraceSpan span(trace, plan_->nodes()[step.number].name, "node");
      void* out = memory_.get() + step.slot;
      done = step.run(step.function, values_, step.inputs, out, failure);
      if (done) values_[step.number] = out;
    } catch (...) {
      failure = status_of_current_exception();
    }
    if (!done) fail(step.number, failure.ok() ? Status(Errc::internal, "failed with a status that is ok") : failure);
  }
}

GraphCallPool::GraphCallPool(std::shared_ptr<const GraphPlan> plan, std::size_t keep)
    : plan_(std::move(plan)), idle_(std::max<std::size_t>(keep, 1)) {}

GraphCallPool::~GraphCallPool() {
  for (auto& place : idle_) std::unique_ptr<GraphCall>(place.load(std::memory_order_acquire));
}

std::unique_ptr<GraphCall> GraphCallPool::take(Status& failure) noexcept {
  // From a place of this thread's own, so that a thread finds its last instance again, warm.
  const std::size_t n = idle_.size(), first = thread_slot() % n;
  for (std::size_t k = 0; k < n; ++k) {
    auto& place = idle_[(first + k) % n];
    if (!place.load(std::memory_order_relaxed)) continue;
    // acquire: pairs with the release in give
    if (GraphCall* call = place.exchange(nullptr, std::memory_order_acquire)) return std::unique_ptr<GraphCall>(call);
  }
  try {
    auto call = std::make_unique<GraphCall>(plan_);
    made_.fetch_add(1, std::memory_order_relaxed);
    return call;
  } catch (...) {
    failure = status_of_current_exception();
    return nullptr;
  }
}

void GraphCallPool::give(std::unique_ptr<GraphCall> call) noexcept {
  const std::size_t n = idle_.size(), first = thread_slot() % n;
  for (std::size_t k = 0; k < n; ++k) {
    auto& place = idle_[(first + k) % n];
    GraphCall* none = nullptr;
    if (!place.load(std::memory_order_relaxed) &&
        place.compare_exchange_strong(none, call.get(), std::memory_order_release, std::memory_order_relaxed)) {
      static_cast<void>(call.release());
      return;
    }
  }
}

}  // namespace lagoon::detail
