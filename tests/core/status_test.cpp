// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/status.hpp>

#include <gtest/gtest.h>

#include <lagoon/core/error.hpp>

#include <new>
#include <set>
#include <stdexcept>
#include <thread>

namespace lagoon {
namespace {

using namespace std::chrono_literals;

TEST(Errc, HasANameForEachCodeAndForNone) {
  std::set<std::string_view> names;
  for (int k = 0; k <= 16; ++k) names.insert(name(static_cast<Errc>(k)));
  EXPECT_EQ(names.size(), 17u);
  EXPECT_EQ(name(Errc::ok), "ok");
  EXPECT_EQ(name(Errc::resource_exhausted), "resource_exhausted");
  EXPECT_EQ(name(Errc::unauthenticated), "unauthenticated");
  EXPECT_EQ(name(static_cast<Errc>(99)), "invalid_code");
  EXPECT_EQ(name(Executed::maybe), "maybe");
}

TEST(Errc, HasTheNumbersOfGrpc) {
  EXPECT_EQ(static_cast<int>(Errc::deadline_exceeded), 4);
  EXPECT_EQ(static_cast<int>(Errc::unavailable), 14);
  EXPECT_EQ(static_cast<int>(Errc::unauthenticated), 16);
}

TEST(Status, IsSuccessUnlessToldOtherwise) {
  const Status s;
  EXPECT_TRUE(s.ok());
  EXPECT_TRUE(s);
  EXPECT_EQ(s.code(), Errc::ok);
  EXPECT_EQ(s.message(), "");
  EXPECT_EQ(s.isolate(), "");
  EXPECT_EQ(s.executed(), Executed::yes);
  EXPECT_EQ(s.retry_after(), 0ns);
  EXPECT_EQ(s.cause(), nullptr);
  EXPECT_TRUE(s.details().empty());
  EXPECT_EQ(s.to_string(), "ok");
  EXPECT_TRUE(Status(Errc::ok, "a message that nobody needs").ok());
}

TEST(Status, SaysWhy) {
  const Status s(Errc::not_found, "no column x");
  EXPECT_FALSE(s.ok());
  EXPECT_EQ(s.code(), Errc::not_found);
  EXPECT_EQ(s.message(), "no column x");
  EXPECT_EQ(s.to_string(), "not_found: no column x");
}

TEST(Status, GivesANewOneWithAFactAddedAndStaysAsItWas) {
  const Status bare(Errc::unavailable, "gone");
  const Status full = bare.with_executed(Executed::no)
                          .with_isolate("stats")
                          .with_retry_after(2500us)
                          .with_cause(Status(Errc::aborted, "signal 9").with_cause(Status(Errc::internal, "root")))
                          .with_detail("pid", "7")
                          .with_detail("pid", "8");
  EXPECT_EQ(full.to_string(),
            "unavailable: gone (isolate stats, executed: no, retry after 3 ms) <- aborted: signal 9 <- internal: root");
  EXPECT_EQ(full.details(), (Status::Details{{"pid", "7"}, {"pid", "8"}}));
  ASSERT_TRUE(full.cause());
  EXPECT_EQ(full.cause()->message(), "signal 9");
  EXPECT_EQ(bare.to_string(), "unavailable: gone");
  EXPECT_EQ(bare.cause(), nullptr);
}

TEST(Status, OfSuccessTakesNoFacts) {
  EXPECT_TRUE(Status().with_isolate("x").with_detail("a", "b").with_executed(Executed::no).ok());
  EXPECT_EQ(Status().with_executed(Executed::no).executed(), Executed::yes);
}

TEST(Status, IsReadByManyThreadsAtOnce) {
  const Status s = Status(Errc::aborted, "shared").with_detail("k", "v");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([s] {
      for (int k = 0; k < 1000; ++k) {
        const Status copy = s;
        const Status changed = copy.with_isolate("mine");
        EXPECT_EQ(changed.details().size(), 1u);
      }
    });
  for (auto& t : threads) t.join();
}

TEST(Error, CarriesItsStatusAndShowsIt) {
  const Error e(Errc::out_of_range, "row 7 of 3");
  EXPECT_EQ(e.code(), Errc::out_of_range);
  EXPECT_EQ(e.status().message(), "row 7 of 3");
  EXPECT_STREQ(e.what(), "out_of_range: row 7 of 3");
}

template <class T>
Status status_when_thrown(T&& thrown) {
  try {
    throw std::forward<T>(thrown);
  } catch (...) {
    return status_of_current_exception();
  }
}

TEST(StatusOfCurrentException, KeepsAnErrorAndNamesTheRest) {
  const Status kept = status_when_thrown(Error(Status(Errc::data_loss, "crc").with_detail("at", "3")));
  EXPECT_EQ(kept.code(), Errc::data_loss);
  EXPECT_EQ(kept.details().size(), 1u);
  EXPECT_EQ(status_when_thrown(std::bad_alloc()).code(), Errc::resource_exhausted);
  EXPECT_EQ(status_when_thrown(std::runtime_error("boom")).to_string(), "unknown: boom");
  EXPECT_EQ(status_when_thrown(42).code(), Errc::unknown);
}

}  // namespace
}  // namespace lagoon
