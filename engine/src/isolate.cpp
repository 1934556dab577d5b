// SPDX-License-Identifier: Apache-2.0
// Admission, identity, and the life of an isolate; isolate_host.cpp has its threads.
#include <lagoon/engine/foreign_thread.hpp>
#include <lagoon/engine/isolate.hpp>

#include <lagoon/engine/fence.hpp>
#include <lagoon/engine/ticks.hpp>

#include <pthread.h>
#include <time.h>

#include <algorithm>

#include "isolate_state.hpp"
#include "isolate_threads.hpp"

namespace lagoon {
namespace detail {

constinit thread_local IsolateState::Identity* t_identity = nullptr;
constinit thread_local HostThread* t_host = nullptr;
constinit thread_local IsolateState* t_hosted = nullptr;
constinit thread_local IsolateState* t_stays_in = nullptr;

namespace {

constexpr auto kRetryAfter = std::chrono::milliseconds(1);

std::size_t limit_or(std::size_t asked, std::size_t otherwise) { return asked ? asked : otherwise; }

}  // namespace

IsolateState::Identity::Identity(IsolateState& of) noexcept
    : isolate(of), below(t_identity), memory_(&of.source_), working_(&of) {
  t_identity = this;
}
IsolateState::Identity::~Identity() { t_identity = below; }

// Arena slots: one per worker that oneTBB may send, and reserved ones for every thread of ours that may be inside at
// once, so that execute() with a permit never waits for a slot (two isolates that wait for each other's slots deadlock,
// 5 times of 5 with oneTBB 2021.8): hosts and spares, waiting_limit + 1; callers that entered and run, at most
// `concurrency`; callers that entered and sleep, at most waiting_limit.
unsigned IsolateState::reserved_slots() const { return 2 * options.waiting_limit + concurrency + 1; }

IsolateState::IsolateState(std::shared_ptr<EngineState> engine_state, IsolateOptions opts)
    : engine(engine_state),
      shared(std::move(engine_state)),
      options(std::move(opts)),
      concurrency(options.concurrency ? options.concurrency : shared->cores),
      memory(shared->make_memory(options.name, limit_or(options.memory_limit, shared->memory->limit()),
                                 {.keep_warm = options.keep_warm,
                                  .soft_mark = options.soft_mark,
                                  .strategy = options.strategy,
                                  .huge_pages = options.huge_pages,
                                  .on_pressure = options.on_pressure,
                                  .slabs = options.slabs})),
      loops(shared->cores - 1),
      arena_(shared->take_arena(slots(), reserved_slots())),
      ring_(options.queue_limit) {}

void IsolateState::start() {
  memory->on_relief([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || !self->has_work()) return;
    self->nudge();  // the host may be in a long job
    self->wake();
  });
  std::lock_guard lock(threads_mutex_);
  if (!appoint_spare()) throw Error(Errc::resource_exhausted, options.name + ": no thread could be started");
}

Status IsolateState::post(Job* job) {
  if (closing())
    return Status(Errc::unavailable, "the isolate is closing").with_executed(Executed::no).with_isolate(options.name);
  // The ring's capacity is the limit when that is a power of two; otherwise the ring is somewhat larger.
  const bool exact = (options.queue_limit & (options.queue_limit - 1)) == 0 && options.queue_limit > 1;
  if ((!exact && ring_.size() >= options.queue_limit) || !ring_.push(job)) {
    return Status(Errc::resource_exhausted,
                  "the queue is full: " + std::to_string(options.queue_limit) + " calls wait to start")
        .with_executed(Executed::no)
        .with_isolate(options.name)
        .with_retry_after(kRetryAfter);
  }
  wake();
  // A close that began meanwhile may have looked before the push: whoever comes last refuses what is left.
  if (closing()) refuse_all();
  return {};
}

void IsolateState::post_urgent(Job* job) noexcept {
  // The job may be the last one: the isolate may close while this thread still looks whom to wake.
  const auto keep = shared_from_this();
  moves_.fetch_add(1);
  urgent_.push(job);
  wake();
}

bool IsolateState::try_enter() noexcept {
  // Count first, then look: a close that does not see the count is seen.
  if (may_start(running_.fetch_add(1, std::memory_order_seq_cst)) && !has_work() &&
      !closing_.load(std::memory_order_seq_cst))
    return true;
  leave();
  return false;
}

void IsolateState::leave() noexcept {
  running_.fetch_sub(1, std::memory_order_release);  // pairs with the acquire in quiescent
  light_fence();  // pairs with heavy_fence in sleep_until_posted: a host that sleeps because all slots are taken
  if (has_work()) wake();
}

void IsolateState::execute(void (*body)(void*), void* context) noexcept {
  const auto run = [&] {
    const Identity identity(*this);
    body(context);
    tell_pressure();
  };
  if (t_stays_in == this) return run();
  IsolateState* const outer = std::exchange(t_stays_in, nullptr);
  arena_->execute(run);
  t_stays_in = outer;
}

void IsolateState::stay(void (*body)(void*), void* context) noexcept {
  arena_->execute([&] {
    t_stays_in = this;
    body(context);
    t_stays_in = nullptr;
  });
}

void IsolateState::act(void (*body)(void*), void* context) noexcept {
  const Identity identity(*this);
  body(context);
}

void IsolateState::run_loop(std::ptrdiff_t count, void (*part)(void*, std::ptrdiff_t), void* context) {
  if (count <= BothEnds::kMost) {
    Loop loop{count, part, context};
    return loops.run(loop, [this]() noexcept { return ask_for_help(); });
  }
  struct Slice {
    void (*part)(void*, std::ptrdiff_t);
    void* context;
    std::ptrdiff_t first;
  };
  for (std::ptrdiff_t first = 0; first < count; first += BothEnds::kMost) {
    Slice slice{part, context, first};
    const auto part_of_slice = [](void* of, std::ptrdiff_t k) {
      const auto& s = *static_cast<const Slice*>(of);
      s.part(s.context, s.first + k);
    };
    run_loop(std::min(BothEnds::kMost, count - first), part_of_slice, &slice);
  }
}

bool IsolateState::ask_for_help() noexcept { return send(&IsolateState::help_in_loops); }

void IsolateState::help_in_loops() noexcept {
  // A thread that waits in a loop of oneTBB's own may pick this up: a part would sit on top of its call.
  if (t_working_for) return loops.decline();
  loops.help([this]() noexcept { return ask_for_help(); });
}

void IsolateState::keep_slot() noexcept {
  moves_.fetch_add(1);
  running_.fetch_add(1);
}

void IsolateState::hold() noexcept {
  held_.fetch_add(1);
  moves_.fetch_add(1);
}
void IsolateState::unhold() noexcept {
  moves_.fetch_add(1);
  held_.fetch_sub(1);
}

bool IsolateState::begin_sleep() noexcept {
  moves_.fetch_add(1);
  if (sleepers_.fetch_add(1) >= options.waiting_limit) {
    sleepers_.fetch_sub(1);
    return false;
  }
  running_.fetch_sub(1);
  if (has_work()) wake();  // there is a slot again
  return true;
}

void IsolateState::end_sleep() noexcept {
  moves_.fetch_add(1);
  running_.fetch_add(1);
  sleepers_.fetch_sub(1);
}

Status too_many_waiting() {
  const IsolateState& isolate = t_identity->isolate;
  return Status(Errc::resource_exhausted,
                "as many calls of " + isolate.options.name +
                    " or of an isolate that called it sleep for others as its waiting_limit (" +
                    std::to_string(isolate.options.waiting_limit) +
                    ") allows; await in a coroutine, or raise the limit")
      .with_executed(Executed::no)
      .with_isolate(isolate.options.name)
      .with_retry_after(kRetryAfter);
}

// ---- the end

void IsolateState::refuse_all() noexcept {
  refuse_queued(
      Status(Errc::unavailable, "the isolate is closing").with_executed(Executed::no).with_isolate(options.name));
}

void IsolateState::refuse_queued(const Status& why) noexcept {
  while (Job* job = ring_.pop()) job->refuse(job, why);
}

// ---- jobs that any of several isolates may take

void IsolateState::attach(std::shared_ptr<JobSource> source, void* member) {
  source_of_jobs_ = std::move(source);
  member_ = member;
  on_source_.store(true, std::memory_order_release);  // pairs with may_take_from_source
}

bool IsolateState::offer() noexcept {
  if (full() || !on_source_.load(std::memory_order_acquire)) return false;
  nudge();  // a host in a long job does not look, a worker of the arena may
  wake();
  return true;
}

std::chrono::nanoseconds IsolateState::cpu() noexcept {
  std::chrono::nanoseconds sum = duration_of(helper_ticks_.load(std::memory_order_relaxed));
  std::lock_guard lock(threads_mutex_);
  for (const auto& t : threads_) {
    clockid_t clock{};
    timespec used{};
    if (t->leaving || pthread_getcpuclockid(t->thread.native_handle(), &clock) != 0) continue;
    if (clock_gettime(clock, &used) != 0) continue;
    sum += std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
  }
  return sum;
}

bool IsolateState::quiescent() const noexcept {
  // The counts are read one after the other; that no call moved between them meanwhile makes them one picture.
  const std::uint64_t before = moves_.load();
  if (running_.load() || sleepers_.load() || held_.load() || drainers_.load() || has_own_work()) return false;
  return moves_.load() == before;
}

bool IsolateState::end_if_quiescent() noexcept {
  if (!quiescent()) return false;
  ended_.store(true, std::memory_order_seq_cst);
  if (quiescent()) return true;
  ended_.store(false, std::memory_order_seq_cst);  // who was sent away meanwhile comes again by the timer
  return false;
}

void IsolateState::close() {
  detach();
  closing_.store(true, std::memory_order_seq_cst);
  heavy_fence();  // pairs with light_fence in wake: a poster sees us closing, or we see its job
  refuse_all();
  if (host_state_.load(std::memory_order_relaxed) != serving) wake();  // a host that serves looks before it sleeps
  // Continuations of calls that run are still served, perhaps by threads that are yet to come; the host that finds none
  // left tells all threads to end.
  for (std::size_t k = 0; HostThread* thread = thread_at(k); ++k) {
    {
      std::lock_guard lock(threads_mutex_);
      thread->leaving = true;  // before it is joined: nobody asks for the clock of a thread that may be gone
    }
    thread->thread.join();
  }
  shared->keep_arena(std::move(arena_), slots(), reserved_slots());
  memory->trim();
  std::lock_guard lock(kept_mutex_);
  kept_.clear();
}

void IsolateState::keep(std::shared_ptr<void> thing) {
  std::lock_guard lock(kept_mutex_);
  kept_.push_back(std::move(thing));
}

// ---- free functions that the rooms above use

Status post(IsolateState& isolate, Job* job) { return isolate.post(job); }
void post_urgent(IsolateState& isolate, Job* job) noexcept { isolate.post_urgent(job); }
bool try_enter(IsolateState& isolate) noexcept { return isolate.try_enter(); }
void leave(IsolateState& isolate) noexcept { isolate.leave(); }
void execute_entered(IsolateState& isolate, void (*body)(void*), void* context) noexcept {
  isolate.execute(body, context);
}
void nudge(IsolateState& isolate) noexcept { isolate.nudge(); }
bool host_shares_core(const IsolateState& isolate) noexcept { return isolate.host_shares_core(); }
void note_sleeper(IsolateState& isolate) noexcept { isolate.note_sleeper(); }
IsolateLoad load_of(const IsolateState& isolate) noexcept {
  const MemoryUse memory = isolate.memory->use();
  return {isolate.running(), isolate.queued(), slots_of(isolate), memory.held, memory.limit};
}
std::size_t slots_of(const IsolateState& isolate) noexcept {
  return isolate.memory->over_soft_mark() ? 1 : isolate.concurrency;  // see may_start
}
std::size_t calls_of(const IsolateState& isolate) noexcept { return isolate.running() + isolate.queued(); }
void attach_source(IsolateState& isolate, std::shared_ptr<JobSource> source, void* member) {
  isolate.attach(std::move(source), member);
}
void detach_source(IsolateState& isolate) noexcept { isolate.detach(); }
bool offer_source(IsolateState& isolate) noexcept { return isolate.offer(); }
void refuse_queued(IsolateState& isolate, const Status& why) noexcept { isolate.refuse_queued(why); }
std::chrono::nanoseconds cpu_of(IsolateState& isolate) noexcept { return isolate.cpu(); }
void add_helper_ticks(IsolateState& isolate, std::uint64_t ticks) noexcept { isolate.add_helper_ticks(ticks); }
bool is_idle(const IsolateState& isolate) noexcept { return isolate.quiescent(); }
void serve_queue(IsolateState& isolate) noexcept { isolate.serve_here(); }
void stay_in_arena(IsolateState& isolate, void (*body)(void*), void* context) noexcept { isolate.stay(body, context); }
void act_for(IsolateState& isolate, void (*body)(void*), void* context) noexcept { isolate.act(body, context); }
void keep_slot(IsolateState& isolate) noexcept { isolate.keep_slot(); }
void hold(IsolateState& isolate) noexcept { isolate.hold(); }
void unhold(IsolateState& isolate) noexcept { isolate.unhold(); }
bool is_closing(const IsolateState& isolate) noexcept { return isolate.closing(); }
void keep_while_open(IsolateState& isolate, std::shared_ptr<void> thing) { isolate.keep(std::move(thing)); }
std::shared_ptr<IsolateMemory> memory_of(IsolateState& isolate) noexcept { return isolate.memory; }
std::size_t call_limit_of(const IsolateState& isolate) noexcept { return isolate.options.call_limit; }
std::size_t queue_limit_of(const IsolateState& isolate) noexcept { return isolate.options.queue_limit; }
IsolateState* current_isolate_state() noexcept { return t_identity ? &t_identity->isolate : nullptr; }
const std::string& name_of(const IsolateState& isolate) noexcept { return isolate.options.name; }

}  // namespace detail

