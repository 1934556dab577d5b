// SPDX-License-Identifier: Apache-2.0
// Arrays on their way to a worker process and back: the same memory, seen from both sides.
#include <lagoon/engine/budget.hpp>

#include "lab_programs.hpp"

namespace lagoon::test {
namespace {

constexpr std::ptrdiff_t kMany = 100'000;
double sum_to(std::ptrdiff_t n) { return static_cast<double>(n) * static_cast<double>(n - 1) / 2; }

TEST(ArraysOfProcesses, AreSharedWithTheWorkerAndComeBackToTheirAddress) {
  LabProcess lab;
  Order order = with_values(counted(kMany, lab.process.memory()));
  EXPECT_NE(mapping_of(order.values.data()).find("lab's arrays"), std::string::npos);
  CallReport report;
  const Answer answer = lab.caller.call<Do>(order, {.report = &report});
  EXPECT_EQ(answer.sum, sum_to(kMany));
  EXPECT_EQ(answer.values.data(), order.values.data());
  EXPECT_EQ(report.copies.shared_bytes, 2 * sizeof(double) * kMany) << "there and back";
  EXPECT_EQ(report.copies.copied_bytes, 0u) << report.copies.why;
  EXPECT_EQ(report.copies.moved_bytes, 0u);
  EXPECT_TRUE(lab.caller.try_call<Do>(order, {.require_zero_copy = true}).ok());
}

TEST(ArraysOfProcesses, ThatAreGivenAwayAreWrittenToThereAndComeBackToTheirAddress) {
  LabProcess lab;
  Parcel parcel{counted(kMany, lab.process.memory())};
  const double* const before = parcel.values.data();
  CallReport report;
  const Parcel back = lab.caller.call<Carry>(std::move(parcel), {.report = &report});
  EXPECT_EQ(back.values.data(), before);
  EXPECT_EQ(back.sum, sum_to(kMany));
  EXPECT_EQ(back.values[0], 1) << "the worker has added one to each";
  EXPECT_EQ(back.values[kMany - 1], kMany);
  EXPECT_EQ(report.copies.moved_bytes, 2 * sizeof(double) * kMany);
  EXPECT_EQ(report.copies.copied_bytes, 0u) << report.copies.why;
}

TEST(ArraysOfProcesses, AreCopiedOnceFromTheHeapAndTheReportSaysWhy) {
  LabProcess lab;
  Order order = with_values(counted(kMany, process_heap()));
  CallReport report;
  const Answer answer = lab.caller.call<Do>(order, {.report = &report});
  EXPECT_EQ(answer.sum, sum_to(kMany));
  EXPECT_EQ(report.copies.copied_bytes, sizeof(double) * kMany) << "there; its way back is shared";
  EXPECT_NE(report.copies.why.find("both processes see"), std::string::npos) << report.copies.why;
  EXPECT_NE(mapping_of(answer.values.data()).find("lab's arrays"), std::string::npos);
  const auto refused = lab.caller.try_call<Do>(order, {.require_zero_copy = true});
  EXPECT_EQ(refused.status().code(), Errc::invalid_argument);
  EXPECT_EQ(refused.status().executed(), Executed::no);
  EXPECT_NE(refused.status().message().find("memory()"), std::string::npos) << refused.status().message();
  EXPECT_TRUE(lab.process.is_alive());
}

TEST(ArraysOfProcesses, ThatTheWorkerMadeAreReadWhereItMadeThem) {
  LabProcess lab;
  const Answer answer = lab.caller.call<Do>(deed("large", kMany));
  ASSERT_EQ(answer.values.size(), kMany);
  EXPECT_EQ(answer.values[kMany - 1], kMany - 1);
  EXPECT_NE(mapping_of(answer.values.data()).find("lagoon-worker"), std::string::npos);
  const Order again{.values = answer.values};
  CallReport report;
  const Answer echoed = lab.caller.call<Do>(again, {.report = &report});
  EXPECT_EQ(echoed.sum, sum_to(kMany));
  EXPECT_EQ(echoed.values.data(), answer.values.data()) << "it has gone home and come back";
  EXPECT_EQ(report.copies.copied_bytes, 0u);
}

TEST(ArraysOfProcesses, OfADeadWorkerStayReadable) {
  std::optional<LabProcess> lab(std::in_place);
  const Answer answer = lab->caller.call<Do>(deed("large", kMany));
  EXPECT_EQ(lab->caller.try_call<Do>(deed("kill")).status().code(), Errc::unavailable);
  ASSERT_TRUE(comes_true([&] { return !lab->process.is_alive(); }));
  EXPECT_EQ(answer.values[kMany / 2], kMany / 2);
  lab.reset();
  EXPECT_EQ(answer.values[kMany - 1], kMany - 1) << "even when nothing else is left of it";
}

TEST(ArraysOfProcesses, OfSixtyFourMebibytesPassInBothDirections) {
  LabProcess lab({.name = "lab", .memory_limit = std::size_t{1} << 30, .concurrency = 1});
  constexpr std::ptrdiff_t kSize = (64 << 20) / sizeof(double);
  Order order = with_values(counted(kSize, lab.process.memory()));
  const Answer answer = lab.caller.call<Do>(order);
  EXPECT_EQ(answer.sum, sum_to(kSize));
  EXPECT_EQ(answer.values.data(), order.values.data());
  const Answer made = lab.caller.call<Do>(deed("large", kSize));
  ASSERT_EQ(made.values.size(), kSize);
  EXPECT_EQ(made.values[kSize - 1], kSize - 1);
}

TEST(ArraysOfProcesses, AreLetGoOfByEitherSide) {
  LabProcess lab;
  const auto memory = std::dynamic_pointer_cast<IsolateMemory>(lab.process.memory());
  ASSERT_TRUE(memory);
  // A thousand answers of 80 KiB, were they kept, are more than the worker may have.
  const auto pass = [&](int times) {
    for (int k = 0; k < times; ++k) {
      EXPECT_EQ(lab.caller.call<Do>(with_values(counted(10'000, lab.process.memory()))).sum, sum_to(10'000));
      EXPECT_EQ(lab.caller.call<Carry>({counted(10'000, lab.process.memory())}).sum, sum_to(10'000));
      EXPECT_EQ(lab.caller.call<Do>(deed("large", 10'000)).values.size(), 10'000);
    }
  };
  pass(10);
  const auto settled = [&] { return memory->use().held == 0; };
  EXPECT_TRUE(comes_true(settled)) << memory->use().held;
  pass(1000 / kSlowness);
  EXPECT_TRUE(comes_true(settled)) << memory->use().held << " bytes are held after all has been let go of";
}

TEST(ArraysOfProcesses, OfAWorkerWithLittleMemoryAreLetGoOfToo) {
  LabProcess lab({.name = "lab", .memory_limit = std::size_t{32} << 20, .concurrency = 1});
  for (int k = 0; k < 200; ++k) {
    const auto made = lab.caller.try_call<Do>(deed("large", 1 << 20));  // 8 MiB
    ASSERT_TRUE(made.ok()) << k << ": " << made.status().to_string();
    ASSERT_EQ(made->values.size(), 1 << 20);
  }
}

TEST(ArraysOfProcesses, TravelByTheThousandInBothDirectionsOfAStream) {
  LabProcess lab;
  constexpr int kItems = 2000;
  auto both = lab.caller.start<CarryAll>();
  std::thread writing([&] {
    for (int k = 0; k < kItems; ++k)
      if (!both.write({counted(9000 + k, lab.process.memory())})) return;  // more than is copied into a message
    both.close();
  });
  int seen = 0;
  while (auto parcel = both.read()) {
    EXPECT_EQ(parcel->sum, sum_to(9000 + seen));
    EXPECT_EQ(parcel->values[0], 1);
    ++seen;
  }
  writing.join();
  EXPECT_EQ(seen, kItems);
  EXPECT_TRUE(both.status().ok()) << both.status().to_string();
}

TEST(MessagesOfProcesses, LargerThanTheRingPass) {
  LabProcess lab;
  const Answer answer = lab.caller.call<Do>(deed("much", 5 << 20));  // the ring has one MiB
  EXPECT_EQ(answer.text.size(), std::size_t{5} << 20);
  EXPECT_EQ(answer.text.find_first_not_of('x'), std::string::npos);
}

TEST(MessagesOfProcesses, ThatAreLargePassUpAsWell) {
  LabProcess lab;
  Order order = deed("");
  order.deed.assign(3 << 20, 'y');
  const auto refused = lab.caller.try_call<Do>(order);
  EXPECT_EQ(refused.status().code(), Errc::invalid_argument) << "no such deed, and it has read all of its name";
  EXPECT_GT(refused.status().message().size(), std::size_t{3} << 20);
}

}  // namespace
}  // namespace lagoon::test
