// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/kernels/files/csv.hpp>
#include <lagoon/kernels/files/timestamp.hpp>

#include <cmath>

#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

constexpr std::string_view kHours =
    "timestamp,value\n"
    "2014-07-01 00:00:00,10844\n"
    "2014-07-01 00:30:00,8127\n"
    "2014-07-01 01:00:00,6210\n";

std::string error_in(std::string_view text, const CsvOptions& options) {
  return error_of([&] { parse_csv(text, options, "data.csv"); });
}

TEST(CsvTimes, AreReadOverUnlessAskedFor) {
  const Table t = parse_csv(kHours);
  ASSERT_EQ(t.columns.size(), 1u);
  ASSERT_EQ(t.skipped.size(), 1u);
  EXPECT_EQ(t.skipped[0].kind, Kind::date);
}

TEST(CsvTimes, AreSecondsWhereAskedFor) {
  const Table t = parse_csv(kHours, {.times = {"timestamp"}});
  ASSERT_EQ(t.columns.size(), 2u);
  EXPECT_TRUE(t.skipped.empty());
  const Column& time = t.column("timestamp");
  EXPECT_EQ(time.missing, 0u);
  for (std::ptrdiff_t i = 0; i < 3; ++i) EXPECT_EQ(time.values[i], 1404172800 + 1800.0 * static_cast<double>(i));
  EXPECT_EQ(t.column("value").values[2], 6210);
}

TEST(CsvTimes, AreReadBesideTheColumnsThatAreNamed) {
  const Table t = parse_csv("t,a,b\n2014-07-01,1,2\n", {.columns = {"b"}, .times = {"t"}});
  ASSERT_EQ(t.columns.size(), 2u);
  EXPECT_EQ(t.columns[0].name, "t");
  EXPECT_EQ(t.columns[1].name, "b");
}

TEST(CsvTimes, MayBeNumbersAndMayBeMissing) {
  const Table t = parse_csv("t;x\n2014-07-01T00:00:00.5Z;1\n1404172801,5;2\n2014;3\nNA;4\n;5\n1900-01-01;6\n",
                            {.times = {"t"}, .decimal_point = ',', .missing = {"NA", "1900-01-01"}});
  const Column& time = t.column("t");
  EXPECT_EQ(time.values[0], 1404172800.5);
  EXPECT_EQ(time.values[1], 1404172801.5);
  EXPECT_EQ(time.values[2], 2014);
  EXPECT_TRUE(std::isnan(time.values[3]) && std::isnan(time.values[4]) && std::isnan(time.values[5]));
  EXPECT_EQ(time.missing, 3u);
}

TEST(CsvTimes, MayBeQuoted) {
  const Table t = parse_csv("t,x\n\"2014-07-01T00:00:00,5Z\",1\n 2014-07-02 ,2\n", {.times = {"t"}});
  EXPECT_EQ(t.column("t").values[0], 1404172800.5);
  EXPECT_EQ(t.column("t").values[1], 1404172800 + 86400);
}

TEST(CsvTimes, OfAllNumbersOrNoneAreAColumnAllTheSame) {
  EXPECT_EQ(parse_csv("t,x\n5,1\n7.5,2\n", {.times = {"t"}}).column("t").values[1], 7.5);
  EXPECT_FALSE(parse_csv("t,x\n5,1\n7.5,2\n", {.times = {"t"}}).column("t").dates);
  EXPECT_EQ(parse_csv("t,x\n,1\n,2\n", {.times = {"t"}}).column("t").missing, 2u);
}

TEST(CsvTimes, ThatAreAllPackedDatesAreUnpacked) {
  const Table packed = parse_csv("t,x\n20140701,1\n,2\n19700102,3\n", {.times = {"t"}});
  EXPECT_EQ(packed.column("t").values[0], 1404172800);
  EXPECT_TRUE(std::isnan(packed.column("t").values[1]));
  EXPECT_EQ(packed.column("t").values[2], 86400);
  EXPECT_TRUE(packed.column("t").dates);
  const Table mixed = parse_csv("t,x\n20140701,1\n5,2\n", {.times = {"t"}});
  EXPECT_EQ(mixed.column("t").values[0], 20140701);
  EXPECT_FALSE(mixed.column("t").dates);
}

TEST(CsvTimes, AnythingElseIsAnErrorWithItsPlace) {
  EXPECT_EQ(error_in("t,x\n2014-07-01,1\n07/02/2014,2\n", {.times = {"t"}}),
            "invalid_argument: data.csv:3: column 1 't': '07/02/2014' is neither a time nor a number");
  EXPECT_EQ(error_in("x,t\n1,2014-07-01\n1,2014-02-30\n", {.times = {"t"}}),
            "invalid_argument: data.csv:3: column 2 't': '2014-02-30' is neither a time nor a number");
  EXPECT_EQ(error_in("time,x\n2014-07-01,1\n", {.times = {"tme"}}),
            "not_found: data.csv: no column 'tme'; did you mean 'time'?");
}

TEST(CsvTimes, OfALongFileAreTheSameByOneCoreAndByMany) {
  std::string text = "t,x\n";
  constexpr std::ptrdiff_t kRows = 60000;  // 1.6 MB: several pieces
  for (std::ptrdiff_t i = 0; i < kRows; ++i)
    text += format_timestamp(1.4e9 + 300.0 * static_cast<double>(i)) + "," + std::to_string(i) + "\n";
  for (const bool parallel : {false, true}) {
    const Table t = parse_csv(text, {.times = {"t"}, .parallel = parallel});
    ASSERT_EQ(t.rows, static_cast<std::size_t>(kRows));
    for (std::ptrdiff_t i = 0; i < kRows; ++i)
      ASSERT_EQ(t.column("t").values[i], 1.4e9 + 300.0 * static_cast<double>(i));
  }
  // The first of two faults is told, whoever finds the second.
  const std::size_t middle = text.find('\n', text.size() / 2);
  text.insert(middle + 1, "noon,1\n");
  text += "evening,2\n";
  EXPECT_NE(error_in(text, {.times = {"t"}}).find("'noon' is neither"), std::string::npos);
}

}  // namespace
}  // namespace lagoon::files
