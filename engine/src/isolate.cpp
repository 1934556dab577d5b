// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/isolate.hpp>

#include <lagoon/engine/fence.hpp>

#include "isolate_state.hpp"

namespace lagoon {
namespace detail {
namespace {

thread_local IsolateState* t_isolate = nullptr;
// The host role that this thread holds, of whichever isolate further up its stack.
thread_local HostThread* t_host = nullptr;
thread_local IsolateState* t_hosted = nullptr;

constexpr auto kNudgeAfter = std::chrono::microseconds(200);
constexpr auto kNudgeAgain = std::chrono::milliseconds(5);
constexpr auto kRetryAfter = std::chrono::milliseconds(1);

std::size_t limit_or(std::size_t asked, std::size_t otherwise) { return asked ? asked : otherwise; }

}  // namespace

IsolateState::Identity::Identity(IsolateState& isolate) noexcept
    : previous_(t_isolate), memory_(&isolate.source_) {
  t_isolate = &isolate;
}
IsolateState::Identity::~Identity() { t_isolate = previous_; }

// Arena slots: one per worker that oneTBB may send, and reserved ones for every thread of ours that may be inside at
// once, so that execute() with a permit never waits for a slot (two isolates that wait for each other's slots deadlock,
// 5 times of 5 with oneTBB 2021.8): hosts and spares, waiting_limit + 1; callers that entered and run, at most
// `concurrency`; callers that entered and sleep, at most waiting_limit.
unsigned IsolateState::reserved_slots() const { return 2 * options.waiting_limit + concurrency + 1; }

IsolateState::IsolateState(std::shared_ptr<EngineState> engine_state, Engine& engine_ref, IsolateOptions opts)
    : engine(engine_ref),
      shared(std::move(engine_state)),
      options(std::move(opts)),
      concurrency(options.concurrency ? options.concurrency : shared->cores),
      memory(std::make_shared<IsolateMemory>(options.name, limit_or(options.memory_limit, shared->memory->limit()),
                                             shared->memory, options.keep_warm)),
      arena_(static_cast<int>(std::max(1u, shared->cores - 1) + reserved_slots()), reserved_slots()),
      ring_(options.queue_limit) {}

IsolateState::~IsolateState() = default;

void IsolateState::start() {
  arena_.initialize();
  if (!appoint_spare()) throw Error(Errc::resource_exhausted, options.name + ": no thread could be started");
}

Status IsolateState::post(Job* job) {
  if (closing_.load(std::memory_order_acquire))
    return Status(Errc::unavailable, "the isolate is closing").with_executed(Executed::no).with_isolate(options.name);
  if (!ring_.push(job)) {
    return Status(Errc::resource_exhausted,
                  "the queue is full: " + std::to_string(options.queue_limit) + " calls wait to start")
        .with_executed(Executed::no)
        .with_isolate(options.name)
        .with_retry_after(kRetryAfter);
  }
  wake();
  // A close that began meanwhile may have looked before the push: whoever comes last refuses what is left.
  if (closing_.load(std::memory_order_seq_cst)) refuse_all();
  return {};
}

void IsolateState::post_urgent(Job* job) noexcept {
  job->next = urgent_.load(std::memory_order_relaxed);
  while (!urgent_.compare_exchange_weak(job->next, job, std::memory_order_release, std::memory_order_relaxed)) {
  }  // release: pairs with the acquire in take
  wake();
}

void IsolateState::wake() noexcept {
  light_fence();  // pairs with heavy_fence in serve and WaitingScope: we see the host asleep, or it sees the job
  std::uint32_t state = host_state_.load(std::memory_order_relaxed);
  if (state == serving) {
    if (!nudge_armed_.load(std::memory_order_relaxed) && in_job_.load(std::memory_order_relaxed)) arm_nudge();
    return;
  }
  if (!host_state_.compare_exchange_strong(state, serving)) return;
  if (state == asleep) {
    futex_wake(host_state_);
  } else if (!appoint_spare()) {
    host_state_.store(waiting);  // the sleeping host will find the job when it is back
  }
}

Job* IsolateState::take() noexcept {
  if (urgent_.load(std::memory_order_relaxed)) {
    // acquire: pairs with the release in post_urgent
    if (Job* list = urgent_.exchange(nullptr, std::memory_order_acquire)) {
      Job* first = nullptr;
      while (list) {  // newest first: turn round
        Job* next = list->next;
        list->next = first;
        first = list;
        list = next;
      }
      for (Job* rest = first->next; rest;) {
        Job* next = rest->next;
        rest->next = urgent_.load(std::memory_order_relaxed);
        while (!urgent_.compare_exchange_weak(rest->next, rest, std::memory_order_release, std::memory_order_relaxed)) {
        }
        rest = next;
      }
      return first;
    }
  }
  return ring_.pop();
}

void IsolateState::run(Job* job) noexcept {
  running.fetch_add(1, std::memory_order_relaxed);
  job->run(job);
  running.fetch_sub(1, std::memory_order_release);  // pairs with the acquire in close
}

void IsolateState::serve(HostThread& self) noexcept {
  t_host = &self;
  t_hosted = this;
  self.lost_role = false;
  const auto poll = options.poll;
  auto idle_since = std::chrono::steady_clock::now();
  for (unsigned round = 0;;) {
    if (Job* job = take()) {
      in_job_.store(true, std::memory_order_relaxed);
      run(job);
      if (self.lost_role) break;
      in_job_.store(false, std::memory_order_relaxed);
      // One host at a time writes it: no locked instruction needed.
      served_.store(served_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      round = 0;
      continue;
    }
    if (self.role.load(std::memory_order_acquire) == HostThread::stop) break;
    if (round == 0) idle_since = std::chrono::steady_clock::now();
    spin_pause();
    // A look at the clock costs as much as eight looks at the queue.
    if (++round % 8 || std::chrono::steady_clock::now() - idle_since < poll) continue;
    host_state_.store(asleep, std::memory_order_relaxed);
    heavy_fence();  // pairs with light_fence in wake
    if (!has_work() && self.role.load(std::memory_order_acquire) != HostThread::stop)
      system_clock().wait(host_state_, asleep, kNever);
    std::uint32_t expected = asleep;
    host_state_.compare_exchange_strong(expected, serving);
    round = 0;
  }
  t_host = nullptr;
  t_hosted = nullptr;
}

void IsolateState::host_main(HostThread& self) noexcept {
  arena_.execute([&] {
    const Identity identity(*this);
    for (;;) {
      const std::uint32_t role = self.role.load(std::memory_order_acquire);
      if (role == HostThread::stop) return;
      if (role == HostThread::host) {
        serve(self);
        std::uint32_t host = HostThread::host;
        self.role.compare_exchange_strong(host, HostThread::reserve);
      } else {
        system_clock().wait(self.role, HostThread::reserve, kNever);
      }
    }
  });
}

bool IsolateState::appoint_spare() noexcept {
  std::lock_guard lock(threads_mutex_);
  for (auto& t : threads_) {
    std::uint32_t reserve = HostThread::reserve;
    if (t->role.compare_exchange_strong(reserve, HostThread::host)) {
      futex_wake(t->role);
      return true;
    }
  }
  if (threads_.size() > options.waiting_limit) return false;
  try {
    auto& t = threads_.emplace_back(std::make_unique<HostThread>());
    t->role = HostThread::host;
    t->thread = std::thread([this, self = t.get()] { host_main(*self); });
    return true;
  } catch (...) {
    if (!threads_.empty() && !threads_.back()->thread.joinable()) threads_.pop_back();
    return false;
  }
}

bool IsolateState::try_enter() noexcept {
  if (closing_.load(std::memory_order_acquire) || has_work()) return false;
  if (running.fetch_add(1, std::memory_order_relaxed) < concurrency) return true;
  running.fetch_sub(1, std::memory_order_release);
  return false;
}

void IsolateState::leave() noexcept {
  running.fetch_sub(1, std::memory_order_release);  // pairs with the acquire in close
}

void IsolateState::execute(void (*body)(void*), void* context) noexcept {
  arena_.execute([&] {
    const Identity identity(*this);
    body(context);
  });
}

// ---- more than one core: workers of the arena take what queues up behind a long call

void IsolateState::nudge() noexcept {
  if (in_job_.load(std::memory_order_relaxed) && !ring_.empty()) add_drainer();
}

void IsolateState::add_drainer() noexcept {
  std::uint32_t now = drainers_.load(std::memory_order_relaxed);
  do {
    if (now + 1 >= concurrency) return;
  } while (!drainers_.compare_exchange_weak(now, now + 1, std::memory_order_relaxed));
  try {
    arena_.enqueue([self = shared_from_this()] { self->drain(); });
  } catch (...) {
    drainers_.fetch_sub(1, std::memory_order_release);
  }
}

void IsolateState::drain() noexcept {
  const Identity identity(*this);
  while (Job* job = ring_.pop()) {
    if (!ring_.empty()) add_drainer();
    run(job);
  }
  drainers_.fetch_sub(1, std::memory_order_release);  // pairs with the acquire in close
}

void IsolateState::arm_nudge() noexcept {
  if (concurrency < 2) return;
  if (nudge_armed_.exchange(true, std::memory_order_relaxed)) return;
  try {
    shared->timers.at(shared->clock.now() + kNudgeAfter,
                      [weak = weak_from_this(), served = served_.load(std::memory_order_relaxed)] {
                        if (auto self = weak.lock()) self->nudge_due(served);
                      });
  } catch (...) {
    nudge_armed_.store(false, std::memory_order_relaxed);
  }
}

void IsolateState::nudge_due(std::uint64_t served_when_armed) noexcept {
  const std::uint64_t served = served_.load(std::memory_order_relaxed);
  if (served == served_when_armed) {
    nudge_armed_.store(false, std::memory_order_relaxed);
    nudge();
    return;
  }
  // The host gets on: short calls. Looking again at once would cost more than it finds.
  try {
    shared->timers.at(shared->clock.now() + kNudgeAgain, [weak = weak_from_this(), served] {
      auto self = weak.lock();
      if (!self) return;
      self->nudge_armed_.store(false, std::memory_order_relaxed);
      if (self->served_.load(std::memory_order_relaxed) == served) self->nudge();
    });
  } catch (...) {
    nudge_armed_.store(false, std::memory_order_relaxed);
  }
}

// ---- sleeping for others

bool IsolateState::begin_wait() noexcept {
  if (sleepers_.fetch_add(1, std::memory_order_relaxed) >= options.waiting_limit) {
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  running.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void IsolateState::end_wait() noexcept {
  running.fetch_add(1, std::memory_order_relaxed);
  sleepers_.fetch_sub(1, std::memory_order_relaxed);
}

WaitingScope::WaitingScope() noexcept : isolate_(t_isolate) {
  if (!isolate_) return;
  allowed_ = isolate_->begin_wait();
  if (!allowed_) {
    isolate_ = nullptr;
    return;
  }
  if (!t_host) return;
  IsolateState& hosted = *t_hosted;
  hosted.host_state_.store(IsolateState::waiting, std::memory_order_relaxed);
  heavy_fence();  // pairs with light_fence in wake
  if (hosted.has_work()) {
    std::uint32_t expected = IsolateState::waiting;
    if (hosted.host_state_.compare_exchange_strong(expected, IsolateState::serving) && !hosted.appoint_spare())
      hosted.host_state_.store(IsolateState::waiting);
  }
}

WaitingScope::~WaitingScope() {
  if (!isolate_) return;
  isolate_->end_wait();
  if (!t_host) return;
  std::uint32_t expected = IsolateState::waiting;
  if (t_hosted->host_state_.compare_exchange_strong(expected, IsolateState::serving)) return;
  // A spare serves the queue now; this thread finishes its call and then waits in reserve.
  t_host->lost_role = true;
  t_host = nullptr;
  t_hosted = nullptr;
}

Status too_many_waiting() {
  const IsolateState& isolate = *t_isolate;
  return Status(Errc::resource_exhausted, std::to_string(isolate.options.waiting_limit) + " calls of " +
                                              isolate.options.name +
                                              " sleep for others already; await in a coroutine, or raise waiting_limit")
      .with_executed(Executed::no)
      .with_isolate(isolate.options.name)
      .with_retry_after(kRetryAfter);
}

// ---- the end

void IsolateState::refuse_all() noexcept {
  const Status closed =
      Status(Errc::unavailable, "the isolate is closing").with_executed(Executed::no).with_isolate(options.name);
  while (Job* job = ring_.pop()) job->refuse(job, closed);
}

void IsolateState::close() {
  closing_.store(true, std::memory_order_seq_cst);
  heavy_fence();  // pairs with light_fence in wake: a poster sees us closing, or we see its job
  refuse_all();
  // Continuations of calls that run are still served; then everybody stops.
  while (running.load(std::memory_order_acquire) || sleepers_.load(std::memory_order_acquire) ||
         drainers_.load(std::memory_order_acquire) || held.load(std::memory_order_acquire) ||
         urgent_.load(std::memory_order_acquire))
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  std::lock_guard lock(threads_mutex_);
  for (auto& t : threads_) {
    t->role.store(HostThread::stop, std::memory_order_release);
    futex_wake(t->role);
  }
  std::uint32_t expected = asleep;
  host_state_.compare_exchange_strong(expected, serving);
  futex_wake(host_state_);
  for (auto& t : threads_) t->thread.join();
  threads_.clear();
  arena_.terminate();
  memory->trim();
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
void hold(IsolateState& isolate) noexcept { isolate.held.fetch_add(1, std::memory_order_relaxed); }
void unhold(IsolateState& isolate) noexcept {
  isolate.held.fetch_sub(1, std::memory_order_release);  // pairs with the acquire in close
}
std::shared_ptr<IsolateMemory> memory_of(IsolateState& isolate) noexcept { return isolate.memory; }
std::size_t call_limit_of(const IsolateState& isolate) noexcept { return isolate.options.call_limit; }
IsolateState* current_isolate_state() noexcept { return t_isolate; }
const std::string& name_of(const IsolateState& isolate) noexcept { return isolate.options.name; }

}  // namespace detail

Isolate::Isolate(Engine& engine, IsolateOptions options)
    : state_(std::make_shared<detail::IsolateState>(engine.state().shared_from_this(), engine, std::move(options))) {
  state_->start();
}

Isolate::~Isolate() { state_->close(); }

const std::string& Isolate::name() const noexcept { return state_->options.name; }
Engine& Isolate::engine() const noexcept { return state_->engine; }
std::shared_ptr<IsolateMemory> Isolate::memory() const noexcept { return state_->memory; }
std::size_t Isolate::running() const noexcept { return state_->running.load(); }
std::size_t Isolate::queued() const noexcept { return state_->queued(); }

std::string_view current_isolate() noexcept {
  return detail::t_isolate ? std::string_view(detail::t_isolate->options.name) : std::string_view();
}

namespace {

struct WaitedJob : detail::Job {
  void (*body)(void*);
  void* context;
  Status refused;
  std::atomic<std::uint32_t> done{0};
  void finish() noexcept {
    done.store(1, std::memory_order_release);  // pairs with the acquire in run_and_wait
    futex_wake(done);
  }
};

}  // namespace

void Isolate::run_and_wait(void (*body)(void*), void* context) {
  if (detail::t_isolate == state_.get()) return body(context);
  if (state_->try_enter()) {
    state_->execute(body, context);
    state_->leave();
    return;
  }
  auto job = std::make_shared<WaitedJob>();
  job->body = body;
  job->context = context;
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
  {
    const detail::WaitingScope waiting;
    if (!waiting.allowed()) throw Error(detail::too_many_waiting());
    if (Status status = state_->post(job.get()); !status.ok()) throw Error(status);
    while (!job->done.load(std::memory_order_acquire)) {
      state_->nudge();
      system_clock().wait(job->done, 0, kNever);
    }
  }
  if (!job->refused.ok()) throw Error(job->refused);
}

}  // namespace lagoon
