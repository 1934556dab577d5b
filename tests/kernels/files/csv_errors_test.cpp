// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/files/csv.hpp>

#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

std::string error_in(std::string_view text, const CsvOptions& options = {}) {
  return error_of([&] { parse_csv(text, options, "data.csv"); });
}

TEST(CsvErrors, AMissingFileIsNotFoundAndItsNeighbourIsOffered) {
  const TemporaryFolder folder;
  folder.write("income.csv", "x\n1\n");
  EXPECT_EQ(
      error_of([&] { read_csv(folder.path("incme.csv")); }),
      "not_found: " + folder.path("incme.csv") + ": no such file; did you mean " + folder.path("income.csv") + "?");
  EXPECT_EQ(error_of([&] { read_csv(folder.path("no/such.csv")); }),
            "not_found: " + folder.path("no/such.csv") + ": no such file");
}

TEST(CsvErrors, AFolderIsNoFile) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { read_csv(folder.path("")); }),
            "invalid_argument: " + folder.path("") + ": it is a folder; a file is wanted");
}

TEST(CsvErrors, AnUnreadableFileSaysSo) {
  const TemporaryFolder folder;
  const std::string path = folder.write("secret.csv", "x\n1\n");
  chmod(folder.path("").c_str(), 0755);
  chmod(path.c_str(), 0);
  const bool root = geteuid() == 0;  // who may read everything, and has to become nobody for once
  ASSERT_EQ(root ? seteuid(65534) : 0, 0);
  const std::string error = error_of([&] { read_csv(path); });
  ASSERT_EQ(root ? seteuid(0) : 0, 0);
  EXPECT_EQ(error, "permission_denied: " + path + ": you may not read it");
}

TEST(CsvErrors, NothingToReadIsAnError) {
  const TemporaryFolder folder;
  const std::string path = folder.write("empty.csv", "");
  EXPECT_EQ(error_of([&] { read_csv(path); }), "invalid_argument: " + path + ": the file is empty");
  EXPECT_EQ(error_in("\n \n\r\n"), "invalid_argument: data.csv: the file has no rows");
  EXPECT_EQ(error_in("x\n1\n", {.skip_rows = 7}),
            "invalid_argument: data.csv: nothing is left after the 7 lines to skip");
}

TEST(CsvErrors, ARaggedRowIsNamedByItsLine) {
  EXPECT_EQ(error_in("a,b,c,d,e\n1,2,3,4,5\n\n1,2,3,4\n"), "invalid_argument: data.csv:4: 4 fields, the header has 5");
  EXPECT_EQ(error_in("a,b\n1,2\n1,2,3,4\n"), "invalid_argument: data.csv:3: 4 fields, the header has 2");
  EXPECT_EQ(error_in("a,b\n\"1\",2\n\"1\n\",2,3\n"), "invalid_argument: data.csv:3: 3 fields, the header has 2");
  EXPECT_EQ(error_in("569,30,m,b\n1,2\n"),
            "invalid_argument: data.csv:2: 2 fields, the first row has 4; are there lines to skip before the data?");
}

