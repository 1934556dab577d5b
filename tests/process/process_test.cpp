// SPDX-License-Identifier: Apache-2.0
// A service in another process: what its crashes, limits and hangs cost its callers.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

#include "lab_programs.hpp"
#include "support/asleep.hpp"

namespace lagoon::test {
namespace {

struct Crash {
  const char* deed;
  const char* said;
};

class CrashesOfProcesses : public testing::TestWithParam<Crash> {};

TEST_P(CrashesOfProcesses, EndTheirCallAndSayHow) {
  LabProcess lab;
  EXPECT_TRUE(lab.process.end().ok());
  const int pid = lab.process.pid();
  const Status status = lab.caller.try_call<Do>(deed(GetParam().deed)).status();
  EXPECT_EQ(status.code(), Errc::unavailable);
  EXPECT_EQ(status.executed(), Executed::maybe);
  EXPECT_NE(status.message().find(GetParam().said), std::string::npos) << status.message();
  EXPECT_NE(status.message().find(std::to_string(pid)), std::string::npos) << status.message();
  ASSERT_TRUE(comes_true([&] { return !lab.process.is_alive(); }));
  EXPECT_NE(lab.process.end().message().find(GetParam().said), std::string::npos);
  const Status next = lab.caller.try_call<Do>(deed("")).status();
  EXPECT_EQ(next.code(), Errc::unavailable);
  EXPECT_EQ(next.executed(), Executed::no);
}

INSTANTIATE_TEST_SUITE_P(By, CrashesOfProcesses,
                         testing::Values(Crash{"abort", "signal 6"}, Crash{"segfault", "signal 11"},
                                         Crash{"kill", "signal 9"}, Crash{"exit", "status 3"}),
                         [](const auto& crash) { return std::string(crash.param.deed); });

TEST(CrashesOfProcesses, EndStreamsOfEveryKind) {
  for (const bool with_items : {false, true}) {
    LabProcess lab({.name = "lab", .concurrency = 4});  // a slot for each
    auto read = lab.caller.start<Read>(deed("hold", with_items ? 3 : 1));
    auto write = lab.caller.start<Write>();
    auto both = lab.caller.start<Talk>();
    if (with_items) {
      EXPECT_TRUE(read.read());
      EXPECT_TRUE(write.write(deed("")));
      EXPECT_TRUE(both.write(deed("")));
      EXPECT_TRUE(both.read());
    }
    EXPECT_EQ(lab.caller.try_call<Do>(deed("abort")).status().code(), Errc::unavailable);
    for (const Status& status : {read.status(), write.status(), both.status()}) {
      EXPECT_EQ(status.code(), Errc::unavailable) << status.to_string();
    }
  }
}

TEST(CrashesOfProcesses, AreHeardOfInTheMiddleOfAStream) {
  LabProcess lab;
  auto read = lab.caller.start<Read>(deed("kill", 100));
  int items = 0;
  Status status;
  try {
    while (read.read()) ++items;
  } catch (const Error& e) {
    status = e.status();
  }
  EXPECT_EQ(status.code(), Errc::unavailable);
  EXPECT_EQ(status.executed(), Executed::maybe);
  EXPECT_LE(items, 99);
}

TEST(StreamsOfProcesses, BringAllThatWasWrittenThoughTheWriterFallsSilent) {
  LabProcess lab;
  const Folder folder;
  for (int k = 0; k < 100; ++k) lab.caller.call<Do>(deed(""));  // from now on somebody looks up each millisecond
  for (const int items : {1, 2, 3, 17, 40, 300}) {
    SCOPED_TRACE(items);
    auto read = lab.caller.start<Read>(deed("hold", items + 1));
    for (int k = 0; k < items; ++k) ASSERT_EQ(read.read()->number, k);
    read.cancel();
    const std::string name = std::to_string(items);
    auto write = lab.caller.start<Write>();
    for (int k = 0; k < items; ++k) ASSERT_TRUE(write.write(deed("", k, folder.file(name))));
    const auto all = static_cast<std::uintmax_t>(items);
    EXPECT_TRUE(comes_true([&] { return folder.size(name) == all; })) << folder.size(name);
    write.close();
    EXPECT_EQ(write.get().number, items);
  }
}

TEST(LimitsOfProcesses, OfArraysCostOnlyTheCallThatPassesThem) {
  LabProcess lab({.name = "lab", .memory_limit = std::size_t{64} << 20, .concurrency = 2});
  for (int k = 0; k < 3; ++k) {
    const Status status = lab.caller.try_call<Do>(deed("memory")).status();
    EXPECT_EQ(status.code(), Errc::resource_exhausted) << status.to_string();
    EXPECT_EQ(lab.caller.call<Do>(deed("large", 100'000)).values.size(), 100'000) << "there is room again";
  }
  EXPECT_TRUE(lab.process.is_alive());
}

TEST(LimitsOfProcesses, OfTheHeapCostOnlyTheCallThatPassesThem) {
  if (kSlowness > 1) GTEST_SKIP() << "a sanitizer's allocator does not throw";
  LabProcess lab({.name = "lab", .memory_limit = std::size_t{64} << 20, .concurrency = 2});
  const Status status = lab.caller.try_call<Do>(deed("heap")).status();
  EXPECT_EQ(status.code(), Errc::resource_exhausted) << status.to_string();
  EXPECT_TRUE(lab.caller.try_call<Do>(deed("")).ok());
  EXPECT_TRUE(lab.process.is_alive());
}

TEST(LimitsOfProcesses, OfOneCallHoldThere) {
  LabProcess lab({.name = "lab", .memory_limit = std::size_t{256} << 20, .concurrency = 2});
  const Status status = lab.caller.try_call<Do>(deed("memory"), {.memory_limit = 8 << 20}).status();
  EXPECT_EQ(status.code(), Errc::resource_exhausted) << status.to_string();
  EXPECT_TRUE(lab.caller.try_call<Do>(deed("large", 100'000)).ok());
}

TEST(CallsOfProcesses, TakeTheirDeadlineAlong) {
  LabProcess lab;
  EXPECT_EQ(lab.caller.call<Do>(deed("deadline")).number, -1);
  const std::int64_t left = lab.caller.call<Do>(deed("deadline"), {.timeout = 1h}).number;
  EXPECT_GT(left, std::chrono::nanoseconds(50min).count());
  EXPECT_LE(left, std::chrono::nanoseconds(1h).count());
}

TEST(CallsOfProcesses, EndAtTheirDeadlineThoughTheHandlerRunsOn) {
  LabProcess lab;
  const auto begin = std::chrono::steady_clock::now();
  const Status status = lab.caller.try_call<Do>(deed("hang"), {.timeout = 50ms}).status();
  EXPECT_EQ(status.code(), Errc::deadline_exceeded);
  EXPECT_EQ(status.executed(), Executed::maybe);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
  EXPECT_TRUE(lab.caller.try_call<Do>(deed("")).ok()) << "there is a second slot";
  // Its destructor tells the worker to end, and does not wait for its handler for ever.
}

TEST(CallsOfProcesses, ThatAreCancelledTellTheirHandler) {
  LabProcess lab({.name = "lab", .concurrency = 1});
  for (int k = 0; k < 20; ++k) {
    auto held = lab.caller.start<Do>(deed("hold"));
    held.cancel();
    EXPECT_EQ(held.status().code(), Errc::cancelled);
    EXPECT_TRUE(lab.caller.try_call<Do>(deed("")).ok()) << "it has left its slot";
  }
  auto reading = lab.caller.start<Read>(deed("hold", 2));
  EXPECT_TRUE(reading.read());
  reading.cancel();
  EXPECT_EQ(reading.status().code(), Errc::cancelled);
  EXPECT_TRUE(lab.caller.try_call<Do>(deed("")).ok());
}

/// Who waits reads what comes for all, also while he sleeps; and hears of the end of the process.
TEST(CallsOfProcesses, ThatSleepHoldUpNoOthers) {
  LabProcess lab({.name = "lab", .concurrency = 4});
  Folder folder;
  std::atomic<bool> ended{false};
  Drowsy sleeper;
  std::thread patient([&] {
    sleeper.is_this_thread();
    const Status status = lab.caller.try_call<Do>(deed("sleep", 1'000'000, folder.file("begun"))).status();
    ended = true;
    EXPECT_EQ(status.code(), Errc::unavailable);
    EXPECT_EQ(status.executed(), Executed::maybe);
  });
  EXPECT_TRUE(comes_true([&] { return folder.has("begun"); }));
  sleeper.wait_until_asleep();
  for (int k = 0; k < 20; ++k)
    EXPECT_EQ(lab.caller.call<Do>(with_values(counted(10, lab.process.memory()))).values.size(), 10);
  auto read = lab.caller.start<Read>(deed("", 30));
  int items = 0;
  while (read.read()) ++items;
  EXPECT_EQ(items, 30);
  EXPECT_FALSE(ended);
  ::kill(lab.process.pid(), SIGKILL);
  patient.join();
}

TEST(CallsOfProcesses, ThatThrowCostNothingElse) {
  LabProcess lab;
  const Status status = lab.caller.try_call<Do>(deed("throw")).status();
  EXPECT_EQ(status.code(), Errc::unknown);
  EXPECT_NE(status.message().find("as ordered"), std::string::npos) << status.message();
  EXPECT_TRUE(lab.process.is_alive());
}

TEST(CallsOfProcesses, EndWhenTheirProcessIsClosed) {
  Folder folder;
  std::optional<LabProcess> lab(std::in_place);
  auto held = lab->caller.start<Do>(deed("sleep", 50, folder.file("begun")));
  ASSERT_TRUE(comes_true([&] { return folder.has("begun"); }));
  lab.reset();
  EXPECT_TRUE(held.is_done());
  EXPECT_TRUE(held.status().ok()) << "running calls end first: " << held.status().to_string();
}

TEST(Processes, PrintToStandardErrorAndNothingIsLost) {
  testing::internal::CaptureStdout();
  {
    LabProcess lab;
    EXPECT_TRUE(lab.caller.try_call<Do>(deed("print")).ok());
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "") << "what this program prints is its own";
}

TEST(Processes, LeaveNothingBehind) {
  { const LabProcess first; }  // oneTBB's threads, and the like
  const Holdings before = Holdings::now();
  for (int k = 0; k < 50 / kSlowness; ++k) {
    LabProcess lab;
    EXPECT_TRUE(lab.caller.try_call<Do>(deed(k % 3 == 0 ? "abort" : "")).ok() || k % 3 == 0);
  }
  EXPECT_TRUE(comes_true([&] { return Holdings::now() == before; }, 5s))
      << before << " before, now " << Holdings::now();
}

}  // namespace
}  // namespace lagoon::test
