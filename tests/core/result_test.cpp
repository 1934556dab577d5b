// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/result.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace lagoon {
namespace {

Result<std::string> greet(bool fails) {
  if (fails) return Status(Errc::not_found, "nobody there");
  return "hello " + std::string("lagoon");
}

TEST(Result, IsAValueOrWhyThereIsNone) {
  const Result<std::string> good = greet(false), bad = greet(true);
  EXPECT_TRUE(good.ok());
  EXPECT_TRUE(good);
  EXPECT_EQ(*good, "hello lagoon");
  EXPECT_EQ(good->size(), 12u);
  EXPECT_TRUE(good.status().ok());
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.status().code(), Errc::not_found);
}

TEST(Result, ThrowsItsStatusWhenTheValueIsAskedForInVain) {
  Result<std::string> bad = greet(true);
  const Result<std::string> fixed = greet(true);
  EXPECT_THROW((void)bad.value(), Error);
  EXPECT_THROW((void)*bad, Error);
  EXPECT_THROW((void)bad->size(), Error);
  EXPECT_THROW((void)fixed.value(), Error);
  EXPECT_THROW((void)*fixed, Error);
  EXPECT_THROW((void)greet(true).value(), Error);
  try {
    (void)bad.value();
  } catch (const Error& e) {
    EXPECT_EQ(e.status().message(), "nobody there");
  }
}

TEST(Result, ChangesAndMovesItsValue) {
  Result<std::vector<int>> r(std::vector<int>{1, 2});
  r->push_back(3);
  r.value()[0] = 7;
  const int* address = r->data();
  const std::vector<int> out = std::move(r).value();
  EXPECT_EQ(out.data(), address);
  EXPECT_EQ(out, (std::vector{7, 2, 3}));
}

TEST(Result, HoldsMoveOnlyValues) {
  Result<std::unique_ptr<int>> r(std::make_unique<int>(5));
  std::unique_ptr<int> p = *std::move(r);
  EXPECT_EQ(*p, 5);
}

TEST(Result, GivesAnotherValueInItsPlaceWhenAsked) {
  EXPECT_EQ(greet(true).value_or("silence"), "silence");
  EXPECT_EQ(greet(false).value_or("silence"), "hello lagoon");
}

TEST(Result, MadeOfASuccessWithoutAValueSaysThatThisIsABug) {
  const Result<int> r{Status()};
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.status().code(), Errc::internal);
}

TEST(ResultOfVoid, SaysOnlyHowItEnded) {
  const Result<void> good, bad(Status(Errc::aborted, "given up"));
  EXPECT_TRUE(good.ok());
  EXPECT_NO_THROW(good.value());
  EXPECT_FALSE(bad);
  EXPECT_THROW(bad.value(), Error);
  EXPECT_EQ(bad.status().message(), "given up");
}

}  // namespace
}  // namespace lagoon
