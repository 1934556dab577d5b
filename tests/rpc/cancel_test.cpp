// SPDX-License-Identifier: Apache-2.0
// Giving up a call gives up what it has called in turn, however those wait.
#include "lab.hpp"

namespace lagoon::test {
namespace {

/// An isolate whose calls run until they are told to stop.
struct Endless {
  explicit Endless(Engine& engine)
      : lab(engine, {.name = "endless"}, {.compute = [this](const Item& q, CallContext& c) {
              begun.open();
              while (!c.stop_requested()) std::this_thread::yield();
              c.throw_if_stopped();
              return q;
            }}) {}
  Gate begun;
  Lab lab;
};

TEST(Cancelling, ReachesACallThatRunsOnItsParentsThread) {
  Engine engine;
  Endless leaf(engine);
  Lab lab(engine, {.name = "lab"},
          {.compute = [&](const Item& q, CallContext&) { return leaf.lab->try_call<Compute>(q); }});
  auto reply = lab->start<Compute>();
  leaf.begun.wait();
  reply.cancel();
  EXPECT_EQ(reply.status().code(), Errc::cancelled);
  lab.close();  // returns: both handlers have ended
}

TEST(Cancelling, ReachesACallThatWasStarted) {
  Engine engine;
  Endless leaf(engine);
  Lab lab(engine, {.name = "lab"},
          {.compute = [&](const Item& q, CallContext&) { return leaf.lab->start<Compute>(q).try_get(); }});
  auto reply = lab->start<Compute>();
  leaf.begun.wait();
  reply.cancel();
  lab.close();
}

TEST(Cancelling, ReachesAGrandchildThroughAnInlineParent) {
  Engine engine;
  Endless leaf(engine);
  Lab middle(engine, {.name = "middle"},
             {.compute = [&](const Item& q, CallContext&) { return leaf.lab->start<Compute>(q).try_get(); }});
  Lab top(engine, {.name = "top"},
          {.compute = [&](const Item& q, CallContext&) { return middle->try_call<Compute>(q); }});
  auto reply = top->start<Compute>();
  leaf.begun.wait();
  reply.cancel();
  top.close();
}

TEST(Cancelling, ByAStopControlReachesAGrandchildThatWasStarted) {
  Engine engine;
  Endless leaf(engine);
  Lab top(engine, {.name = "top"},
          {.compute = [&](const Item& q, CallContext&) { return leaf.lab->start<Compute>(q).try_get(); }});
  StopControl stop;
  std::thread other([&] {
    leaf.begun.wait();
    stop.request_stop();
  });
  // waits on this thread, and may run there
  EXPECT_EQ(top->try_call<Compute>({}, {.stop = &stop}).status().code(), Errc::cancelled);
  other.join();
}

TEST(Cancelling, ReachesACoroutineThatAwaitsAnItem) {
  Engine engine;
  Gate leaf_waits, sent;
  const LabCaller* leaf_caller = nullptr;
  Lab leaf(engine, {.name = "leaf"}, {.later_up = [&](Reader<Item> in, CallContext&) -> Task<Result<Item>> {
             leaf_waits.open();
             while (co_await in.next()) {
             }
             co_return Item{};
           }});
  leaf_caller = &leaf.caller();
  std::optional<Upload<LaterUp>> never_closed;
  Lab top(engine, {.name = "top"}, {.later = [&](Item q, CallContext&) -> Task<Result<Item>> {
            never_closed.emplace(leaf_caller->write<LaterUp>());
            auto second = leaf_caller->start<Later>(q);
            (void)co_await second;
            (void)co_await never_closed->send(q);
            sent.open();
            // what never comes: the leaf waits for items, and this coroutine for the leaf
            auto back = leaf_caller->both<LaterBoth>();
            (void)co_await back.next();
            co_return q;
          }});
  auto reply = top->start<Later>();
  leaf_waits.wait();
  sent.wait();
  reply.cancel();
  EXPECT_EQ(reply.status().code(), Errc::cancelled);
  never_closed.reset();
  top.close();  // hangs if the coroutine stays suspended
  leaf.close();
}

TEST(Cancelling, ReachesACoroutineThatAwaitsACoroutine) {
  Engine engine;
  Tally suspended;
  const LabCaller* self = nullptr;
  Lab lab(engine, {.name = "lab"}, {.later = [&](Item q, CallContext&) -> Task<Result<Item>> {
            if (q.x > 0) {
              auto reply = self->start<Later>({q.x - 1, {}});
              suspended.add();
              co_return co_await reply;
            }
            auto both = self->both<LaterBoth>();
            suspended.add();
            (void)co_await both.next();  // nobody writes
            co_return q;
          }});
  self = &lab.caller();
  auto reply = lab->start<Later>({3, {}});
  suspended.wait_for(4);
  reply.cancel();
  EXPECT_EQ(reply.status().code(), Errc::cancelled);
  lab.close();
}

TEST(Cancelling, DoesNotReachADetachedCall) {
  Engine engine;
  Gate begun, release;
  std::atomic<bool> stopped{true};
  const LabCaller* inner = nullptr;
  Lab other(engine, {.name = "other"}, {.compute = [&](const Item& q, CallContext& c) {
              begun.open();
              release.wait();
              stopped = c.stop_requested();
              return q;
            }});
  inner = &other.caller();
  Lab lab(engine, {.name = "lab"}, {.compute = [&](const Item& q, CallContext&) {
            return inner->start<Compute>(q, {.detached = true}).try_get();
          }});
  auto reply = lab->start<Compute>();
  begun.wait();
  reply.cancel();
  release.open();
  lab.close();
  other.close();
  EXPECT_FALSE(stopped);
}

TEST(Cancelling, IsSeenByKernelsOfTheCall) {
  Engine engine;
  Gate begun;
  std::atomic<bool> seen{false};
  Lab lab(engine, {.name = "lab"}, {.compute = [&](const Item& q, CallContext&) {
            begun.open();
            try {
              for (;;) throw_if_stopped();  // what a kernel does that knows nothing of calls
            } catch (const Error& e) {
              seen = e.code() == Errc::cancelled;
              throw;
            }
            return q;
          }});
  auto reply = lab->start<Compute>();
  begun.wait();
  reply.cancel();
  lab.close();
  EXPECT_TRUE(seen);
}

TEST(Cancelling, LeavesMemoryChargedUntilTheHandlerHasEnded) {
  Engine engine;
  Gate allocated, release;
  Lab lab(engine, {.name = "lab"}, {.compute = [&](const Item& q, CallContext&) {
            const auto scratch = filled(1 << 20);
            allocated.open();
            release.wait();
            return q;
          }});
  auto reply = lab->start<Compute>();
  allocated.wait();
  reply.cancel();
  EXPECT_GE(lab.isolate().memory()->use().held, std::size_t{8} << 20);
  EXPECT_EQ(lab.isolate().running(), 1u);
  release.open();
  const auto memory = lab.isolate().memory();
  lab.close();
  EXPECT_LT(memory->use().held, std::size_t{1} << 20);
}

TEST(Cancelling, AndFinishingAtOnceEndsOnce) {
  Engine engine;
  Lab lab(engine, {.name = "lab"}, {});
  for (int k = 0; k < 2000; ++k) {
    Gate go;
    auto reply = lab->start<Compute>({k, {}});
    std::thread other;
    if (k % 20 == 0) {
      other = std::thread([&] {
        go.wait();
        reply.cancel();
      });
      go.open();
    } else {
      reply.cancel();
    }
    const auto r = reply.try_get();
    if (other.joinable()) other.join();
    if (r.ok()) {
      EXPECT_EQ(r->x, k);
    } else {
      EXPECT_EQ(r.status().code(), Errc::cancelled);
    }
  }
}

}  // namespace
}  // namespace lagoon::test
