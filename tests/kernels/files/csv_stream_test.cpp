// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/csv_stream.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "kernels/expect.hpp"

namespace lagoon::files {
namespace {

using Row = std::vector<std::string>;

/// All rows of a text that comes in pieces of that size.
std::vector<Row> rows_of(const std::string& text, std::size_t piece, CsvOptions options = {}) {
  std::vector<Row> rows;
  CsvStream stream("t.csv", std::move(options));
  const auto sink = [&](const CsvRow& row) { rows.emplace_back(row.cells.begin(), row.cells.end()); };
  for (std::size_t at = 0; at < text.size(); at += piece) stream.feed(text.substr(at, piece), sink);
  stream.finish(sink);
  return rows;
}

TEST(CsvStream, GivesTheSameRowsHoweverTheBytesAreCut) {
  const std::string text = "t,x\r\n1,\"a,b\"\r\n\r\n2,\"two\nlines\"\r\n3,\"say \"\"so\"\"\"\n4,last";
  const std::vector<Row> rows = {{"1", "a,b"}, {"2", "two\nlines"}, {"3", "say \"so\""}, {"4", "last"}};
  for (std::size_t piece = 1; piece <= text.size(); ++piece) EXPECT_EQ(rows_of(text, piece), rows) << piece;
}

TEST(CsvStream, GivesARowAsSoonAsItIsComplete) {
  CsvStream stream("t.csv");
  int rows = 0;
  const auto sink = [&](const CsvRow&) { ++rows; };
  stream.feed("t;x\n", sink);
  EXPECT_EQ(stream.names(), (std::vector<std::string>{"t", "x"}));
  stream.feed("1;2\n3;", sink);
  EXPECT_EQ(rows, 1);
  stream.feed("4\n", sink);
  EXPECT_EQ(rows, 2);
}

TEST(CsvStream, FindsHeaderAndDelimiterAsReadCsvDoes) {
  EXPECT_EQ(rows_of("\xEF\xBB\xBF"
                    "a\tb\n1\t2\n",
                    3),
            (std::vector<Row>{{"1", "2"}}));
  EXPECT_EQ(rows_of("1,2\n3,4\n", 4), (std::vector<Row>{{"1", "2"}, {"3", "4"}}));
  EXPECT_EQ(rows_of("made by x\n\na,b\n1,2\n", 2, {.skip_rows = 1}), (std::vector<Row>{{"1", "2"}}));
}

TEST(CsvStream, ReadsNumbersAndTimes) {
  CsvStream stream("t.csv");
  std::vector<double> times, values;
  bool date = false;
  const auto sink = [&](const CsvRow& row) {
    times.push_back(stream.time(row, stream.column("t"), date));
    values.push_back(stream.number(row, stream.column("x")));
  };
  stream.feed("t,x\n1970-01-02,5\n90000,NA\n", sink);
  EXPECT_EQ(times, (std::vector<double>{86400, 90000}));
  EXPECT_TRUE(date);
  EXPECT_EQ(values[0], 5);
  EXPECT_TRUE(std::isnan(values[1]));
  EXPECT_EQ(test::error_of(Errc::not_found, [&] { (void)stream.column("xx"); }),
            "t.csv: no column 'xx'; did you mean 'x'?");
}

TEST(CsvStream, NamesThePlaceOfWhatIsWrong) {
  const auto error = [](const std::string& text) {
    return test::error_of(Errc::invalid_argument, [&] { rows_of(text, 5); });
  };
  EXPECT_EQ(error("a,b\n1,2\n1,2,3\n"), "t.csv:3: 3 fields, the header has 2");
  EXPECT_EQ(error("a,b\n1,2\n\"open,2\n"), "t.csv:3: the quote that opens here is never closed");
  EXPECT_EQ(error(std::string("a,b\n1,2\n3\0,4\n", 14)), "t.csv:3: byte 2 of the line is NUL");
  EXPECT_EQ(error(""), "t.csv: the file is empty");
  CsvStream stream("t.csv");
  EXPECT_EQ(test::error_of(Errc::invalid_argument,
                           [&] { stream.feed("a,b\n1,x\n", [&](const CsvRow& row) { (void)stream.number(row, 1); }); }),
            "t.csv:2: column 2 'b': 'x' is not a number");
}

}  // namespace
}  // namespace lagoon::files
