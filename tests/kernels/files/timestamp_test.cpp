// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/core/error.hpp>
#include <lagoon/kernels/files/timestamp.hpp>

#include <cmath>
#include <limits>
#include <random>

namespace lagoon::files {
namespace {

void expect_time(std::string_view text, double seconds) {
  const std::optional<double> got = parse_timestamp(text);
  ASSERT_TRUE(got) << text;
  EXPECT_EQ(*got, seconds) << text;
}

// Expected numbers are those of GNU date: date -u -d "2014-07-01 00:30:00" +%s

TEST(Timestamp, IsSecondsSince1970) {
  expect_time("1970-01-01", 0);
  expect_time("2014-07-01", 1404172800);
  expect_time("2014-07-01 00:30:00", 1404174600);
  expect_time("2014-07-01T00:30:00", 1404174600);
  expect_time("2014-07-01T00:30", 1404174600);
  expect_time("2014-07", 1404172800);
  expect_time("2038-01-19T03:14:08Z", 2147483648);
  expect_time("1969-12-31T23:59:59Z", -1);
  expect_time("0000-01-01", -62167219200);
  expect_time("0001-01-01", -62135596800);
  expect_time("9999-12-31T23:59:59", 253402300799);
  expect_time("1582-10-10", -12219724800);  // of the ten days that Pope Gregory left out
}

TEST(Timestamp, TakesFormsThatFilesHave) {
  for (const char* text :
       {"2014/07/01 00:30", "2014/7/1 0:30", "2014-7-1 00:30:00", "2014-07-01t00:30:00z", "2014-07-01 00:30:00.000",
        "2014-07-01  00:30:00 UTC", "2014-07-01 00:30:00 GMT", " 2014-07-01 00:30:00 ", "2014-07-01T00:30:00,0Z"})
    expect_time(text, 1404174600);
}

TEST(Timestamp, MayBeAQuarter) {
  for (const char* text : {"2014Q3", "2014q3", "2014-Q3", "2014 Q3", " 2014Q3 "}) expect_time(text, 1404172800);
  expect_time("1970Q1", 0);
  expect_time("1969Q4", -92 * 86400);
  for (const char* text : {"2014Q0", "2014Q5", "2014Q", "2014/Q3", "2014Q33", "14Q3", "Q3 2014", "2014  Q3", "2014 "})
    EXPECT_FALSE(parse_timestamp(text)) << text;
}

TEST(Timestamp, HasAnOffset) {
  for (const char* text : {"2014-07-01T02:30:00+02:00", "2014-07-01T02:30:00+0200", "2014-07-01 02:30:00 +02",
                           "2014-06-30T19:00:00-05:30", "2014-07-01T00:30:00+00:00", "2014-07-01T00:30-00:00"})
    expect_time(text, 1404174600);
}

TEST(Timestamp, HasFractionsOfASecond) {
  expect_time("2014-07-01T00:30:00.250Z", 1404174600.25);
  expect_time("1970-01-01 00:00:00.1", 0.1);
  expect_time("1970-01-01 00:00:00.123456789", 0.123456789);
  expect_time("1970-01-01 00:00:00.00000000000000000000000000000000000000001", 0);
  expect_time("1969-12-31 23:59:59.75", -0.25);
}

TEST(Timestamp, KnowsLeapYearsAndLeapSeconds) {
  expect_time("2000-02-29", 951782400);
  expect_time("2016-02-29T12:00Z", 1456747200);
  expect_time("2016-12-31T23:59:60Z", 1483228800);
  expect_time("2017-01-01T05:29:60.5+05:30", 1483228800);
  expect_time("2014-06-30T24:00:00", 1404172800);
  for (const char* text : {"1900-02-29", "2014-02-29", "2100-02-29", "2014-02-30", "2014-04-31"})
    EXPECT_FALSE(parse_timestamp(text)) << text;
}

TEST(Timestamp, RefusesWhatIsNone) {
  for (const char* text : {"",
                           " ",
                           "2014",
                           "20140701",
                           "1404174600",
                           "07/01/2014",
                           "1/2/2003 14:00",
                           "01-07-2014",
                           "2014-13-01",
                           "2014-00-01",
                           "2014-07-00",
                           "2014-07-32",
                           "2014-07/01",
                           "2014/07-01",
                           "2014-07-01-",
                           "2014-07-",
                           "2014-",
                           "2014.07.01",
                           "214-07-01",
                           "12014-07-01",
                           "-2014-07-01",
                           "2014-007-01",
                           "2014-07-01T",
                           "2014-07-01 0",
                           "2014-07-01T24:00:01",
                           "2014-07-01T24:30",
                           "2014-07-01T25:00",
                           "2014-07-01T12:60",
                           "2014-07-01T12:00:61",
                           "2014-07-01T12:0",
                           "2014-07-01T12:00:0",
                           "2014-07-01T12:00:00.",
                           "2014-07-01T12:00:00.x",
                           "2014-07-01T12:00:00+2",
                           "2014-07-01T12:00:00+24:00",
                           "2014-07-01T12:00:00+02:60",
                           "2014-07-01T12:00:00+02:",
                           "2014-07-01T12:00:00ZZ",
                           "2014-07-01T12:00:00 CET",
                           "2014-07-01 12:00 pm",
                           "2014-07-01x",
                           "2014-07-01Z",
                           "Jul 1 2014",
                           "12:00:00",
                           "NaN",
                           "\xff\xfe"})
    EXPECT_FALSE(parse_timestamp(text)) << text;
  EXPECT_FALSE(parse_timestamp(std::string_view("2014-07-01\0", 11)));
}

TEST(Timestamp, IsWrittenInIso8601) {
  EXPECT_EQ(format_timestamp(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_timestamp(1404174600), "2014-07-01T00:30:00Z");
  EXPECT_EQ(format_timestamp(1404174600.25), "2014-07-01T00:30:00.25Z");
  EXPECT_EQ(format_timestamp(-0.25), "1969-12-31T23:59:59.75Z");
  EXPECT_EQ(format_timestamp(0.1), "1970-01-01T00:00:00.1Z");
  EXPECT_EQ(format_timestamp(59.9999999), "1970-01-01T00:01:00Z");
  EXPECT_EQ(format_timestamp(-1e-9), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_timestamp(951782400), "2000-02-29T00:00:00Z");
  EXPECT_EQ(format_timestamp(-62167219200.0), "0000-01-01T00:00:00Z");
  EXPECT_EQ(format_timestamp(253402300799.0), "9999-12-31T23:59:59Z");
}

TEST(Timestamp, OutsideOfFourDigitsOfYearsIsAnError) {
  for (const double seconds : {253402300800.0, 253402300799.9999999, -62167219201.0, 1e300,
                               std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    try {
      format_timestamp(seconds);
      ADD_FAILURE() << seconds;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::out_of_range);
    }
}

TEST(Timestamp, ComesBackAsItWas) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> draw(-62167219200.0, 253402300799.0);
  for (int i = 0; i < 20000; ++i) {
    const double whole = std::floor(draw(random));
    ASSERT_EQ(parse_timestamp(format_timestamp(whole)), whole);
    // From 1834 to 2105 doubles are less than half a microsecond apart: thousandths come back too.
    const double thousandths = std::floor(whole / 100) + static_cast<double>(i % 1000) / 1000;
    if (std::fabs(thousandths) > 4.29e9) continue;
    ASSERT_EQ(parse_timestamp(format_timestamp(thousandths)), thousandths) << i;
  }
}

}  // namespace
}  // namespace lagoon::files
