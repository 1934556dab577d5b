// SPDX-License-Identifier: Apache-2.0
// Calls from within handlers: they get on, or end with a typed error; never a deadlock, never a full stack.
#include <lagoon/engine/parallel.hpp>
#include <set>

#include "lab.hpp"

namespace lagoon::test {
namespace {

using namespace std::chrono_literals;

class Nested : public testing::Test {
 protected:
  Engine engine_;
};

enum class Way { waiting, started, coroutine };

/// A lab whose handlers count q.x down, the way it is asked to (data length), by calling `next`.
Handlers counting_down(const LabCaller*& next, Way way) {
  return {.compute = [&next, way](const Item& q, CallContext&) -> Result<Item> {
            if (q.x == 0) return Item{0, {}};
            auto r = way == Way::waiting ? next->try_call<Compute>({q.x - 1, {}})
                                         : next->start<Compute>({q.x - 1, {}}).try_get();
            if (r.ok()) ++r->x;
            return r;
          },
          .later = [&next](Item q, CallContext&) -> Task<Result<Item>> {
            if (q.x == 0) co_return Item{0, {}};
            auto reply = next->start<Later>({q.x - 1, {}});
            Item r = co_await reply;
            ++r.x;
            co_return r;
          }};
}

Result<Item> count_down(const LabCaller& lab, Way way, std::int64_t n) {
  switch (way) {
    case Way::waiting: return lab.try_call<Compute>({n, {}});
    case Way::started: return lab.start<Compute>({n, {}}).try_get();
    case Way::coroutine: return lab.start<Later>({n, {}}).try_get();
  }
  return Item{};
}

class NestedWays : public Nested, public testing::WithParamInterface<Way> {};

TEST_P(NestedWays, SelfCallsGetOnWithOneCallAtATime) {
  const LabCaller* self = nullptr;
  Lab lab(engine_, {.name = "lab", .concurrency = 1}, counting_down(self, GetParam()));
  self = &lab.caller();
  for (std::int64_t n : {1, 2, 10, 20}) {
    const auto r = count_down(lab.caller(), GetParam(), n);
    ASSERT_TRUE(r.ok()) << n << ": " << r.status().to_string();
    EXPECT_EQ(r->x, n);
  }
}

TEST_P(NestedWays, CirclesOfTwoAndThreeGetOnWithOneCallAtATime) {
  for (const std::size_t count : {2u, 3u}) {
    std::vector<const LabCaller*> next(count);
    std::vector<std::unique_ptr<Lab>> labs;
    for (std::size_t k = 0; k < count; ++k)
      labs.push_back(std::make_unique<Lab>(
          engine_, IsolateOptions{.name = std::string(1, static_cast<char>('a' + k)), .concurrency = 1},
          counting_down(next[k], GetParam())));
    for (std::size_t k = 0; k < count; ++k) next[k] = &labs[(k + 1) % count]->caller();
    for (const std::int64_t n : {1, 2, 3, 4, 20}) {
      const auto r = count_down(labs[0]->caller(), GetParam(), n);
      ASSERT_TRUE(r.ok()) << n << ": " << r.status().to_string();
      EXPECT_EQ(r->x, n);
    }
  }
}

TEST_P(NestedWays, DeeperThanSixtyFourAreRefused) {
  const LabCaller* self = nullptr;
  Lab lab(engine_, {.name = "lab", .waiting_limit = 100}, counting_down(self, GetParam()));
  self = &lab.caller();
  const auto fits = count_down(lab.caller(), GetParam(), 64);
  EXPECT_TRUE(fits.ok()) << fits.status().to_string();
  const Status status = count_down(lab.caller(), GetParam(), 65).status();
  EXPECT_EQ(status.code(), Errc::resource_exhausted) << status.to_string();
  EXPECT_NE(status.message().find("nest"), std::string::npos) << status.to_string();
  EXPECT_TRUE(count_down(lab.caller(), GetParam(), 3).ok());
}

TEST_P(NestedWays, WithoutEndEndsForDetachedCallsToo) {
  const LabCaller* self = nullptr;
  std::atomic<std::int64_t> deepest{0};
  const CallOptions detached{.detached = true};
  // A limit of the test's own keeps a failure from being a crash.
  const auto too_deep = [&](std::int64_t x) {
    deepest = std::max(deepest.load(), x);
    return x >= 500;
  };
  Lab lab(engine_, {.name = "lab", .waiting_limit = 100},
          {.compute = [&](const Item& q, CallContext&) -> Result<Item> {
             if (too_deep(q.x)) return q;
             return GetParam() == Way::waiting ? self->try_call<Compute>({q.x + 1, {}}, detached)
                                               : self->start<Compute>({q.x + 1, {}}, detached).try_get();
           },
           .later = [&](Item q, CallContext&) -> Task<Result<Item>> {
             if (too_deep(q.x)) co_return q;
             auto reply = self->start<Later>({q.x + 1, {}}, detached);
             co_return co_await reply;
           }});
  self = &lab.caller();
  EXPECT_EQ(count_down(lab.caller(), GetParam(), 0).status().code(), Errc::resource_exhausted);
  EXPECT_LE(deepest, 101);
}

TEST_P(NestedWays, OneSleeperAtATimeEndsWithATypedErrorOrGetsOn) {
  // waiting_limit 1 is enough for coroutines and for calls on their parent's stack, and for one level of started ones.
  const LabCaller *a_next = nullptr, *b_next = nullptr;
  Lab a(engine_, {.name = "a", .concurrency = 1, .waiting_limit = 1}, counting_down(a_next, GetParam()));
  Lab b(engine_, {.name = "b", .concurrency = 1, .waiting_limit = 1}, counting_down(b_next, GetParam()));
  a_next = &b.caller();
  b_next = &a.caller();
  for (std::int64_t n = 0; n < 12; ++n) {
    const auto r = count_down(a.caller(), GetParam(), n);
    if (r.ok()) {
      EXPECT_EQ(r->x, n);
    } else {
      EXPECT_EQ(r.status().code(), Errc::resource_exhausted) << r.status().to_string();
      EXPECT_GT(n, 1);
    }
  }
}

// The host of one isolate that runs code of another on its stack, and sleeps there, must be replaced too.
TEST_P(NestedWays, AHostThatSleepsInsideAnotherIsolateIsReplacedOrRefused) {
  for (const unsigned limit : {1u, 2u, 3u}) {
    const LabCaller *a_next = nullptr, *b_next = nullptr;
    Lab a(engine_, {.name = "a", .concurrency = 1, .waiting_limit = limit}, counting_down(a_next, GetParam()));
    Lab b(engine_, {.name = "b", .concurrency = 1}, counting_down(b_next, GetParam()));
    a_next = &b.caller();
    b_next = &a.caller();
    for (const std::int64_t n : {4, 8, 12, 30}) {
      const auto r = count_down(a.caller(), GetParam(), n);
      EXPECT_TRUE(r.ok() || r.status().code() == Errc::resource_exhausted) << r.status().to_string();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(By, NestedWays, testing::Values(Way::waiting, Way::started, Way::coroutine),
                         [](const auto& info) {
                           return info.param == Way::waiting   ? "Waiting"
                                  : info.param == Way::started ? "Starting"
                                                               : "Awaiting";
                         });

TEST_F(Nested, CallsRunInTheIsolateThatServesThem) {
  const LabCaller* inner = nullptr;
  std::set<std::string> seen;
  Lab b(engine_, {.name = "b"}, {.compute = [&](const Item& q, CallContext& c) {
          seen.emplace(current_isolate());
          seen.emplace(c.isolate());
          return q;
        }});
  inner = &b.caller();
  Lab a(engine_, {.name = "a"}, {.compute = [&](const Item& q, CallContext&) {
          auto r = inner->try_call<Compute>(q);
          EXPECT_EQ(current_isolate(), "a");
          return r;
        }});
  ASSERT_TRUE(a->try_call<Compute>().ok());
  EXPECT_EQ(seen, std::set<std::string>{"b"});
  EXPECT_EQ(current_isolate(), "");
}

TEST_F(Nested, ArraysOfANestedCallAreChargedToItsIsolate) {
  const LabCaller* inner = nullptr;
  Lab b(engine_, {.name = "b"}, {.compute = [&](const Item&, CallContext&) { return Item{0, filled(1 << 17)}; }});
  inner = &b.caller();
  Frozen<double, 1> kept;
  Lab a(engine_, {.name = "a"}, {.compute = [&](const Item& q, CallContext&) {
          kept = inner->try_call<Compute>().value().data;
          const auto mine = filled(1 << 16);
          EXPECT_GE(b.isolate().memory()->use().held, std::size_t{1} << 20);
          EXPECT_LT(b.isolate().memory()->use().held, std::size_t{3} << 19);
          return q;
        }});
  ASSERT_TRUE(a->try_call<Compute>().ok());
  EXPECT_LT(a.isolate().memory()->use().held, std::size_t{1} << 19);
}

TEST_F(Nested, CallsFromTheBodiesOfAParallelLoopGetOn) {
  const LabCaller* inner = nullptr;
  Lab b(engine_, {.name = "b", .concurrency = 1}, {});
  inner = &b.caller();
  Lab a(engine_, {.name = "a"}, {.compute = [&](const Item& q, CallContext&) {
          std::atomic<std::int64_t> sum{0};
          parallel_for(100, {1}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
            for (std::ptrdiff_t i = begin; i < end; ++i) {
              sum += inner->try_call<Compute>({i, {}}).value().x;
              sum += inner->start<Compute>({i, {}}).get().x;
            }
          });
          return Item{sum, q.data};
        }});
  for (int k = 0; k < 10; ++k) EXPECT_EQ(a->start<Compute>().get().x, 2 * 99 * 100 / 2);
}

TEST_F(Nested, StreamsGetOnThroughACircle) {
  const LabCaller *to_b = nullptr, *to_a = nullptr;
  Lab a(engine_, {.name = "a", .concurrency = 1}, {.down = [&](Item q, Writer<Item> out, CallContext&) {
          if (q.x == 0) return out.write(q), Status();
          for (Item& item : to_b->read<Down>({q.x - 1, {}}))
            if (!out.write({item.x + 1, {}})) break;
          return Status();
        }});
  Lab b(engine_, {.name = "b", .concurrency = 1}, {.down = [&](Item q, Writer<Item> out, CallContext&) {
          for (int k = 0; k < 2; ++k)
            for (Item& item : to_a->read<Down>({q.x, {}}))
              if (!out.write({item.x, {}})) break;
          return Status();
        }});
  to_b = &b.caller();
  to_a = &a.caller();
  int seen = 0;
  for (const Item& item : a->read<Down>({4, {}})) {
    EXPECT_EQ(item.x, 4);
    ++seen;
  }
  EXPECT_EQ(seen, 16);
}

TEST_F(Nested, WaitingMoreThanTheLimitAllowsIsATypedErrorThatNamesIt) {
  Gate finish;
  Tally sleeping;
  const LabCaller* slow_caller = nullptr;
  Lab slow(engine_, {.name = "slow", .concurrency = 1}, {.compute = [&](const Item& q, CallContext&) {
             finish.wait();
             return q;
           }});
  slow_caller = &slow.caller();
  Lab lab(engine_, {.name = "lab", .concurrency = 4, .waiting_limit = 2}, {.compute = [&](const Item& q, CallContext&) {
            auto reply = slow_caller->start<Compute>(q);
            sleeping.add();
            return reply.try_get();
          }});
  std::vector<Reply<Compute>> replies;
  for (int k = 0; k < 3; ++k) {
    replies.push_back(lab->start<Compute>());
    sleeping.wait_for(k + 1);
  }
  int refused = 0;
  while (refused == 0)
    for (auto& r : replies)
      if (r.is_done()) {
        const Status status = r.status();
        EXPECT_EQ(status.code(), Errc::resource_exhausted) << status.to_string();
        EXPECT_NE(status.message().find("waiting_limit"), std::string::npos) << status.to_string();
        ++refused;
      }
  EXPECT_EQ(refused, 1);
  finish.open();
}

}  // namespace
}  // namespace lagoon::test
