// SPDX-License-Identifier: Apache-2.0
// Every fault point of a worker, each of its first visits, each way to fail, each kind of method: the call ends once,
// says truly whether its handler began, and the pool goes on.
#include <algorithm>
#include <iostream>

#include "lab_programs.hpp"
#include "support/long_run.hpp"

namespace lagoon::test {
namespace {

constexpr const char* kActions[] = {"kill", "abort", "throw", "bad_alloc", "stop"};
constexpr const char* kKinds[] = {"do", "ask", "read", "write", "talk"};

/// A call of that kind, whose handlers add a byte to `path` as they begin.
Status make_call(const ProcessCaller& caller, std::size_t kind, const std::string& path) {
  switch (kind) {
    case 0: return caller.try_call<Do>(deed("", 1, path)).status();
    case 1: return caller.start<Ask>(deed("", 1, path)).status();
    case 2: {
      auto read = caller.start<Read>(deed("", 3, path), {.window_items = 1});
      try {
        while (read.read()) {
        }
      } catch (const Error&) {
      }
      return read.status();
    }
    case 3: {
      auto write = caller.start<Write>({.window_items = 1});
      try {
        for (int k = 0; k < 3 && write.write(deed("", k, path)); ++k) {
        }
      } catch (const Error&) {
      }
      return write.status();
    }
    default: {
      auto both = caller.start<Talk>({.window_items = 1});
      try {
        for (int k = 0; k < 3 && both.write(deed("", k, path)) && both.read(); ++k) {
        }
        both.close();
        while (both.read()) {
        }
      } catch (const Error&) {
      }
      return both.status();
    }
  }
}

class FaultsOfWorkers : public testing::TestWithParam<const char*> {
 protected:
  /// False: no worker came to that visit.
  static bool strikes(const std::string& point, int nth, const std::string& action, std::size_t kind) {
    const std::string fault = point + ":" + std::to_string(nth) + ":" + action;
    SCOPED_TRACE(fault + " in " + kKinds[kind]);
    Folder folder;
    Engine engine;
    const std::string once = folder.make("once");
    PoolOptions options{.name = "crew",
                        .workers = 1,
                        .isolation = Isolation::process,
                        .process = lab_program({}, {std::string(kFault) + "=" + fault, kFaultOnce + ("=" + once)}),
                        .spares = 0,
                        .restart = {.most = 1'000'000, .within = 1h, .backoff = 1ms},
                        .health = {.every = 5ms, .hang_grace = 50ms}};
    Pool pool(engine, {process_lab()}, options);
    const ProcessCaller caller(pool);
    const Status status = make_call(caller, kind, folder.file("begun"));
    const std::uintmax_t begun = folder.size("begun");
    if (status.ok()) {
      EXPECT_GE(begun, 1u);
    } else {
      EXPECT_TRUE(status.code() == Errc::unavailable || status.code() == Errc::aborted ||
                  status.code() == Errc::resource_exhausted)
          << status.to_string();
    }
    if (status.executed() == Executed::no) {
      EXPECT_EQ(begun, 0u) << status.to_string();
    }
    if (kind == 0) {
      EXPECT_LE(begun, 1u) << "it may not run twice";
    }
    const bool struck = !folder.has("once");
    Status next = caller.try_call<Ask>(deed("")).status();
    if (!struck && !next.ok()) next = caller.try_call<Ask>(deed("")).status();  // that one was struck
    EXPECT_TRUE(next.ok()) << next.to_string() << " after " << status.to_string();
    // The first visit is for certain, though it may be after the answer.
    if (nth == 1) {
      EXPECT_TRUE(comes_true([&] { return !folder.has("once"); }));
    }
    return !folder.has("once");
  }
};

TEST_P(FaultsOfWorkers, EndEachCallOnceWithTheTruth) {
  const bool all = run_long();
  Watchdog::instance().allow(std::chrono::seconds(all ? 1000 : 250));
  const int most = all ? 20 : 2;
  int faults = 0;
  for (const char* action : kActions)
    for (std::size_t kind = 0; kind < std::size(kKinds); ++kind)
      for (int nth = 1; nth <= most && strikes(GetParam(), nth, action, kind); ++nth) ++faults;
  std::cout << "  " << GetParam() << ": " << faults << " faults\n";
  EXPECT_GE(faults, static_cast<int>(std::size(kActions) * std::size(kKinds))) << "each kind comes there";
}

INSTANTIATE_TEST_SUITE_P(At, FaultsOfWorkers,
                         testing::Values("process.before_take", "process.within_take", "process.after_take",
                                         "call.before_handler", "process.before_reply", "process.after_reply"),
                         [](const auto& point) {
                           std::string name = point.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace lagoon::test