TEST(CsvErrors, OfManyRaggedRowsTheFirstIsNamed) {
  std::string text = "a,b\n";
  for (int i = 0; i < 400'000; ++i) text += i % 50'000 == 49'999 ? "1\n" : "1,2\n";
  for (int turn = 0; turn < 20; ++turn)
    ASSERT_EQ(error_in(text), "invalid_argument: data.csv:50001: 1 field, the header has 2");
}

TEST(CsvErrors, ANumberBeyondDoubleIsNamedByLineAndColumn) {
  EXPECT_EQ(error_in("a,b\n1,2\n3,1e999\n"),
            "out_of_range: data.csv:3: column 2 'b': '1e999' is beyond the largest double, 1.8e308");
  EXPECT_EQ(error_in("a,b\n1,2\n3,\"-1e999\"\n"),
            "out_of_range: data.csv:3: column 2 'b': '-1e999' is beyond the largest double, 1.8e308");
  EXPECT_EQ(error_in("a,b\n1,2\nx,3\n1e999,3\n"), "no error") << "in a column of text it is a text";
  EXPECT_EQ(error_in("a,b\n1,2\n3,1e999\n", {.missing = {"1e999"}}), "no error");
}

TEST(CsvErrors, ANulByteIsNamedByLineAndPlace) {
  using namespace std::string_literals;
  EXPECT_EQ(error_in("a,b\n1,2\n3\0,4\n"s),
            "invalid_argument: data.csv:3: byte 2 of the line is NUL; this is no text file");
  std::string far = "a,b\n";
  for (int i = 0; i < 100'000; ++i) far += i == 90'000 ? "1,\0\n"s : "1,2\n"s;
  EXPECT_EQ(error_in(far), "invalid_argument: data.csv:90002: byte 3 of the line is NUL; this is no text file");
}

TEST(CsvErrors, Utf16IsRecognised) {
  EXPECT_EQ(error_in("\xFF\xFEx\n"),
            "invalid_argument: data.csv:1: the text is UTF-16; UTF-8 is wanted (iconv -f UTF-16 -t UTF-8)");
}

TEST(CsvErrors, AQuoteThatIsNeverClosedIsNamedByWhereItOpens) {
  EXPECT_EQ(error_in("a,b\n1,2\n3,\"4\n5,6\n7,8\n"),
            "invalid_argument: data.csv:3: the quote that opens here is never closed");
  EXPECT_EQ(error_in("a,b\n1,\"two\nlines\"\n\"5,6\n7,8\n"),
            "invalid_argument: data.csv:4: the quote that opens here is never closed");
  EXPECT_EQ(error_in("\"a,b\n1,2\n"), "invalid_argument: data.csv:1: the quote that opens here is never closed");
}

TEST(CsvErrors, AQuoteInsideACellStandsForItself) {
  const Table t = parse_csv("size,n\n5\" pipe,1\n3\" pipe,2\n");
  EXPECT_EQ(t.rows, 2u);
  EXPECT_EQ(t.skipped.at(0).example, "5\" pipe");
}

TEST(CsvErrors, AWantedColumnThatIsNotThereIsNotFound) {
  EXPECT_EQ(error_in("income,age\n1,2\n", {.columns = {"incme"}}),
            "not_found: data.csv: no column 'incme'; did you mean 'income'?");
  EXPECT_EQ(error_in("1,2\n", {.columns = {"income"}}),
            "not_found: data.csv: no column 'income'; the file has no header, its columns are called column_1, "
            "column_2...");
}

TEST(CsvErrors, AWantedColumnOfTextIsAnErrorAtItsFirstText) {
  EXPECT_EQ(error_in("x,who\n1,2\n3,Ann\n", {.columns = {"who"}}),
            "invalid_argument: data.csv:3: column 2 'who': 'Ann' is not a number");
}

TEST(CsvErrors, AMillionColumnsAreTooManyUnlessSomeAreNamed) {
  std::string header, row;
  for (int i = 0; i < 1'000'000; ++i) {
    header += (i ? ",c" : "c") + std::to_string(i);
    row += i ? ",1" : "1";
  }
  const std::string text = header + "\n" + row + "\n";
  EXPECT_EQ(error_in(text),
            "resource_exhausted: data.csv:1: 1,000,000 columns of numbers; the limit is 100,000 (name the columns you "
            "want, or raise the limit)");
  EXPECT_EQ(parse_csv(text, {.columns = {"c999999"}}).columns.size(), 1u);
}

TEST(CsvErrors, MoreNumbersThanTheBudgetAreRefusedBeforeReading) {
  Engine engine({.cores = 2});
  Isolate isolate(engine, {.name = "small", .memory_limit = 1 << 20});
  std::string text = "x,y\n";
  for (int i = 0; i < 100'000; ++i) text += "1,2\n";
  const std::string error = error_of([&] { isolate.run([&] { parse_csv(text, {}, "data.csv"); }); });
  EXPECT_TRUE(error.starts_with("resource_exhausted: data.csv: 100,000 rows x 2 columns need 1.5 MiB; ")) << error;
  EXPECT_NE(error.find("small"), std::string::npos) << error;
}

TEST(CsvErrors, ReadingStopsWhenTheCallIsToEnd) {
  std::string text = "x,y\n";
  for (int i = 0; i < 1'000'000; ++i) text += "1,2\n";
  for (const char* quote : {"", "\"q\",1\n"}) {
    StopControl stop;
    const StopScope scope(&stop);
    CsvOptions options;
    int calls = 0;
    options.progress = [&](const ReadProgress& p) {
      if (p.stage == "reading" && ++calls == 2) stop.request_stop();
      EXPECT_LT(calls, 10);
    };
    EXPECT_EQ(error_in(text + quote, options), "cancelled: the caller asked for the end");
  }
}

TEST(CsvErrors, AnErrorOfTheCallbackEndsTheReading) {
  CsvOptions options;
  options.progress = [](const ReadProgress&) { throw Error(Errc::aborted, "enough"); };
  EXPECT_EQ(error_in("x\n1\n", options), "aborted: enough");
}

TEST(CsvErrors, APipeThatGivesNothingEndsWithTheDeadline) {
  const TemporaryFolder folder;
  ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
  const StopControl stop(system_clock(), system_clock().now() + std::chrono::milliseconds(20));
  const StopScope scope(&stop);
  EXPECT_EQ(error_of([&] { read_csv(folder.path("pipe")); }),
            "deadline_exceeded: the deadline passed while the call ran");
}

}  // namespace
}  // namespace lagoon::files
