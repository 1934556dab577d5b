// SPDX-License-Identifier: Apache-2.0
// Whatever a handler throws ends its own call alone, and says what it was.
#include <lagoon/engine/parallel.hpp>
#include <new>
#include <stdexcept>

#include "lab.hpp"

namespace lagoon::test {
namespace {

struct Throw {
  const char* name;
  void (*act)();
  Errc code;
  const char* text;  ///< part of the message
};

const Throw kThrows[] = {
    {"Error", [] { throw Error(Errc::data_loss, "the file is torn"); }, Errc::data_loss, "the file is torn"},
    {"Runtime", [] { throw std::runtime_error("what went wrong"); }, Errc::unknown, "what went wrong"},
    {"BadAlloc", [] { throw std::bad_alloc(); }, Errc::resource_exhausted, ""},
    {"Number", [] { throw 42; }, Errc::unknown, ""},
    {"Text", [] { throw "a literal"; }, Errc::unknown, ""},
};

class Throwing : public testing::TestWithParam<Throw> {
 protected:
  static Result<Item> fail() {
    GetParam().act();
    return Item{};
  }
  Engine engine_;
  Lab lab_{engine_,
           {.name = "lab"},
           {.compute = [](const Item&, CallContext&) { return fail(); },
            .alone = [](const Item& q, CallContext&) -> Result<Item> { return q.x ? fail() : Result<Item>(q); },
            .later = [](Item, CallContext&) -> Task<Result<Item>> { co_return fail(); },
            .later_alone = [](Item q, CallContext&) -> Task<Result<Item>> {
              if (q.x) co_return fail();
              co_return q;
            },
            .down =
                [](Item, Writer<Item> out, CallContext&) {
                  out.write({1, {}});
                  out.write({2, {}});
                  return fail().status();
                },
            .later_down = [](Item, CallContext&) -> Stream<Item> {
              Item first{1, {}}, second{2, {}};
              co_yield first;
              co_yield second;
              (void)fail();
            },
            .up =
                [](Reader<Item> in, CallContext&) {
                  in.read();
                  return fail();
                },
            .later_up = [](Reader<Item> in, CallContext&) -> Task<Result<Item>> {
              (void)co_await in.next();
              co_return fail();
            },
            .both =
                [](Reader<Item> in, Writer<Item> out, CallContext&) {
                  in.read();
                  out.write({1, {}});
                  return fail().status();
                },
            .later_both = [](Reader<Item> in, Writer<Item> out, CallContext&) -> Task<Status> {
              (void)co_await in.next();
              Item first{1, {}};
              (void)co_await out.send(first);
              co_return fail().status();
            }}};

  void expect_it(const Status& status) {
    EXPECT_EQ(status.code(), GetParam().code) << status.to_string();
    EXPECT_NE(status.message().find(GetParam().text), std::string::npos) << status.to_string();
    EXPECT_EQ(status.executed(), Executed::yes) << status.to_string();
    EXPECT_EQ(status.isolate(), "lab");
  }
  template <class R>
  void expect_after(R reply, int items) {
    int seen = 0;
    Status status;
    try {
      while (reply.read()) ++seen;
    } catch (const Error& e) {
      status = e.status();
    }
    EXPECT_EQ(seen, items);
    expect_it(status);
  }
};

TEST_P(Throwing, EndsAUnaryCall) {
  for (int k = 0; k < 3; ++k) {
    expect_it(lab_->try_call<Compute>().status());
    expect_it(lab_->start<Compute>().status());
    expect_it(lab_->try_call<Later>().status());
    expect_it(lab_->start<Later>().status());
  }
}

TEST_P(Throwing, LeavesAnExclusiveMethodFree) {
  for (int k = 0; k < 3; ++k) {
    expect_it(lab_->try_call<Alone>({1, {}}).status());
    expect_it(lab_->start<Alone>({1, {}}).status());
    EXPECT_TRUE(lab_->start<Alone>().status().ok());
    expect_it(lab_->start<LaterAlone>({1, {}}).status());
    EXPECT_TRUE(lab_->start<LaterAlone>().status().ok());
  }
}

TEST_P(Throwing, EndsAServerStreamAfterItsItems) {
  expect_after(lab_->read<Down>(), 2);
  expect_after(lab_->read<LaterDown>(), 2);
}

TEST_P(Throwing, EndsAClientStreamWhileItIsWritten) {
  auto up = lab_->write<Up>();
  while (up.write({1, {}})) {
  }
  expect_it(up.status());
  auto later = lab_->write<LaterUp>();
  while (later.write({1, {}})) {
  }
  expect_it(later.status());
}

TEST_P(Throwing, EndsBothDirections) {
  auto both = lab_->both<Both>();
  while (both.write({1, {}})) {
  }
  expect_after(std::move(both), 1);
  auto later = lab_->both<LaterBoth>();
  while (later.write({1, {}})) {
  }
  expect_after(std::move(later), 1);
}

TEST_P(Throwing, ReachesTheCallersCoroutine) {
  const LabCaller* inner = &lab_.caller();
  Lab outer(engine_, {.name = "outer"}, {.later = [inner](Item q, CallContext&) -> Task<Result<Item>> {
              auto reply = inner->start<Later>(q);
              co_return co_await reply;
            }});
  const Status status = outer->try_call<Later>().status();
  expect_it(status);
}

INSTANTIATE_TEST_SUITE_P(What, Throwing, testing::ValuesIn(kThrows), [](const auto& info) { return info.param.name; });

TEST(ThrowingInside, AParallelLoopOfAHandlerEndsItsCallAlone) {
  Engine engine;
  Lab lab(engine, {.name = "lab"}, {.compute = [](const Item& q, CallContext&) {
            parallel_for(1000, {1}, [&](std::ptrdiff_t begin, std::ptrdiff_t) {
              if (begin == q.x) throw std::out_of_range("part " + std::to_string(begin));
            });
            return q;
          }});
  std::vector<Reply<Compute>> replies;
  for (std::int64_t k = 0; k < 20; ++k) replies.push_back(lab->start<Compute>({k % 2 ? 500 + k : -1, {}}));
  for (std::int64_t k = 0; k < 20; ++k) {
    const Status status = replies[static_cast<std::size_t>(k)].status();
    EXPECT_EQ(status.ok(), k % 2 == 0) << status.to_string();
    EXPECT_TRUE(status.ok() || status.message() == "part " + std::to_string(500 + k)) << status.to_string();
  }
}

}  // namespace
}  // namespace lagoon::test
