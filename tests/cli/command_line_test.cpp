// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "command.hpp"
#include "exit_code.hpp"

namespace lagoon::cli {
namespace {

CommandLine parse(std::vector<const char*> words) {
  words.insert(words.begin(), "lagoon");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

std::string complaint(std::vector<const char*> words) {
  try {
    parse(std::move(words));
  } catch (const UsageError& e) {
    return e.status().message();
  }
  return "none";
}

TEST(CommandLines, HaveTheirOptionsBehindTheCommand) {
  const CommandLine line = parse({"analyze", "t.csv", "--columns", "a,b", "--missing", "-", "--missing", "x", "--json",
                                  "--workers", "2", "--memory-limit", "1GiB", "--timeout", "5m", "-q"});
  const auto& a = std::get<AnalyzeCommand>(line.command);
  EXPECT_EQ(a.table.file, "t.csv");
  EXPECT_EQ(a.table.csv.columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(a.table.csv.missing.back(), "x");
  EXPECT_TRUE(line.common.json);
  EXPECT_EQ(line.common.workers, 2u);
  EXPECT_EQ(line.common.memory_limit, std::size_t{1} << 30);
  EXPECT_EQ(line.common.timeout, std::chrono::minutes(5));
  EXPECT_EQ(line.common.progress, ProgressMode::none);
}

TEST(CommandLines, SayWhereServicesRun) {
  EXPECT_EQ(parse({"analyze", "t.csv"}).common.isolation, Isolation::thread);
  for (const char* command : {"analyze", "series", "learn", "watch"})
    EXPECT_EQ(parse({command, "t.csv", "--isolation", "process"}).common.isolation, Isolation::process);
  EXPECT_EQ(parse({"matrix", "svd", "a.mtx", "--isolation", "process"}).common.isolation, Isolation::process);
  // Nothing of theirs runs behind a call.
  EXPECT_TRUE(complaint({"md", "run.toml", "--isolation", "process"}).starts_with("md: no option --isolation"));
}

TEST(CommandLines, OfPhotographsNobodyTrusts) {
  EXPECT_FALSE(std::get<ImagesCommand>(parse({"images", "in", "out"}).command).untrusted);
  const auto c = std::get<ImagesCommand>(parse({"images", "in", "out", "--untrusted"}).command);
  EXPECT_TRUE(c.untrusted);
  EXPECT_EQ(c.picture_timeout, std::chrono::minutes(1));
  const auto quick =
      std::get<ImagesCommand>(parse({"images", "in", "out", "--untrusted", "--picture-timeout", "5s"}).command);
  EXPECT_EQ(quick.picture_timeout, std::chrono::seconds(5));
  EXPECT_EQ(complaint({"images", "in", "out", "--untrusted", "--picture-timeout", "0s"}),
            "--picture-timeout: it must not be 0");
}

TEST(CommandLines, OfTopMayNameAProcess) {
  EXPECT_EQ(std::get<TopCommand>(parse({"top"}).command).pid, 0);
  const CommandLine line = parse({"top", "123", "--once", "--json"});
  EXPECT_EQ(std::get<TopCommand>(line.command).pid, 123);
  EXPECT_TRUE(std::get<TopCommand>(line.command).once);
  EXPECT_TRUE(line.common.json);
  for (const char* pid : {"0", "-4", "crew", "99999999999"}) EXPECT_NE(complaint({"top", pid}), "none") << pid;
}

TEST(CommandLines, OfImagesSayARecipeAndAFormat) {
  const CommandLine line = parse({"images", "in", "out", "--size", "800x600", "--fill", "--sharpen", "0.5", "--format",
                                  "jpg", "--quality", "90", "--keep-metadata", "--resume", "--report", "r.html"});
  const auto& i = std::get<ImagesCommand>(line.command);
  EXPECT_EQ(i.in + " " + i.out + " " + i.recipe.fit + " " + i.recipe.filter, "in out fill lanczos3");
  EXPECT_EQ(i.recipe.columns, 800);
  EXPECT_EQ(i.recipe.rows, 600);
  EXPECT_EQ(i.recipe.sharpen, 0.5);
  EXPECT_EQ(i.recipe.brightness, 1);
  EXPECT_EQ(i.encoding.format, "jpeg");
  EXPECT_EQ(i.encoding.quality, 90);
  EXPECT_TRUE(i.encoding.keep_metadata && i.resume && !i.dry_run);
  EXPECT_EQ(line.common.report, "r.html");
  for (const char* size : {"800", "x", "0x1", "1x0", "-1x5", "1x1x1", "1e3x5", "99999999999x1"})
    EXPECT_NE(complaint({"images", "a", "b", "--size", size}).find("is not a size"), std::string::npos) << size;
}

TEST(CommandLines, OfMatrixNameFilesAndWhereArraysGo) {
  const CommandLine line = parse({"matrix", "solve", "a.mtx", "b.npy", "--out-prefix", "r", "--precision", "extended"});
  const auto& m = std::get<MatrixCommand>(line.command);
  EXPECT_EQ(m.operation + m.a + m.b + m.prefix + m.format + m.precision, "solvea.mtxb.npyrnpyextended");
  EXPECT_LT(m.tolerance, 0);
  for (const char* option : {"--precision", "--kind", "--format"})
    EXPECT_NE(complaint({"matrix", "svd", "a", option, "x"}), "none") << option;
  EXPECT_NE(complaint({"matrix", "rank", "a", "--tolerance", "-1"}), "none");
  EXPECT_NE(complaint({"matrix", "rank"}), "none");
}

TEST(CommandLines, OfMdNameAFolder) {
  const CommandLine line = parse({"md", "r.toml", "--steps", "500", "--out", "there", "--resume"});
  const auto& m = std::get<MdCommand>(line.command);
  EXPECT_EQ(m.file + m.folder, "r.tomlthere");
  EXPECT_EQ(m.steps, 500);
  EXPECT_TRUE(m.resume && !m.dry_run);
  EXPECT_EQ(line.common.out_file, "") << "the table goes to standard output";
  EXPECT_LT(std::get<MdCommand>(parse({"md", "r.toml"}).command).steps, 0);
  for (const char* steps : {"-1", "1.5", "many"}) EXPECT_NE(complaint({"md", "r.toml", "--steps", steps}), "none");
}

TEST(CommandLines, OptionsThatMayBeRepeatedTakeOneWordEach) {
  EXPECT_EQ(std::get<AnalyzeCommand>(parse({"analyze", "--missing", "x", "t.csv"}).command).table.file, "t.csv");
  EXPECT_EQ(std::get<CallCommand>(parse({"call", "--out", "a=b.npy", "S.m", "x=1"}).command).method, "S.m");
}

TEST(CommandLines, OutMayNameAFieldOfAnAnswer) {
  const CommandLine line = parse({"call", "S.m", "--out", "m.c=c.npy", "--out", "./a=b.json", "x=-1"});
  EXPECT_EQ(line.common.out_fields, (std::vector<std::pair<std::string, std::string>>{{"m.c", "c.npy"}}));
  EXPECT_EQ(line.common.out_file, "./a=b.json");
  EXPECT_EQ(std::get<CallCommand>(line.command).arguments, std::vector<std::string>{"x=-1"});
  EXPECT_EQ(parse({"analyze", "t.csv", "--out", "a=b"}).common.out_file, "a=b");
}

TEST(CommandLines, HelpAndVersionAreTexts) {
  EXPECT_TRUE(parse({"--version"}).text.starts_with("lagoon "));
  EXPECT_NE(parse({"--help"}).text.find("analyze"), std::string::npos);
  EXPECT_NE(parse({"analyze", "--help"}).text.find("--columns"), std::string::npos);
}

TEST(CommandLines, MistakesAreNamedWithWhatWasPerhapsMeant) {
  EXPECT_EQ(complaint({}),
            "a command is missing; there are analyze, series, learn, watch, services, describe, call, matrix, md, "
            "images, doctor, top");
  EXPECT_EQ(complaint({"analyse", "x"}), "no command 'analyse'; did you mean analyze?");
  EXPECT_EQ(complaint({"--versoin"}), "no option --versoin; did you mean --version?");
  EXPECT_EQ(complaint({"analyze", "x", "--colums=a"}), "analyze: no option --colums; did you mean --columns?");
  EXPECT_EQ(complaint({"analyze", "x", "y"}), "analyze: 'y' is one argument too many");
  EXPECT_EQ(complaint({"analyze", "x", "--delimiter", "ab"}), "--delimiter: 'ab' is not one character (or 'tab')");
  EXPECT_EQ(complaint({"analyze", "x", "--delimiter", ",", "--decimal", ","}),
            "--delimiter and --decimal are the same character");
  EXPECT_EQ(complaint({"analyze", "x", "--memory-limit", "0"}), "--memory-limit: it must not be 0");
  EXPECT_EQ(complaint({"analyze", "x", "--out", "a", "--out", "b"}), "--out: the result goes to one file only");
  for (const char* option : {"--workers=0", "--workers=x", "--skip-rows=-1", "--header=maybe", "--progress=loud"})
    EXPECT_NE(complaint({"analyze", "x", option}), "none") << option;
}

}  // namespace
}  // namespace lagoon::cli
