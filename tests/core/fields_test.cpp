// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/fields.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lagoon {
namespace {

struct Summary {
  double mean = 1.5;
  int n = 3;
  std::string unit = "s";
  LAGOON_FIELDS(Summary, mean, n, unit)
};

struct Single {
  int only = 0;
  LAGOON_FIELDS(Single, only)
};

struct Plain {
  int x = 0;
};

struct Wide {
  int a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4, c5, c6, c7,
      c8, c9, d0, d1, d2, d3, d4, d5, d6, d7, d8, d9;
  LAGOON_FIELDS(Wide, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3,
                c4, c5, c6, c7, c8, c9, d0, d1, d2, d3, d4, d5, d6, d7, d8, d9)
};

TEST(Fields, NamesThemselvesInTheirOrder) {
  std::vector<std::string> names;
  Summary s;
  for_each_field(s, [&](std::string_view name, const auto&) { names.emplace_back(name); });
  EXPECT_EQ(names, (std::vector<std::string>{"mean", "n", "unit"}));
  EXPECT_EQ(Summary::lagoon_type_name(), "Summary");
}

TEST(Fields, GiveTheObjectsOwnMembersToReadAndToWrite) {
  Summary s;
  for_each_field(s, [](std::string_view, auto& value) {
    if constexpr (std::is_arithmetic_v<std::remove_reference_t<decltype(value)>>) value += 1;
  });
  EXPECT_EQ(s.mean, 2.5);
  EXPECT_EQ(s.n, 4);
  const Summary& fixed = s;
  for_each_field(fixed, [](std::string_view, auto& value) {
    static_assert(std::is_const_v<std::remove_reference_t<decltype(value)>>);
  });
}

TEST(Fields, LeaveTheStructAnAggregate) {
  static_assert(std::is_aggregate_v<Summary>);
  const Summary s{.mean = 2, .n = 1, .unit = "m"};
  EXPECT_EQ(s.unit, "m");
  static_assert(sizeof(Single) == sizeof(int));
}

TEST(Fields, TellStructsThatHaveThemFromThoseThatDoNot) {
  static_assert(Fielded<Summary> && Fielded<const Summary&> && Fielded<Single>);
  static_assert(!Fielded<Plain> && !Fielded<int>);
}

TEST(Fields, MayBeOneOrMany) {
  int count = 0;
  Single one;
  for_each_field(one, [&](std::string_view, int&) { ++count; });
  EXPECT_EQ(count, 1);
  Wide wide{};
  int next = 0;
  for_each_field(wide, [&](std::string_view, int& x) { x = next++; });
  EXPECT_EQ(next, 40);
  EXPECT_EQ(wide.d9, 39);
}

TEST(Fields, AreKnownAtCompileTime) {
  constexpr auto fields = Summary::lagoon_fields();
  static_assert(std::tuple_size_v<decltype(fields)> == 3);
  static_assert(std::get<1>(fields).name == "n");
}

}  // namespace
}  // namespace lagoon
