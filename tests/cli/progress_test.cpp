// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "text.hpp"

namespace lagoon::cli {
namespace {

using namespace std::chrono_literals;

/// The end of a pipe to write to, and what came out of the other.
class Pipe {
 public:
  Pipe() {
    EXPECT_EQ(::pipe(ends_), 0);
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  int in() const { return ends_[1]; }
  std::string out() const {
    char text[8192];
    const ssize_t n = ::read(ends_[0], text, sizeof text);
    return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : "";
  }

 private:
  int ends_[2]{};
};

TEST(ProgressBar, ShowsShareRateAndTimeLeft) {
  ::setenv("COLUMNS", "80", 1);
  Pipe pipe;
  VirtualClock clock;
  Progress progress(ProgressMode::bar, pipe.in(), clock);
  progress.begin("reading", 1000, "rows");
  progress.update(10);
  EXPECT_EQ(pipe.out(), "") << "too soon to say anything";
  clock.advance(2s);
  progress.update(250);
  EXPECT_EQ(pipe.out(), "\rreading [#########...........................]  25 %  250/1,000  125/s  ETA 6 s\033[K");
  clock.advance(50ms);
  progress.update(260);
  EXPECT_EQ(pipe.out(), "") << "ten times a second at most";
  progress.end();
  EXPECT_EQ(pipe.out(), "\r\033[K");
  ::unsetenv("COLUMNS");
}

TEST(ProgressBar, HasASecondNameForTheSpeed) {
  ::setenv("COLUMNS", "100", 1);
  Pipe pipe;
  VirtualClock clock;
  Progress progress(ProgressMode::bar, pipe.in(), clock);
  progress.begin("steps", 1000, "steps", {"ns/day", 0.5});
  clock.advance(2s);
  progress.update(250);
  EXPECT_NE(pipe.out().find("250/1,000  125/s, 62.5 ns/day  ETA 6 s"), std::string::npos);
  progress.make_way();
  EXPECT_EQ(pipe.out(), "\r\033[K");
  progress.end();
  EXPECT_EQ(pipe.out(), "") << "nothing is there to be taken away";
  ::unsetenv("COLUMNS");
}

TEST(ProgressBar, FitsTheTerminal) {
  VirtualClock clock;
  for (const char* columns : {"1", "7", "20", "41", "52", "200"}) {
    ::setenv("COLUMNS", columns, 1);
    Pipe pipe;
    Progress progress(ProgressMode::bar, pipe.in(), clock);
    progress.begin("counting rows", 3e9, "B");
    clock.advance(1s);
    progress.update(1e9);
    std::string line = pipe.out();
    line = line.substr(1, line.size() - 4);
    EXPECT_LT(width_of(line), static_cast<std::size_t>(std::atoi(columns))) << line;
  }
  ::unsetenv("COLUMNS");
}

TEST(ProgressBar, SpeaksAboveItself) {
  Pipe pipe;
  VirtualClock clock;
  Progress progress(ProgressMode::bar, pipe.in(), clock);
  progress.begin("reading", 10, "rows");
  clock.advance(1s);
  progress.update(1);
  pipe.out();
  progress.say("note");
  EXPECT_EQ(pipe.out(), "\r\033[Knote\n");
}

TEST(ProgressLines, ComeEveryFiveSecondsWhereThereIsNoTerminal) {
  Pipe pipe;
  VirtualClock clock;
  Progress progress(ProgressMode::automatic, pipe.in(), clock);
  progress.begin("reading", 1 << 20, "B");
  clock.advance(4s);
  progress.update(1000);
  EXPECT_EQ(pipe.out(), "");
  clock.advance(1s);
  progress.update(1 << 19);
  EXPECT_EQ(pipe.out(), "reading: 50 %, 512 KiB of 1.0 MiB, 102 KiB/s, 5 s left\n");
  progress.end();
  EXPECT_EQ(pipe.out(), "");
}

TEST(ProgressJson, IsOneObjectPerLine) {
  Pipe pipe;
  VirtualClock clock;
  Progress progress(ProgressMode::json, pipe.in(), clock);
  progress.begin("reading", 100, "B");
  clock.advance(1s);
  progress.update(50);
  progress.end();
  EXPECT_EQ(pipe.out(),
            "{\"event\":\"progress\",\"stage\":\"reading\",\"done\":50,\"total\":100,\"unit\":\"B\",\"seconds\":1.000,"
            "\"seconds_left\":1.000}\n"
            "{\"event\":\"progress\",\"stage\":\"reading\",\"done\":100,\"total\":100,\"unit\":\"B\",\"seconds\":1.000,"
            "\"seconds_left\":0.000}\n");
}

TEST(ProgressNone, IsSilent) {
  Pipe pipe;
  VirtualClock clock;
  Progress progress(ProgressMode::none, pipe.in(), clock);
  progress.begin("reading", 100, "B");
  clock.advance(10s);
  progress.update(50);
  progress.end();
  EXPECT_EQ(pipe.out(), "");
}

}  // namespace
}  // namespace lagoon::cli
