// SPDX-License-Identifier: Apache-2.0
// Calls of mixed kinds with random faults, cancels and deadlines: every started call ends exactly once, with a cause.
#include <iostream>

#include "load.hpp"

namespace lagoon::test {
namespace {

void print(const Ends& ends) {
  std::cout << "  " << ends.started << " calls:";
  for (std::size_t code = 0; code < kErrcCount; ++code)
    if (ends.by_code[code]) std::cout << ' ' << name(static_cast<Errc>(code)) << ' ' << ends.by_code[code];
  std::cout << '\n';
}

/// What may come of a call that meets faults, cancels, deadlines and full queues; anything else is a bug.
void expect_causes(const Ends& ends) {
  EXPECT_EQ(ends.started, ends.ended);
  for (const Errc code : {Errc::internal, Errc::unavailable, Errc::invalid_argument, Errc::not_found,
                          Errc::failed_precondition, Errc::unimplemented, Errc::data_loss})
    EXPECT_EQ(ends.count(code), 0) << name(code);
}

class Load : public testing::TestWithParam<int> {};

TEST_P(Load, OfAllKindsEndsEachCallOnce) {
  Watchdog::instance().allow(std::chrono::seconds(run_long() ? 3000 : 250));
  const int room = GetParam();
  Engine engine({.memory_limit = 1 << 30});
  LoadedLabs labs(engine, {.memory_limit = 256 << 20,
                           .concurrency = room == 0 ? 1u : 2u,
                           .queue_limit = room == 0 ? 2u : 64u,
                           .waiting_limit = room == 0 ? 1u : 8u});
  Ends ends;
  load(labs, 6, slice(170000, 1500), ends, static_cast<unsigned>(room) + 1);
  labs.close();
  print(ends);
  expect_causes(ends);
  // How many are refused where there is hardly any room depends on how fast they are made.
  EXPECT_GT(ends.count(Errc::ok), ends.started / (room == 0 ? 100 : 10));
  EXPECT_EQ(labs.lives().begun, labs.lives().ended);
}

INSTANTIATE_TEST_SUITE_P(With, Load, testing::Values(0, 1),
                         [](const auto& info) { return info.param == 0 ? "LittleRoom" : "SomeRoom"; });

TEST(LoadWithFaults, AtRandomPointsEndsEachCallOnce) {
  Watchdog::instance().allow(std::chrono::seconds(run_long() ? 1500 : 250));
  FaultPlan faults;
  for (const Fault fault : {Fault::fail, Fault::foreign, Fault::no_memory})
    faults.randomly("call.before_handler", 0.02, fault, static_cast<std::uint64_t>(fault));
  Engine engine({.faults = &faults});
  LoadedLabs labs(engine, {.concurrency = 2, .queue_limit = 64, .waiting_limit = 8});
  Ends ends;
  load(labs, 6, slice(60000, 1000), ends, 77);
  labs.close();
  print(ends);
  expect_causes(ends);
  EXPECT_GT(ends.count(Errc::unknown) + ends.count(Errc::aborted), ends.started / 200);
  EXPECT_EQ(labs.lives().begun, labs.lives().ended);
}

TEST(LoadWhileClosing, EndsEachCallOnce) {
  Watchdog::instance().allow(std::chrono::seconds(run_long() ? 1500 : 250));
  for (int round = 0; round < slice(300, 12); ++round) {
    Engine engine;
    LoadedLabs labs(engine, {.concurrency = 2, .queue_limit = 16, .waiting_limit = 4});
    Ends ends;
    std::thread loader([&] { load(labs, 4, 300 / kSlowness, ends, static_cast<unsigned>(round)); });
    while (ends.ended < 40) std::this_thread::yield();
    for (std::size_t k = 0; k < LoadedLabs::kLabs; ++k) labs.lab(static_cast<std::size_t>(round) + k).close();
    loader.join();
    EXPECT_EQ(ends.started, ends.ended);
    EXPECT_EQ(ends.count(Errc::internal), 0);
    EXPECT_EQ(labs.lives().begun, labs.lives().ended);
  }
}

}  // namespace
}  // namespace lagoon::test
