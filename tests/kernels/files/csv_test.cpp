// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/files/csv.hpp>

#include <sys/stat.h>

#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

std::vector<double> values(const Column& c) {
  std::vector<double> v(static_cast<std::size_t>(c.values.size()));
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = c.values[static_cast<std::ptrdiff_t>(i)];
  return v;
}

std::vector<std::string> names(const Table& t) {
  std::vector<std::string> n;
  for (const Column& c : t.columns) n.push_back(c.name);
  return n;
}

using Numbers = std::vector<double>;
using Words = std::vector<std::string>;

TEST(Csv, HasNamedColumnsOfNumbers) {
  const Table t = parse_csv("x,y\n1,2.5\n-3,4e2\n");
  EXPECT_EQ(t.rows, 2u);
  EXPECT_EQ(names(t), (Words{"x", "y"}));
  EXPECT_EQ(values(t.column("x")), (Numbers{1, -3}));
  EXPECT_EQ(values(t.column("y")), (Numbers{2.5, 400}));
}

TEST(Csv, WithoutHeaderNumbersItsColumns) {
  const Table t = parse_csv("1,2\n3,4\n");
  EXPECT_EQ(names(t), (Words{"column_1", "column_2"}));
  EXPECT_EQ(t.rows, 2u);
}

TEST(Csv, HeaderCanBeForcedAndDenied) {
  EXPECT_EQ(names(parse_csv("1,2\n3,4\n", {.header = Header::yes})), (Words{"1", "2"}));
  const Table t = parse_csv("a,2\nb,4\n", {.header = Header::no});
  EXPECT_EQ(names(t), (Words{"column_2"}));
  EXPECT_EQ(t.rows, 2u);
}

TEST(Csv, HeaderMayHoldYears) {
  EXPECT_EQ(names(parse_csv("country,1999,2000,2001\nNorway,1,2,3\n")), (Words{"1999", "2000", "2001"}));
  EXPECT_EQ(names(parse_csv("country,7,2000,2001\nNorway,1,2,3\n")), (Words{"column_2", "column_3", "column_4"}));
}

TEST(Csv, FindsTheDelimiter) {
  for (const char* text : {"x,y\n1,2\n", "x;y\n1;2\n", "x\ty\n1\t2\n"})
    EXPECT_EQ(names(parse_csv(text)), (Words{"x", "y"})) << text;
  EXPECT_EQ(names(parse_csv("x|y\n1|2\n", {.delimiter = '|'})), (Words{"x", "y"}));
}

TEST(Csv, DecimalCommasBetweenSemicolons) {
  const Table t = parse_csv("x;y\n1,5;2,25\n", {.decimal_point = ','});
  EXPECT_EQ(values(t.column("x")), Numbers{1.5});
  EXPECT_EQ(values(t.column("y")), Numbers{2.25});
}

TEST(Csv, ByteOrderMarkAndAnyLineEndAreNoPartOfTheData) {
  for (const char* text :
       {"\xEF\xBB\xBFx,y\r\n1,2\r\n3,4\r\n", "x,y\r\n1,2\r\n3,4", "x,y\r1,2\r3,4\r", "x,y\n1,2\n3,4"}) {
    const Table t = parse_csv(text);
    EXPECT_EQ(names(t), (Words{"x", "y"}));
    EXPECT_EQ(values(t.column("y")), (Numbers{2, 4}));
  }
}

TEST(Csv, SpacesAroundCellsAndBlankLinesDoNotCount) {
  const Table t = parse_csv("\n x , y\n\n 1 ,\t2 \n   \n3,4\n\n");
  EXPECT_EQ(names(t), (Words{"x", "y"}));
  EXPECT_EQ(values(t.column("x")), (Numbers{1, 3}));
  EXPECT_EQ(values(t.column("y")), (Numbers{2, 4}));
}

TEST(Csv, QuotesFollowRfc4180) {
  const Table t = parse_csv("\"a, b\",\"say \"\"x\"\"\",note\n\"1\",2,\"two\nlines\"\n3,\"4\",\"\"\n");
  EXPECT_EQ(names(t), (Words{"a, b", "say \"x\""}));
  EXPECT_EQ(values(t.columns[0]), (Numbers{1, 3}));
  EXPECT_EQ(values(t.columns[1]), (Numbers{2, 4}));
  ASSERT_EQ(t.skipped.size(), 1u);
  EXPECT_EQ(t.skipped[0].example, "two lines");
}

