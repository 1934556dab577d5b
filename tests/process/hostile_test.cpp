// SPDX-License-Identifier: Apache-2.0
// Workers that break the rules: their caller neither crashes nor waits for ever, and it is they who are killed.
#include <thread>

#include "lab_programs.hpp"
#include "support/long_run.hpp"

namespace lagoon::test {
namespace {

ProcessOptions hostile_program(const std::string& attack) {
  return {.program = LAGOON_HOSTILE_WORKER, .arguments = {attack}};
}

/// What the worker is asked, so that it can answer as it does.
enum class Asked { unary, server_stream, client_stream };

struct Attack {
  const char* name;
  Asked asked = Asked::unary;
};

std::string attack_name(const testing::TestParamInfo<Attack>& attack) {
  constexpr const char* kHow[] = {"", "InAnswers", "InRequests"};
  return std::string(attack.param.name) + kHow[static_cast<int>(attack.param.asked)];
}

class HostileWorkers : public testing::TestWithParam<Attack> {};

TEST_P(HostileWorkers, AreKilledAndTheirCallsAreTold) {
  LabProcess lab({.name = "lab", .memory_limit = std::size_t{64} << 20, .concurrency = 2},
                 hostile_program(GetParam().name));
  // Lent: a worker may release it, once.
  Order order = with_values(counted(10'000, lab.process.memory()));
  const CallOptions options{.timeout = 20s * kSlowness, .window_items = 4};
  Status status;
  switch (GetParam().asked) {
    case Asked::unary: status = lab.caller.try_call<Do>(order, options).status(); break;
    case Asked::server_stream: {
      auto read = lab.caller.start<Read>(order, options);
      try {
        while (read.read()) {
        }
      } catch (const Error&) {
      }
      status = read.status();
      break;
    }
    case Asked::client_stream: {
      // So much that it fills the ring, and is in it.
      const Order item = with_values(counted(1000, process_heap()));
      auto write = lab.caller.start<Write>({.timeout = options.timeout, .window_items = 1000});
      try {
        while (write.write(item)) {
        }
      } catch (const Error&) {
      }
      status = write.status();
      break;
    }
  }
  EXPECT_EQ(status.code(), Errc::unavailable) << status.to_string();
  EXPECT_NE(status.executed(), Executed::yes) << status.to_string();
  EXPECT_NE(status.message().find("broke the rules"), std::string::npos) << status.message();
  ASSERT_TRUE(comes_true([&] { return !lab.process.is_alive(); }));
  EXPECT_NE(lab.process.end().message().find("broke the rules"), std::string::npos) << lab.process.end().message();
  EXPECT_NE(lab.process.end().message().find("signal 9"), std::string::npos) << lab.process.end().message();
  EXPECT_EQ(order.values[9999], 9999) << "what was lent stays readable";
}

TEST_P(HostileWorkers, CostAPoolNothingElse) {
  if (GetParam().asked != Asked::unary) GTEST_SKIP() << "one kind is enough";
  Engine engine;
  PoolOptions options{.name = "crew",
                      .workers = 2,
                      .isolation = Isolation::process,
                      .process = hostile_program(GetParam().name),
                      .restart = {.most = 3, .within = 1h, .backoff = 1ms}};
  Pool pool(engine, {process_lab()}, options);
  const ProcessCaller caller(pool);
  std::vector<Reply<Do>> calls;
  for (int k = 0; k < 8; ++k)
    calls.push_back(caller.start<Do>(with_values(counted(10'000, pool.memory())), {.timeout = 20s * kSlowness}));
  for (auto& call : calls) EXPECT_EQ(call.status().code(), Errc::unavailable) << call.status().to_string();
  EXPECT_FALSE(pool.overview().status.ok()) << "all of its workers are hostile";
}

constexpr Asked kRead = Asked::server_stream, kWrite = Asked::client_stream;
INSTANTIATE_TEST_SUITE_P(
    That, HostileWorkers,
    testing::Values(Attack{"NoKind"}, Attack{"UnknownKind"}, Attack{"UnknownSize"}, Attack{"NoHead"},
                    Attack{"CallsItsCaller"}, Attack{"EndsRequests"}, Attack{"Cancels"}, Attack{"NobodysCall"},
                    Attack{"ReleaseOfNothing"}, Attack{"ReleaseOfAll"}, Attack{"ReleaseTwice"},
                    Attack{"DoneWithNothing"}, Attack{"DoneLetsGoOfNothing"}, Attack{"DoneLetsGoOfMoreThanItSays"},
                    Attack{"DoneTooShort"}, Attack{"DoneTooLong"}, Attack{"ArrayBehindItsMemory"},
                    Attack{"ArrayBeforeItsMemory"}, Attack{"ArrayOfNoMemory"}, Attack{"ArrayThatWasNotLent"},
                    Attack{"ArrayLargerThanWasLent"}, Attack{"ArrayAskew"}, Attack{"ArrayOfUnknownKind"},
                    Attack{"ArrayOfNegativeSize"}, Attack{"ArrayOfHugeSize"}, Attack{"LargeBehindItsMemory"},
                    Attack{"LargeBeyondAllSizes"}, Attack{"LargeOverTheEnd"}, Attack{"LargeOfNothing"},
                    Attack{"CreditForItems", kWrite}, Attack{"CreditForBytes", kWrite}, Attack{"TooManyItems", kRead},
                    Attack{"TooManyItems"}, Attack{"TailOdd"}, Attack{"TailFar"}, Attack{"TailBack"},
                    Attack{"HeadOdd", kWrite}, Attack{"HeadFar", kWrite}, Attack{"LengthZero"}, Attack{"LengthHuge"},
                    Attack{"LengthOverTail"}, Attack{"SkipTooFar"}),
    attack_name);

/// A worker with a thread that writes over what it shares with its caller, while calls pass.
class ScribblingWorkers : public testing::TestWithParam<const char*> {};

TEST_P(ScribblingWorkers, NeitherCrashNorStopTheirCaller) {
  Watchdog::instance().allow(std::chrono::seconds(run_long() ? 3000 : 300));
  for (int round = 0; round < (run_long() ? 200 : 5); ++round) {
    LabProcess lab({.name = "lab", .memory_limit = std::size_t{64} << 20, .concurrency = 4});
    Order order = deed(GetParam(), round + 1);
    (void)lab.caller.try_call<Do>(order, {.timeout = 1s});
    const CallOptions brief{.timeout = 20ms * kSlowness, .window_items = 4};
    std::vector<std::thread> callers;
    for (int t = 0; t < 3; ++t) {
      callers.emplace_back([&, t] {
        for (int k = 0; k < 100 && lab.process.is_alive(); ++k) {
          if ((k + t) % 3 == 0) {
            (void)lab.caller.try_call<Do>(with_values(counted(10'000, lab.process.memory())), brief);
          } else if ((k + t) % 3 == 1) {
            (void)lab.caller.try_call<Do>(deed(k % 2 ? "large" : "much", 50'000), brief);
          } else {
            auto both = lab.caller.start<CarryAll>(brief);
            try {
              for (int i = 0; i < 8 && both.write({counted(9000, lab.process.memory())}); ++i) (void)both.read();
            } catch (const Error&) {
            }
            (void)both.status();
          }
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    if (!lab.process.is_alive()) {
      EXPECT_EQ(lab.process.end().code(), Errc::unavailable) << lab.process.end().to_string();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Over, ScribblingWorkers, testing::Values("page", "ring", "arrays"),
                         [](const auto& what) { return std::string(what.param); });

}  // namespace
}  // namespace lagoon::test
