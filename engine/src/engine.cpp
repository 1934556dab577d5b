// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/cgroup.hpp>
#include <lagoon/engine/engine.hpp>

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string_view>
#include <thread>

#include <tbb/global_control.h>

#include "charge.hpp"
#include "engine_state.hpp"

namespace lagoon {

unsigned usable_cores(std::string_view root) {
  cpu_set_t set;
  unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = static_cast<unsigned>(CPU_COUNT(&set));
  if (const auto quota = detail::cgroup_limits(root).cores)
    cores = std::min(cores, static_cast<unsigned>(std::min(*quota + 0.5, 1e6)));
  return std::max(1u, cores);
}

std::size_t usable_memory(std::string_view root) {
  const auto bytes =
      static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return std::min<std::size_t>(bytes, detail::cgroup_limits(root).memory.value_or(bytes));
}

namespace detail {
namespace {
unsigned engine_cores(unsigned asked) {
  if (asked) return asked;
  const auto allowed = tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
  return static_cast<unsigned>(std::max<std::size_t>(1, std::min<std::size_t>(usable_cores(), allowed)));
}
}  // namespace

EngineState::EngineState(const EngineOptions& options)
    : cores(engine_cores(options.cores)),
      clock(options.clock ? *options.clock : system_clock()),
      faults(options.faults),
      trace(options.trace),
      memory(
          std::make_shared<Budget>("engine", options.memory_limit ? options.memory_limit : usable_memory() / 10 * 7)),
      random_state(options.seed ? options.seed
                                : (std::uint64_t{std::random_device{}()} << 32) ^ std::random_device{}()),
      timers(clock) {}

// What is allocated with the mutex held is nobody's: charging it might have to ask the neighbours, which takes the
// mutex.

std::shared_ptr<IsolateMemory> EngineState::make_memory(std::string holder, std::size_t limit, MemoryRules rules) {
  auto made =
      std::make_shared<IsolateMemory>(std::move(holder), limit, memory, std::move(rules), [weak = weak_from_this()] {
        if (auto engine = weak.lock()) engine->trim_all();
      });
  const WorkingFor nobody(nullptr);
  std::lock_guard lock(mutex_);
  std::erase_if(memories_, [](const auto& m) { return m.expired(); });
  memories_.push_back(made);
  return made;
}

std::unique_ptr<tbb::task_arena> EngineState::take_arena(int slots, unsigned reserved) {
  {
    std::lock_guard lock(mutex_);
    const auto kept =
        std::ranges::find_if(arenas_, [&](const KeptArena& k) { return k.slots == slots && k.reserved == reserved; });
    if (kept != arenas_.end()) {
      auto arena = std::move(kept->arena);
      arenas_.erase(kept);
      return arena;
    }
  }
  auto arena = std::make_unique<tbb::task_arena>(slots, reserved);
  // On one core oneTBB has no workers, and would warn on stderr that an arena asks for one.
  std::optional<tbb::global_control> as_on_two;
  constexpr auto kThreads = tbb::global_control::max_allowed_parallelism;
  if (tbb::global_control::active_value(kThreads) == 1) as_on_two.emplace(kThreads, 2);
  arena->initialize();
  return arena;
}

void EngineState::keep_arena(std::unique_ptr<tbb::task_arena> arena, int slots, unsigned reserved) noexcept {
  const WorkingFor nobody(nullptr);
  try {
    std::lock_guard lock(mutex_);
    arenas_.push_back({slots, reserved, std::move(arena)});
  } catch (const std::bad_alloc&) {  // then it goes
  }
}

void EngineState::trim_all() noexcept {
  const WorkingFor nobody(nullptr);
  std::vector<std::shared_ptr<IsolateMemory>> live;
  try {
    std::lock_guard lock(mutex_);
    live.reserve(memories_.size());
    for (const auto& m : memories_)
      if (auto memory_of_isolate = m.lock()) live.push_back(std::move(memory_of_isolate));
  } catch (const std::bad_alloc&) {  // then they keep what they have
  }
  for (const auto& m : live) m->trim();
}

}  // namespace detail

Engine::Engine(EngineOptions options) : state_(std::make_shared<detail::EngineState>(options)) {}
Engine::~Engine() {
  if (owner_) state_->timers.stop();
}

unsigned Engine::cores() const noexcept { return state_->cores; }
const Clock& Engine::clock() const noexcept { return state_->clock; }
FaultPlan* Engine::faults() const noexcept { return state_->faults; }
Trace* Engine::trace() const noexcept { return state_->trace; }
const Budget& Engine::memory() const noexcept { return *state_->memory; }

std::uint64_t Engine::at(TimePoint when, std::function<void()> action) {
  return state_->timers.at(when, std::move(action));
}
void Engine::forget(std::uint64_t timer) noexcept { state_->timers.cancel(timer); }

std::uint64_t Engine::random() noexcept {
  // splitmix64 over a shared counter: each call gets another point of the sequence.
  std::uint64_t x = state_->random_state.fetch_add(0x9e3779b97f4a7c15ULL, std::memory_order_relaxed);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

namespace detail {

std::shared_ptr<IsolateMemory> make_memory(Engine& engine, std::string holder, std::size_t limit, MemoryRules rules) {
  return engine.state().make_memory(std::move(holder), limit, std::move(rules));
}

}  // namespace detail

}  // namespace lagoon
