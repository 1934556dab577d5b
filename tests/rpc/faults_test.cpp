// SPDX-License-Identifier: Apache-2.0
// Every named fault point, every kind of fault, at every visit: each call ends once, and the isolate works on.
#include <lagoon/engine/faults.hpp>

#include <iostream>
#include <optional>

#include "lab.hpp"

namespace lagoon::test {
namespace {

constexpr int kRounds = 3;

Handlers handlers(const LabCaller*& self) {
  return {.compute = [&self](const Item& q, CallContext&) -> Result<Item> {
            if (q.x == 0) return q;
            return self->try_call<Compute>({q.x - 1, filled(100)});
          },
          .later = [&self](Item q, CallContext&) -> Task<Result<Item>> {
            if (q.x == 0) co_return q;
            auto reply = self->start<Later>({q.x - 1, {}});
            co_return co_await reply;
          },
          .down =
              [](Item, Writer<Item> out, CallContext&) {
                for (std::int64_t k = 0; k < 5; ++k)
                  if (!out.write({k, filled(20000)})) break;
                return Status();
              },
          .later_down = [](Item, CallContext&) -> Stream<Item> {
            for (std::int64_t k = 0; k < 5; ++k) {
              Item item{k, filled(20000)};
              co_yield item;
            }
          }};
}

/// One call of every kind, in every way of making it. Each must end, ok or with a status that names a cause.
std::vector<Status> call_everything(const LabCaller& lab) {
  std::vector<Status> ends;
  const auto note = [&](const Status& status) { ends.push_back(status); };
  const auto guarded = [&](auto&& body) {
    try {
      note(body());
    } catch (const Error& e) {
      note(e.status());
    }
  };
  for (int k = 0; k < kRounds; ++k) {
    guarded([&] { return lab.try_call<Compute>({2, {}}).status(); });
    guarded([&] { return lab.start<Compute>({2, {}}).status(); });
    guarded([&] { return lab.try_call<Later>({2, {}}).status(); });
    guarded([&] { return lab.start<Alone>().status(); });
    guarded([&] { return lab.start<LaterAlone>().status(); });
    guarded([&] { return lab.try_call<Compute>({1, {}}, {.timeout = std::chrono::minutes(10)}).status(); });
    guarded([&] {
      auto s = lab.read<Down>({}, {.window_items = 2});
      while (s.read()) {
      }
      return s.status();
    });
    guarded([&] {
      auto s = lab.read<LaterDown>({}, {.window_items = 2});
      while (s.read()) {
      }
      return s.status();
    });
    for (const bool later : {false, true}) {
      guarded([&] {
        auto write = [](auto upload) {
          for (int i = 0; i < 5 && upload.write({1, {}}); ++i) {
          }
          return upload.try_get().status();
        };
        return later ? write(lab.write<LaterUp>()) : write(lab.write<Up>());
      });
      guarded([&] {
        auto play = [](auto both) {
          for (int i = 0; i < 5 && both.write({1, {}}) && both.read(); ++i) {
          }
          both.close();
          return both.status();
        };
        return later ? play(lab.both<LaterBoth>()) : play(lab.both<Both>());
      });
    }
  }
  return ends;
}

struct World {
  explicit World(FaultPlan* plan) : engine({.faults = plan}), lab(engine, {.name = "lab"}, handlers(self)) {
    self = &lab.caller();
  }
  const LabCaller* self = nullptr;
  Engine engine;
  Lab lab;
};

TEST(Faults, AtEveryPointOfEveryKindLeaveEachCallWithOneEnd) {
  Watchdog::instance().allow(std::chrono::seconds(300));
  std::vector<std::pair<std::string, std::uint64_t>> points;
  {
    FaultPlan count_only;
    World world(&count_only);
    for (const Status& status : call_everything(world.lab.caller())) EXPECT_TRUE(status.ok()) << status.to_string();
    world.lab.close();
    points = count_only.visits();
  }
  ASSERT_FALSE(points.empty());
  int faults = 0;
  for (const auto& [point, visits] : points) {
    std::cout << "  " << point << ": " << visits << " visits\n";
    // All of the first visits, then ever fewer.
    for (std::uint64_t nth = 1; nth <= visits; nth += nth < 40 ? 1 : nth / 8) {
      for (const Fault fault : {Fault::fail, Fault::foreign, Fault::no_memory}) {
        SCOPED_TRACE(point + ", visit " + std::to_string(nth) + ", fault " + std::to_string(static_cast<int>(fault)));
        FaultPlan plan;
        plan.at(point, nth, fault);
        std::optional<World> world;
        try {
          world.emplace(&plan);
        } catch (const Error& e) {  // without its first thread an isolate does not come to be, and says so
          EXPECT_TRUE(point == "isolate.start_thread" && nth == 1);
          EXPECT_EQ(e.status().code(), Errc::resource_exhausted) << e.status().to_string();
          ++faults;
          continue;
        }
        int failed = 0;
        for (const Status& status : call_everything(world->lab.caller())) {
          if (status.ok()) continue;
          ++failed;
          const Errc wanted = fault == Fault::fail        ? Errc::aborted
                              : fault == Fault::no_memory ? Errc::resource_exhausted
                                                          : Errc::unknown;
          EXPECT_EQ(status.code(), wanted) << status.to_string();
        }
        EXPECT_LE(failed, 1) << "one fault ends one call";
        EXPECT_TRUE(world->lab->try_call<Compute>().ok());
        ++faults;
      }
    }
  }
  std::cout << "  " << faults << " faults\n";
}

TEST(Faults, ThatCancelOrCloseAtEveryPointLeaveEachCallWithOneEnd) {
  Watchdog::instance().allow(std::chrono::seconds(120));
  FaultPlan count_only;
  {
    World world(&count_only);
    (void)call_everything(world.lab.caller());
  }
  for (const auto& [point, visits] : count_only.visits()) {
    for (std::uint64_t nth = 1; nth <= visits; nth += nth < 20 ? 1 : nth / 4) {
      SCOPED_TRACE(point + ", visit " + std::to_string(nth));
      FaultPlan plan;
      Gate closing;
      plan.at(point, nth, Fault::call, [&] { closing.open(); });
      World world(&plan);
      std::thread closer([&] {
        closing.wait();
        world.lab.close();
      });
      const std::size_t before = call_everything(world.lab.caller()).size();
      EXPECT_EQ(before, static_cast<std::size_t>(kRounds) * 12);
      closing.open();
      closer.join();
    }
  }
}

TEST(Faults, AtRandomAreTheSameForTheSameSeed) {
  const auto run = [](std::uint64_t seed) {
    FaultPlan plan;
    plan.randomly("call.before_handler", 0.2, Fault::fail, seed);
    Engine engine({.faults = &plan});
    Lab lab(engine, {.name = "lab"}, {});
    std::string ends;
    for (int k = 0; k < 200; ++k) ends += lab->try_call<Compute>().ok() ? '.' : 'x';
    return ends;
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
  const std::string ends = run(7);
  EXPECT_NEAR(static_cast<double>(std::count(ends.begin(), ends.end(), 'x')), 40, 30);
}

}  // namespace
}  // namespace lagoon::test
