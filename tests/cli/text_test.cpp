// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "exit_code.hpp"

namespace lagoon::cli {
namespace {

using namespace std::chrono_literals;

TEST(Text, SizesAndTimesReadWell) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(300.0 * (1 << 20)), "300 MiB");
  EXPECT_EQ(human_duration(0.00085), "850 us");
  EXPECT_EQ(human_duration(0.0123), "12.3 ms");
  EXPECT_EQ(human_duration(4.2), "4.20 s");
  EXPECT_EQ(human_duration(185), "3:05 min");
  EXPECT_EQ(human_duration(3723), "1:02:03 h");
  EXPECT_EQ(counted(1, "row"), "1 row");
  EXPECT_EQ(counted(20190, "row"), "20,190 rows");
  EXPECT_EQ(number(std::nan("")), "-");
  EXPECT_EQ(number(-0.0), "0");
  EXPECT_EQ(number(1234567.0), "1.23457e+06");
}

TEST(Text, SizesAreParsedWithEitherUnit) {
  EXPECT_EQ(parse_size("1024", "x"), 1024u);
  EXPECT_EQ(parse_size("2GiB", "x"), std::size_t{2} << 30);
  EXPECT_EQ(parse_size("1.5 k", "x"), 1536u);
  EXPECT_EQ(parse_size("500 MB", "x"), 500'000'000u);
  EXPECT_EQ(parse_size("1e9", "x"), 1'000'000'000u);
  for (const char* wrong : {"", "GiB", "-1", "3 parsecs", "1e30", "nan", "inf", "5 G B x"})
    EXPECT_THROW(parse_size(wrong, "--memory-limit"), UsageError) << wrong;
}

TEST(Text, TimesAreParsed) {
  EXPECT_EQ(parse_duration("30", "x"), 30s);
  EXPECT_EQ(parse_duration("200ms", "x"), 200ms);
  EXPECT_EQ(parse_duration("1.5 m", "x"), 90s);
  EXPECT_EQ(parse_duration("1h", "x"), 3600s);
  for (const char* wrong : {"", "s", "-1s", "5 days", "1e300"})
    EXPECT_THROW(parse_duration(wrong, "--timeout"), UsageError) << wrong;
}

TEST(Text, WidthCountsCharactersAndNotBytes) {
  EXPECT_EQ(width_of("h\u00f6he"), 4u);
  EXPECT_EQ(fitted("h\u00f6he", 6), "h\u00f6he  ");
  EXPECT_EQ(fitted("temperature", 5), "temp\u2026");
  EXPECT_EQ(fitted("\u00e4\u00f6\u00fc\u00df", 3), "\u00e4\u00f6\u2026");
}

TEST(Text, TablesAreAligned) {
  EXPECT_EQ(aligned({{"a", "count"}, {"h\u00f6he", "1"}}), "a     count\nh\u00f6he      1\n");
}

TEST(ExitCodes, SayWhoIsAtFault) {
  EXPECT_EQ(exit_of(Errc::ok), Exit::ok);
  EXPECT_EQ(exit_of(Errc::not_found), Exit::input);
  EXPECT_EQ(exit_of(Errc::out_of_range), Exit::input);
  EXPECT_EQ(exit_of(Errc::resource_exhausted), Exit::limit);
  EXPECT_EQ(exit_of(Errc::deadline_exceeded), Exit::limit);
  EXPECT_EQ(exit_of(Errc::cancelled), Exit::interrupted);
  EXPECT_EQ(exit_of(Errc::internal), Exit::failed);
}

}  // namespace
}  // namespace lagoon::cli