TEST(Csv, MissingCellsAreCountedNaNs) {
  const Table t = parse_csv("x,y,z\n1,,NA\n,nan,3\nNULL,4,?\n");
  EXPECT_EQ(t.column("x").missing, 2u);
  EXPECT_EQ(t.column("y").missing, 2u);
  EXPECT_EQ(t.column("z").missing, 2u);
  EXPECT_TRUE(std::isnan(t.column("x").values[1]));
  EXPECT_EQ(t.column("z").values[1], 3);
  EXPECT_EQ(parse_csv("x\n-9\n1\n", {.missing = {"-9"}}).column("x").missing, 1u);
}

TEST(Csv, ColumnsOfDatesAndTextAreNamedWithAnExample) {
  const Table t = parse_csv("when,who,x,void\n2001-02-03,Ann,1,\n2001-02-04,Bo,2,NA\n");
  EXPECT_EQ(names(t), Words{"x"});
  ASSERT_EQ(t.skipped.size(), 3u);
  EXPECT_EQ(t.skipped[0].name, "when");
  EXPECT_EQ(t.skipped[0].kind, Kind::date);
  EXPECT_EQ(t.skipped[0].example, "2001-02-03");
  EXPECT_EQ(t.skipped[0].line, 2u);
  EXPECT_EQ(t.skipped[1].kind, Kind::text);
  EXPECT_EQ(t.skipped[1].example, "Ann");
  EXPECT_EQ(t.skipped[2].kind, Kind::empty);
}

TEST(Csv, ManyWaysToWriteADateAreDates) {
  for (const char* date : {"2001-02-03", "2001/2/3 14:00", "3.2.2001", "12/31/99", "Jan 1 2000", "3-Feb-1999", "2009Q3",
                           "2001-02", "14:30:05", "2001-02-03T04:05:06Z", "Mon, 3 Mar 2003"})
    EXPECT_EQ(parse_csv(std::string("d\tx\n") + date + "\t1\n").skipped.at(0).kind, Kind::date) << date;
  for (const char* text : {"1.2.3", "Ann", "10-20", "2001-99-03", "a1", "192.168.0.1", "1-800-555"})
    EXPECT_EQ(parse_csv(std::string("d\tx\n") + text + "\t1\n").skipped.at(0).kind, Kind::text) << text;
}

TEST(Csv, PackedDatesAreDatesInAColumnThatSaysSo) {
  const char* body = "\n19580329,316.1\n19580405,\n";
  EXPECT_EQ(parse_csv(std::string("date,co2") + body).skipped.at(0).kind, Kind::date);
  EXPECT_TRUE(parse_csv(std::string("code,co2") + body).skipped.empty());
}

