// SPDX-License-Identifier: Apache-2.0
// Workers that fail at random in every way there is, under load of every kind: each call ends once, with a cause that
// may be, and the pool goes on. A slice of it by default; 10,000 faults in long runs.
#include <iostream>
#include <random>

#include "lab_programs.hpp"
#include "support/long_run.hpp"

namespace lagoon::test {
namespace {

struct Ends {
  std::atomic<std::int64_t> started{0}, ended{0}, ok{0}, maybe{0}, no{0};
  void note(const Status& status) {
    ++ended;
    if (status.ok()) ++ok;
    if (status.executed() == Executed::maybe) ++maybe;
    if (status.executed() == Executed::no) ++no;
    switch (status.code()) {
      case Errc::ok:
      case Errc::unavailable:         // its worker is gone
      case Errc::aborted:             // an injected fault that costs the call alone
      case Errc::resource_exhausted:  // the same
      case Errc::cancelled:
      case Errc::deadline_exceeded: return;
      default: ADD_FAILURE() << status.to_string();
    }
  }
};

/// Items go both ways until something ends it.
template <class Step, class Stream>
Status until_its_end(Stream& stream, Step step) {
  try {
    for (int k = 0; k < 20 && step(k); ++k) {
    }
  } catch (const Error&) {  // its status says it
  }
  return stream.status();
}

Status one_call(const ProcessCaller& caller, const MemoryHandle& memory, std::minstd_rand& random) {
  CallOptions options;
  if (random() % 8 == 0) options.timeout = std::chrono::microseconds(random() % 3000 + 1);
  options.window_items = random() % 8 + 1;
  switch (random() % 9) {
    case 0: return caller.try_call<Do>(deed("", 1), options).status();
    case 1: return caller.start<Ask>(with_values(counted(9000, memory)), options).status();
    case 2: return caller.try_call<Carry>({counted(9000, memory)}, options).status();
    case 3: {
      auto reply = caller.start<Do>(deed("hold"), options);
      if (random() % 2) std::this_thread::yield();
      reply.cancel();
      return reply.status();
    }
    case 4: {
      auto read = caller.start<Read>(deed("large", 9000), options);
      return until_its_end(read, [&](int) { return read.read().has_value(); });
    }
    case 5: {
      auto write = caller.start<Write>(options);
      return until_its_end(write, [&](int k) { return write.write(deed("", k)); });
    }
    case 6: {
      options.window_items = 1024;
      auto count = caller.start<Count>(deed("", 3000), options);
      return until_its_end(count, [&](int) {
        for (int k = 0; k < 200; ++k)
          if (!count.read()) return false;
        return true;
      });
    }
    case 7: {
      options.window_items = 1024;
      auto mirror = caller.start<Mirror>(options);
      return until_its_end(mirror, [&](int round) {
        for (int k = 0; k < 50 * round; ++k)
          if (!mirror.write({k})) return false;
        for (int k = 0; k < 50 * round; ++k)
          if (const auto tick = mirror.read(); !tick || tick->number != k) return false;
        return true;
      });
    }
    default: {
      auto both = caller.start<CarryAll>(options);
      return until_its_end(both, [&](int) { return both.write({counted(9000, memory)}) && both.read().has_value(); });
    }
  }
}

TEST(ChaosOfProcesses, EndsEachCallOnce) {
  const bool all = run_long();
  Watchdog::instance().allow(std::chrono::seconds(all ? 7000 : 280));
  const std::uintmax_t wanted = all ? 10'000 : 40 / (kSlowness > 1 ? 2 : 1);
  constexpr unsigned kSeed = 20;
  std::cout << "  seed " << kSeed << "\n";
  Folder folder;
  Ends ends;
  const Holdings before = Holdings::now();
  PoolCounts counts;
  {
    Engine engine;
    // Losses of more than ten milliseconds ago do not count: each would make the next one wait for longer.
    Pool pool(engine, {process_lab()},
              {.name = "crew",
               .workers = 2,
               .worker = {.memory_limit = std::size_t{256} << 20},
               .isolation = Isolation::process,
               .process = lab_program({}, {kChaos + ("=" + folder.file("faults"))}),
               .spares = 2,
               .restart = {.most = 100'000'000, .within = 10ms, .backoff = 1us},
               .health = {.every = 5ms, .hang_grace = 100ms}});
    const ProcessCaller caller(pool);
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        std::minstd_rand random(kSeed + t);
        while (folder.size("faults") < wanted) {
          ++ends.started;
          ends.note(one_call(caller, pool.memory(), random));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    counts = pool.overview().counts;
  }
  std::cout << "  " << folder.size("faults") << " faults, " << ends.started << " calls: " << ends.ok << " ok, "
            << ends.maybe << " may have run, " << ends.no << " have not; " << counts.died << " workers died, "
            << counts.unhealthy << " were stopped, " << counts.moved << " calls moved\n";
  EXPECT_EQ(ends.started, ends.ended);
  EXPECT_GT(ends.ok, 0);
  EXPECT_EQ(counts.failed, 0u);
  EXPECT_TRUE(comes_true([&] { return Holdings::now().children == before.children; })) << Holdings::now();
}

}  // namespace
}  // namespace lagoon::test
