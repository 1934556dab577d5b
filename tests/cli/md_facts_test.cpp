// SPDX-License-Identifier: Apache-2.0
#include "md_facts.hpp"

#include <gtest/gtest.h>

namespace lagoon::cli {
namespace {

ObservationFacts at(std::int64_t step) {
  ObservationFacts o;
  o.step = step;
  return o;
}

TEST(Histories, OfShortRunsAreWhole) {
  History h;
  for (std::int64_t step = 0; step < 1000; ++step) h.add(at(step));
  ASSERT_EQ(h.moments().size(), 1000u);
  EXPECT_EQ(h.moments().back().step, 999);
}

TEST(Histories, OfLongRunsAreEvenlyThinned) {
  History h;
  for (std::int64_t step = 0; step < 1'000'000; ++step) h.add(at(step));
  const auto& moments = h.moments();
  EXPECT_LE(moments.size(), 4096u);
  EXPECT_GE(moments.size(), 2048u) << "no more is dropped than must be";
  EXPECT_EQ(moments.front().step, 0);
  for (std::size_t i = 1; i < moments.size(); ++i)
    ASSERT_EQ(moments[i].step - moments[i - 1].step, moments[1].step) << "at " << i;
  EXPECT_GT(moments.back().step, 1'000'000 - 2 * moments[1].step);
}

}  // namespace
}  // namespace lagoon::cli