TEST(Csv, OneCellThatIsNoNumberMakesTheColumnTextAndIsShown) {
  std::string text = "x,y\n";
  for (int i = 0; i < 50'000; ++i) text += i == 40'000 ? "4o,1\n" : "40,1\n";
  const Table t = parse_csv(text);
  ASSERT_EQ(t.skipped.size(), 1u);
  EXPECT_EQ(t.skipped[0].example, "4o");
  EXPECT_EQ(t.skipped[0].line, 40'002u);
  EXPECT_TRUE(t.skipped[0].began_as_numbers);
}

TEST(Csv, InfinityIsANumberAndTooSmallIsZero) {
  const Table t = parse_csv("x\ninf\n-Infinity\n1e-999\n+3\n4.9e-324\n");
  constexpr double kInf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(values(t.columns.at(0)), (Numbers{kInf, -kInf, 0, 3, 4.9e-324}));
}

TEST(Csv, NamesAreMadeDifferent) {
  EXPECT_EQ(names(parse_csv(",x,x,x.1\n1,2,3,4\n")), (Words{"column_1", "x", "x.1", "x.1.1"}));
}

TEST(Csv, ReadsOnlyTheColumnsAskedFor) {
  const Table t = parse_csv("a,b,c\n1,x,3\n", {.columns = {"c"}});
  EXPECT_EQ(names(t), Words{"c"});
  EXPECT_TRUE(t.skipped.empty());
}

TEST(Csv, SkipsLinesBeforeTheHeader) {
  const Table t = parse_csv("made by hand\n\"1,2\nx,y\n1,2\n", {.skip_rows = 2});
  EXPECT_EQ(names(t), (Words{"x", "y"}));
  EXPECT_EQ(parse_csv("569,30,malignant\n1,2\n3,4\n", {.header = Header::no, .skip_rows = 1}).rows, 2u);
}

TEST(Csv, AHeaderAloneIsATableWithoutRows) {
  const Table t = parse_csv("x,y\n");
  EXPECT_EQ(t.rows, 0u);
  EXPECT_TRUE(t.columns.empty());
  EXPECT_EQ(t.skipped.size(), 2u);
}

/// The same table written with every cell in quotes, read by one core, gives the same bits.
TEST(Csv, PiecesReadInParallelAreTheWhole) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(0, 1e3);
  std::string plain = "a,b,c\n", quoted = plain;
  std::vector<double> b;
  for (int i = 0; i < 60'000; ++i) {
    b.push_back(normal(random));
    char cell[40];
    std::snprintf(cell, sizeof cell, "%.17g", b.back());
    plain += std::to_string(i) + "," + cell + "," + (i % 7 ? "" : "5") + "\n";
    quoted += "\"" + std::to_string(i) + "\",\"" + cell + "\",\"" + (i % 7 ? "" : "5") + "\"\n";
    if (i % 1000 == 0) plain += "\n";
  }
  ASSERT_GT(plain.size(), 1'500'000u);
  for (const Table& t : {parse_csv(plain), parse_csv(plain, {.parallel = false}), parse_csv(quoted)}) {
    ASSERT_EQ(t.rows, 60'000u);
    EXPECT_EQ(values(t.column("b")), b);
    EXPECT_EQ(t.column("a").values[59'999], 59'999);
    EXPECT_EQ(t.column("c").missing, 60'000u - 60'000u / 7 - 1);
  }
}

TEST(Csv, RowsLongerThanAPieceAreWhole) {
  constexpr int kColumns = 200'000;
  std::string row;
  for (int i = 0; i < kColumns; ++i) row += (i ? "," : "") + std::to_string(i);
  const Table t = parse_csv(row + "\n" + row + "\n" + row + "\n", {.max_columns = kColumns});
  EXPECT_EQ(t.rows, 3u);
  ASSERT_EQ(t.columns.size(), static_cast<std::size_t>(kColumns));
  EXPECT_EQ(t.columns.back().values[2], kColumns - 1);
}

TEST(Csv, WhatIsWrittenIsReadBack) {
  const TemporaryFolder folder;
  const Table t = parse_csv("a b,\"c,\"\"d\"\"\"\n0.1,1e-300\nNA,12345678901234567\n-0.0,3\n");
  write_csv(folder.path("t.csv"), t);
  EXPECT_EQ(folder.read("t.csv"), "a b,\"c,\"\"d\"\"\"\n0.1,1e-300\n,12345678901234568\n-0,3\n");
  const Table again = read_csv(folder.path("t.csv"));
  EXPECT_EQ(names(again), names(t));
  EXPECT_EQ(values(again.columns[1]), values(t.columns[1]));
  EXPECT_EQ(folder.files(), 1u);
}

TEST(Csv, AMissingCellInALoneColumnSurvivesWriting) {
  const TemporaryFolder folder;
  write_csv(folder.path("t.csv"), parse_csv("x\n1\nNA\n3\n"));
  EXPECT_EQ(read_csv(folder.path("t.csv")).rows, 3u);
}

TEST(Csv, ProgressReachesTheEndAndNeverGoesBack) {
  std::string text = "x,y\n";
  for (int i = 0; i < 100'000; ++i) text += "123.456,789.012\n";
  std::size_t last = 0, calls = 0;
  std::string stage;
  CsvOptions options;
  options.progress = [&](const ReadProgress& p) {
    if (p.stage != stage) last = 0;
    stage = p.stage;
    EXPECT_GE(p.done, last);
    EXPECT_LE(p.done, p.total);
    last = p.done;
    ++calls;
  };
  parse_csv(text, options);
  EXPECT_EQ(stage, "reading");
  EXPECT_GT(calls, 10u);
}

TEST(Csv, ReadsFromAPipe) {
  const TemporaryFolder folder;
  const std::string pipe = folder.path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe) << "x\n1\n2\n"; });
  const Table t = read_csv(pipe);
  writer.join();
  EXPECT_EQ(t.rows, 2u);
}

TEST(Csv, NumbersAreChargedToTheIsolateThatReads) {
  Engine engine({.cores = 2});
  Isolate isolate(engine, {.name = "reader", .memory_limit = 64 << 20});
  std::string text = "x,y\n";
  for (int i = 0; i < 100'000; ++i) text += "1,2\n";
  const Table t = isolate.run([&] { return parse_csv(text); });
  EXPECT_GE(isolate.memory()->use().held, 2u * 8u * 100'000u);
}

}  // namespace
}  // namespace lagoon::files
