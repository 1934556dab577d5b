// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/pipeline.hpp>

#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <new>

#include "carried.hpp"
#include "prefixed.hpp"
#include "usable_threads.hpp"

namespace lagoon::detail {
namespace {

// One item on its way. oneTBB passes pointers to it: with 2021.8 parallel_pipeline does not compile for small item
// types with default member initialisers, and copies larger ones.
struct Token {
  std::size_t number = 0;
  std::byte* places[2] = {};  // a stage reads from one and makes its value in the other
  void* value = nullptr;      // null: nothing left to work on
  void (*destroy)(void*) noexcept = nullptr;

  void drop() noexcept {
    if (value && destroy) destroy(value);
    value = nullptr;
    destroy = nullptr;
  }
};

class Running {
 public:
  Running(PipelineRun& run, const PipelineOptions& options, std::size_t in_flight)
      : run_(run), options_(options), progress_{0, run.source->total()} {
    std::size_t size = run.source->size;
    for (const StageSpec& stage : run.stages) {
      size = std::max(size, stage.size);
      alignment_ = std::max(alignment_, stage.alignment);
    }
    alignment_ = std::max(alignment_, run.source->alignment);
    size = (size + alignment_ - 1) / alignment_ * alignment_;
    memory_ = {static_cast<std::byte*>(::operator new(2 * size * in_flight + alignment_, std::align_val_t{alignment_})),
               Freed{alignment_}};
    tokens_.resize(in_flight);
    for (std::size_t k = 0; k < in_flight; ++k)
      for (std::size_t side = 0; side < 2; ++side) tokens_[k].places[side] = memory_.get() + (2 * k + side) * size;
  }
  ~Running() {
    for (Token& token : tokens_) token.drop();
  }

  // The next item, or null at the end. One thread at a time. Items leave in order and at most `in_flight` are under
  // way, so that the token of this number is free.
  Token* begin_item() noexcept {
    if (first_failure_.load(std::memory_order_relaxed) != kNone) return nullptr;
    const std::size_t number = begun_;
    Token& token = tokens_[number % tokens_.size()];
    token.number = number;
    try {
      throw_if_stopped();
      token.value = run_.source->next(token.places[0]);
      token.destroy = token.value == token.places[0] ? run_.source->destroy : nullptr;
    } catch (...) {
      fail(number, "source", status_of_current_exception());
      return nullptr;
    }
    if (!token.value) return nullptr;
    ++begun_;
    return &token;
  }

  void run_stage(const StageSpec& stage, Token& token) noexcept {
    if (!token.value) return;
    if (first_failure_.load(std::memory_order_relaxed) < token.number) return token.drop();
    Status failure;
    bool done = false;
    void* out = token.places[token.value == token.places[0] ? 1 : 0];
    try {
      throw_if_stopped();
      TraceSpan span(stage.name, "stage");
      span.set_number(static_cast<double>(token.number));
      done = stage.run(stage.function.get(), token.value, out, failure);
    } catch (...) {
      failure = status_of_current_exception();
    }
    token.drop();
    if (!done) return fail(token.number, stage.name, failure);
    token.value = out;  // also after the last stage, which may make nothing: the item is done
    token.destroy = stage.destroy;
  }

  // One thread at a time, in order.
  void end_item(Token& token) noexcept {
    if (!token.value) return;
    try {
      if (run_.collect) run_.collect(run_.collect_context, token.value);
      token.drop();
      ++progress_.done;
      if (options_.on_progress) options_.on_progress(progress_);
    } catch (...) {
      token.drop();
      fail(token.number, "end", status_of_current_exception());
    }
  }

  Result<std::size_t> result() const {
    if (first_failure_.load(std::memory_order_relaxed) != kNone) return failure_;
    return progress_.done;
  }

 private:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  struct Freed {
    std::size_t alignment;
    void operator()(std::byte* memory) const noexcept { ::operator delete(memory, std::align_val_t{alignment}); }
  };

  void fail(std::size_t number, const std::string& stage, Status why) noexcept {
    try {
      if (why.ok()) why = Status(Errc::internal, "failed with a status that is ok");
      why = prefixed(why, stage + ": item " + std::to_string(number), "stage", stage)
                .with_detail("item", std::to_string(number));
    } catch (...) {
      // no memory for names: the bare reason is still true
    }
    std::lock_guard lock(failure_mutex_);
    if (number >= first_failure_.load(std::memory_order_relaxed)) return;
    failure_ = std::move(why);
    first_failure_.store(number, std::memory_order_relaxed);  // a hint to skip work; failure_ is read after the wait
  }

  PipelineRun& run_;
  const PipelineOptions& options_;
  Progress progress_;
  std::size_t alignment_ = alignof(std::max_align_t);
  std::unique_ptr<std::byte[], Freed> memory_;
  std::vector<Token> tokens_;
  std::size_t begun_ = 0;
  std::atomic<std::size_t> first_failure_{kNone};
  std::mutex failure_mutex_;
  Status failure_;
};

void run_in_parallel(Running& running, const std::vector<StageSpec>& stages, std::size_t in_flight) {
  const Carried carried;
  tbb::filter<void, Token*> chain =
      tbb::make_filter<void, Token*>(tbb::filter_mode::serial_in_order, [&](tbb::flow_control& control) {
        const CarriedScope scope(carried);
        Token* token = running.begin_item();
        if (!token) control.stop();
        return token;
      });
  for (const StageSpec& stage : stages) {
    const auto mode = stage.in_order ? tbb::filter_mode::serial_in_order : tbb::filter_mode::parallel;
    chain &= tbb::make_filter<Token*, Token*>(mode, [&](Token* token) {
      const CarriedScope scope(carried);
      running.run_stage(stage, *token);
      return token;
    });
  }
  const tbb::filter<void, void> whole =
      chain & tbb::make_filter<Token*, void>(tbb::filter_mode::serial_in_order, [&](Token* token) {
        const CarriedScope scope(carried);
        running.end_item(*token);
      });
  // isolated and isolate: see parallel.cpp.
  tbb::task_group_context alone(tbb::task_group_context::isolated);
  tbb::this_task_arena::isolate([&] { tbb::parallel_pipeline(in_flight, whole, alone); });
}

}  // namespace

Result<std::size_t> run_pipeline(PipelineRun& run, const PipelineOptions& options) {
  try {
    if (!run.source) return Status(Errc::failed_precondition, "this pipeline has run already");
    const unsigned threads = usable_threads();
    const std::size_t in_flight = options.in_flight ? options.in_flight : std::size_t{2} * threads;
    Running running(run, options, in_flight);
    if (threads == 1 || in_flight == 1) {
      while (Token* token = running.begin_item()) {
        for (const StageSpec& stage : run.stages) running.run_stage(stage, *token);
        running.end_item(*token);
      }
    } else {
      run_in_parallel(running, run.stages, in_flight);
    }
    run.source = nullptr;
    return running.result();
  } catch (...) {
    return status_of_current_exception();
  }
}

}  // namespace lagoon::detail
