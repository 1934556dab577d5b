// SPDX-License-Identifier: Apache-2.0
// The end of a pool of processes, whatever its workers are at: in time, and with nothing left behind.
#include <csignal>

#include "lab_programs.hpp"

namespace lagoon::test {
namespace {

PoolOptions two_processes(std::vector<std::string> arguments = {}) {
  return {.name = "crew",
          .workers = 2,
          .isolation = Isolation::process,
          .process = lab_program(std::move(arguments)),
          .restart = {.most = 1'000'000, .within = 1h, .backoff = 1ms},
          // Nobody looks: a worker found stopped would be replaced, and the new one begin calls that wait.
          .health = {.every = 1h, .hang_grace = 1h}};
}

struct State {
  const char* name;
  const char* deed;  ///< of two running calls; null: there are none
  Errc end;          ///< of theirs, when the pool is shut down now
};

class ShutdownsOfProcesses : public testing::TestWithParam<State> {};

TEST_P(ShutdownsOfProcesses, EndInTimeAndEndEachCall) {
  Engine engine;
  Folder folder;
  const Holdings before = Holdings::now();
  std::vector<Reply<Do>> running, waiting;
  {
    Pool pool(engine, {process_lab()}, two_processes());
    const ProcessCaller caller(pool);
    if (const char* what = GetParam().deed) {
      for (const char* file : {"one", "two"}) running.push_back(caller.start<Do>(deed(what, 1, folder.file(file))));
      ASSERT_TRUE(comes_true([&] { return folder.has("one") && folder.has("two"); }));
      for (int k = 0; k < 8; ++k) waiting.push_back(caller.start<Do>(deed("", k)));
    }
    const auto begin = std::chrono::steady_clock::now();
    (void)pool.shutdown(begin);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s * kSlowness);
    for (auto& call : running) {
      EXPECT_TRUE(call.is_done());
      const Status status = call.status();
      EXPECT_EQ(status.code(), GetParam().end) << status.to_string();
      EXPECT_EQ(status.executed(), Executed::maybe) << status.to_string();
    }
    for (auto& call : waiting) {
      EXPECT_TRUE(call.is_done());
      const Status status = call.status();
      EXPECT_TRUE(status.ok() || status.executed() == Executed::no) << status.to_string();
    }
    EXPECT_EQ(caller.try_call<Do>(deed("")).status().executed(), Executed::no);
    EXPECT_EQ(pool.size(), 0u);
  }
  EXPECT_TRUE(comes_true([&] { return Holdings::now().children == before.children; })) << Holdings::now();
}

INSTANTIATE_TEST_SUITE_P(When, ShutdownsOfProcesses,
                         testing::Values(State{"Idle", nullptr, Errc::ok}, State{"Busy", "hold", Errc::unavailable},
                                         State{"Hung", "hang", Errc::unavailable},
                                         State{"Stopped", "stop", Errc::unavailable}),
                         [](const auto& state) { return std::string(state.param.name); });

TEST(ShutdownsOfProcesses, WaitForCallsUntilTheirDeadline) {
  Engine engine;
  Folder folder;
  Pool pool(engine, {process_lab()}, two_processes());
  const ProcessCaller caller(pool);
  auto running = caller.start<Do>(deed("sleep", 50, folder.file("begun")));
  ASSERT_TRUE(comes_true([&] { return folder.has("begun"); }));
  EXPECT_TRUE(pool.shutdown(std::chrono::steady_clock::now() + 1h).ok());
  EXPECT_TRUE(running.try_get().ok());
}

TEST(ShutdownsOfProcesses, WhileAWorkerDies) {
  Engine engine;
  for (int k = 0; k < 10; ++k) {
    Pool pool(engine, {process_lab()}, two_processes());
    const ProcessCaller caller(pool);
    auto dies = caller.start<Do>(deed("kill"));
    auto other = caller.start<Do>(deed("", 4));
    (void)pool.shutdown(std::chrono::steady_clock::now() + 10s);
    EXPECT_TRUE(dies.is_done() && other.is_done());
    EXPECT_FALSE(dies.status().ok());
    EXPECT_TRUE(other.status().ok()) << other.status().to_string();
  }
}

TEST(PoolsOfProcesses, LeaveNothingBehind) {
  Engine engine;
  {
    Pool pool(engine, {process_lab()}, two_processes());  // oneTBB's threads, and the like
    EXPECT_TRUE(ProcessCaller(pool).try_call<Do>(deed("")).ok());
  }
  const Holdings before = Holdings::now();
  for (int k = 0; k < 50 / kSlowness; ++k) {
    Pool pool(engine, {process_lab()}, two_processes());
    const ProcessCaller caller(pool);
    auto answer = caller.start<Do>(deed(k % 4 == 0 ? "kill" : ""));
    if (k % 3 == 0) (void)pool.shutdown(std::chrono::steady_clock::now());
    (void)answer.status();
  }
  EXPECT_TRUE(comes_true([&] { return Holdings::now() == before; }, 5s))
      << before << " before, now " << Holdings::now();
}

}  // namespace
}  // namespace lagoon::test