Isolate::Isolate(Engine& engine, IsolateOptions options)
    : state_(std::make_shared<detail::IsolateState>(engine.state().shared_from_this(), std::move(options))) {
  state_->start();
}

Isolate::~Isolate() { state_->close(); }

const std::string& Isolate::name() const noexcept { return state_->options.name; }
Engine& Isolate::engine() const noexcept { return state_->engine; }
std::shared_ptr<IsolateMemory> Isolate::memory() const noexcept { return state_->memory; }
std::size_t Isolate::running() const noexcept { return state_->running(); }
std::size_t Isolate::queued() const noexcept { return state_->queued(); }

std::string_view current_isolate() noexcept {
  return detail::t_identity ? std::string_view(detail::t_identity->isolate.options.name) : std::string_view();
}

namespace {

struct WaitedJob : detail::Job {
  void (*body)(void*);
  void* context;
  Status refused;
  std::atomic<std::uint32_t> done{0};
  std::shared_ptr<WaitedJob> self;  // the queue's handle: finish() may outlast the waiter

  void finish() noexcept {
    const auto keep = std::move(self);
    done.store(1, std::memory_order_release);  // pairs with the acquire in run_and_wait
    futex_wake(done);
  }
};

constexpr auto kLookUp = std::chrono::milliseconds(20);

}  // namespace

void Isolate::run_and_wait(void (*body)(void*), void* context) {
  if (detail::current_isolate_state() == state_.get()) return body(context);
  if (state_->try_enter()) {
    state_->execute(body, context);
    state_->leave();
    return;
  }
  auto job = std::make_shared<WaitedJob>();
  job->body = body;
  job->context = context;
  job->self = job;
  job->run = [](detail::Job* self) noexcept {
    auto* waited = static_cast<WaitedJob*>(self);
    waited->body(waited->context);
    waited->finish();
  };
  job->refuse = [](detail::Job* self, const Status& why) noexcept {
    auto* waited = static_cast<WaitedJob*>(self);
    waited->refused = why;
    waited->finish();
  };
  const detail::WaitingScope waiting;
  Status status = waiting.allowed() ? state_->post(job.get()) : detail::too_many_waiting();
  if (!status.ok()) {
    job->self.reset();
    throw Error(status);
  }
  while (!job->done.load(std::memory_order_acquire)) {
    state_->nudge();
    system_clock().wait(job->done, 0, system_clock().now() + kLookUp);
  }
  if (!job->refused.ok()) throw Error(job->refused);
}

}  // namespace lagoon
