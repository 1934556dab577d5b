// SPDX-License-Identifier: Apache-2.0
#include "json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace lagoon::cli {
namespace {

struct Point {
  double x = 0;
  std::vector<double> path;
  LAGOON_FIELDS(Point, x, path)
};

TEST(Json, DocumentsNameTheirSchemaFirst) {
  EXPECT_EQ(compact(document_of("point", Point{1.5, {1, 2}})),
            R"({"schema":"lagoon.point","schema_version":1,"x":1.5,"path":[1.0,2.0]})");
}

TEST(Json, ListsOfNumbersStayOnOneLine) {
  EXPECT_EQ(pretty(parse_json(R"({"a":[1,2],"b":{"c":[]},"d":[[1],[2]]})", "x")),
            "{\n  \"a\": [1, 2],\n  \"b\": {\n    \"c\": []\n  },\n  \"d\": [\n    [1],\n    [2]\n  ]\n}");
}

TEST(Json, WhatJsonCannotSayIsNull) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(compact(Value(Value::List{Value(inf), Value(std::nan("")), Value()})), "[null,null,null]");
  Tensor<double, 1> t({2});
  t[0] = -inf;
  t[1] = 3;
  EXPECT_EQ(compact(Value(Value::Array(std::move(t).freeze()))), "[null,3.0]");
}

TEST(Json, ArraysAreNestedLists) {
  Tensor<std::int64_t, 2> t({2, 2});
  for (int i = 0; i < 4; ++i) t.data()[i] = i;
  EXPECT_EQ(compact(Value(Value::Array(std::move(t).freeze()))), "[[0,1],[2,3]]");
}

TEST(Json, BrokenUtf8IsReplacedAndNotThrown) { EXPECT_EQ(compact(Value(std::string("a\xFFz"))), "\"a\uFFFDz\""); }

TEST(Json, NothingInAScriptEndsIt) {
  EXPECT_EQ(for_script(Value(std::string("</script><!--"))), "\"\\u003c/script>\\u003c!--\"");
}

TEST(Json, ErrorsNameLineAndColumn) {
  try {
    parse_json("{\n  \"a\": 1,\n  b\n}", "r.json");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.status().message(), "r.json:3:3: this is not JSON");
  }
  EXPECT_THROW(parse_json(std::string(100'000, '['), "deep"), Error);
  EXPECT_THROW(parse_json("", "empty"), Error);
  Value v;
  EXPECT_FALSE(try_parse_json("hello", v));
  EXPECT_FALSE(try_parse_json(std::string(100'000, '{'), v));
  EXPECT_TRUE(try_parse_json("1e999", v) || true) << "must not throw";
}

TEST(Json, NumbersKeepTheirKind) {
  EXPECT_EQ(std::get<std::int64_t>(parse_json("3", "x").data), 3);
  EXPECT_EQ(std::get<double>(parse_json("3.0", "x").data), 3.0);
  EXPECT_EQ(std::get<double>(parse_json("18446744073709551615", "x").data), 18446744073709551615.0);
}

}  // namespace
}  // namespace lagoon::cli
