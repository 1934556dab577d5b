// SPDX-License-Identifier: Apache-2.0
// Worker programs that are none, or are not well: every start ends in time and says what was wrong.
#include <sys/stat.h>

#include <thread>

#include "lab_programs.hpp"

namespace lagoon::test {
namespace {

/// What starting that program ends with.
Status start_of(ProcessOptions program, const Service& service = process_lab()) {
  Engine engine;
  const auto begin = std::chrono::steady_clock::now();
  Status status;
  try {
    const Process process(engine, {service}, {.name = "lab"}, std::move(program));
  } catch (const Error& e) {
    status = e.status();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s * kSlowness);
  return status;
}

void expect_says(const Status& status, Errc code, const std::string& what) {
  EXPECT_EQ(status.code(), code) << status.to_string();
  EXPECT_NE(status.message().find(what), std::string::npos) << status.message();
}

TEST(WorkerPrograms, ThatAreMissingAreNamed) {
  expect_says(start_of({.program = "/nowhere/at/all"}), Errc::not_found, "/nowhere/at/all");
}

TEST(WorkerPrograms, ThatMayNotBeRunAreNamed) {
  const Folder folder;
  const std::string text = folder.make("text");
  expect_says(start_of({.program = text}), Errc::permission_denied, text);
  ::chmod(text.c_str(), 0700);
  const Status empty = start_of({.program = text});
  EXPECT_FALSE(empty.ok());
  EXPECT_NE(empty.message().find(text), std::string::npos) << empty.message();
}

TEST(WorkerPrograms, ThatExitAtOnceSayHow) {
  expect_says(start_of(lab_program({"exits"})), Errc::unavailable, "status 3");
}

TEST(WorkerPrograms, ThatAbortAtOnceSayHow) {
  expect_says(start_of(lab_program({"aborts"})), Errc::unavailable, "signal 6");
}

TEST(WorkerPrograms, ThatNeverAnswerAreGivenUp) {
  ProcessOptions program = lab_program({"silent"});
  program.start_timeout = 300ms;
  const Holdings before = Holdings::now();
  expect_says(start_of(program), Errc::deadline_exceeded, "300 ms");
  EXPECT_TRUE(comes_true([&] { return Holdings::now().children == before.children; }));
}

TEST(WorkerPrograms, ThatAreSomethingElseAreGivenUp) {
  ProcessOptions program{.program = "/bin/sleep", .arguments = {"1000"}};
  program.start_timeout = 300ms;
  expect_says(start_of(program), Errc::deadline_exceeded, "worker_main");
}

TEST(WorkerPrograms, MayPrintFirst) { EXPECT_TRUE(start_of(lab_program({"prints"})).ok()); }

struct OtherAnswer {
  std::string text;
  LAGOON_FIELDS(OtherAnswer, text)
};
using OtherDo = Unary<"do", Order, OtherAnswer>;
using OtherLab = Contract<"test.ProcessLab", OtherDo>;
using Unheard = Unary<"unheard", Order, Answer>;
using LargerLab = Contract<"test.ProcessLab", Unheard>;

TEST(WorkerPrograms, WithAnotherContractAreToldFromBothSides) {
  const Service other = serve<OtherLab>(on<OtherDo>([](const Order&) { return OtherAnswer{}; }));
  const Status status = start_of(lab_program(), other);
  expect_says(status, Errc::failed_precondition, "test.ProcessLab.do");
  EXPECT_NE(status.message().find("here"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("in the worker program"), std::string::npos) << status.message();
  const Service larger = serve<LargerLab>(on<Unheard>([](const Order&) { return Answer{}; }));
  expect_says(start_of(lab_program(), larger), Errc::failed_precondition, "test.ProcessLab.unheard");
}

struct Handle {
  void* pointer = nullptr;
};
using Point = Unary<"point", Handle, Answer>;
using PointingLab = Contract<"test.ProcessLab", Point>;

TEST(WorkerPrograms, AreNotAskedForMessagesThatCannotBeSent) {
  const Service service = serve<PointingLab>(on<Point>([](const Handle&) { return Answer{}; }));
  Status status = start_of(lab_program(), service);
  EXPECT_TRUE(status.code() == Errc::invalid_argument || status.code() == Errc::failed_precondition)
      << status.to_string();
  EXPECT_NE(status.message().find("test.ProcessLab.point"), std::string::npos) << status.message();
}

TEST(WorkerMain, SaysThatItWasNotStartedAsAWorker) {
  EXPECT_FALSE(is_worker());
  testing::internal::CaptureStderr();
  EXPECT_EQ(worker_main({process_lab()}), 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("as its worker"), std::string::npos);
}

}  // namespace
}  // namespace lagoon::test
