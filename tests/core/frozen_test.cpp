// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/tensor.hpp>

#include <gtest/gtest.h>

#include <Eigen/Core>

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include "counting_memory.hpp"

namespace lagoon {
namespace {

Tensor<double, 1> counted(std::ptrdiff_t n) {
  Tensor<double, 1> t({n});
  std::iota(t.data(), t.data() + n, 0.0);
  return t;
}

TEST(Frozen, HasTheAddressesOfTheTensorItWas) {
  auto t = counted(100);
  const double* address = t.data();
  const Frozen<double, 1> f = std::move(t).freeze();
  EXPECT_EQ(f.data(), address);
  EXPECT_EQ(f[99], 99);
  const Frozen<double, 1> copy = f;
  EXPECT_EQ(copy.data(), address) << "a copy of the handle is no copy of the elements";
}

TEST(Frozen, KeepsTheLayoutOfWhatItAdopted) {
  Eigen::MatrixXd m = Eigen::MatrixXd::Random(6, 4);
  const double* address = m.data();
  const double corner = m(5, 3);
  const auto f = Frozen<double, 2>::adopt(std::move(m));
  EXPECT_EQ(f.data(), address);
  EXPECT_EQ(f.view().strides(), (Extents<2>{1, 6}));
  EXPECT_EQ(f(5, 3), corner);
}

TEST(Frozen, OffersNothingToWriteWith) {
  using F = Frozen<double, 1>;
  EXPECT_TRUE((std::is_same_v<decltype(std::declval<F&>().data()), const double*>));
  EXPECT_TRUE((std::is_same_v<decltype(std::declval<F&>()[0]), const double&>));
  EXPECT_TRUE((std::is_convertible_v<F&, View<const double, 1>>));
  EXPECT_FALSE((std::is_convertible_v<F&, View<double, 1>>));
}

TEST(Frozen, SharesItsElementsWithSlicesOfItself) {
  const auto f = counted(10).freeze();
  Frozen<double, 1> part = f.slice(0, 3, 7);
  EXPECT_EQ(part.data(), f.data() + 3);
  EXPECT_EQ(part.size(), 4);
  EXPECT_EQ(part.slice(0, 1, 2)[0], 4);
  EXPECT_FALSE(f.unique());
  EXPECT_THROW((void)f.slice(0, 5, 11), Error);
}

TEST(Frozen, IsFreedWhenItsLastHandleGoes) {
  auto memory = std::make_shared<test::CountingMemory>();
  Frozen<double, 1> a = Tensor<double, 1>({50}, memory).freeze();
  {
    Frozen<double, 1> b = a;
    Frozen<double, 1> part = b.slice(0, 10, 20);
    a = part;
  }
  EXPECT_EQ(memory->counts->deallocations, 0) << "a slice keeps all";
  EXPECT_EQ(a.size(), 10);
  a = {};
  EXPECT_EQ(memory->counts->deallocations, 1);
  EXPECT_EQ(memory->counts->held, 0);
}

TEST(Frozen, IsWritableAgainWhenNobodyElseSharesIt) {
  auto f = counted(10).freeze();
  const double* address = f.data();
  Result<Tensor<double, 1>> t = std::move(f).try_unfreeze();
  ASSERT_TRUE(t.ok());
  EXPECT_EQ(t->data(), address);
  (*t)[0] = 5;
  EXPECT_TRUE(f.empty());  // NOLINT(bugprone-use-after-move): what is tested
}

TEST(Frozen, StaysWhatItIsWhenOthersShareIt) {
  auto f = counted(10).freeze();
  const auto other = f;
  Result<Tensor<double, 1>> t = std::move(f).try_unfreeze();
  EXPECT_EQ(t.status().code(), Errc::failed_precondition);
  EXPECT_EQ(f.data(), other.data());  // NOLINT(bugprone-use-after-move): a failed try takes nothing
  EXPECT_EQ(f.size(), 10);
}

TEST(Frozen, OfNothingCannotBeWrittenAgain) {
  Frozen<double, 1> none;
  EXPECT_TRUE(none.empty());
  EXPECT_FALSE(none.unique());
  EXPECT_FALSE(std::move(none).try_unfreeze().ok());
}

TEST(Frozen, OverForeignMemoryKeepsItsOwnerAlive) {
  auto owner = std::make_shared<std::vector<double>>(8, 1.5);
  std::weak_ptr<std::vector<double>> watch = owner;
  auto f = Frozen<double, 2>::over({owner->data(), {2, 4}}, owner);
  owner.reset();
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(f(1, 3), 1.5);
  f = {};
  EXPECT_TRUE(watch.expired());
}

// ---- between threads; under the thread sanitizer these show that handles need no other synchronisation

TEST(Frozen, IsSharedAndDroppedByManyThreadsAtOnce) {
  auto memory = std::make_shared<test::CountingMemory>();
  for (int round = 0; round < 50; ++round) {
    Tensor<double, 1> t({1000}, memory);
    std::iota(t.data(), t.data() + 1000, 0.0);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    {
      const Frozen<double, 1> f = std::move(t).freeze();
      for (int k = 0; k < 4; ++k)
        threads.emplace_back([mine = f, &wrong] {
          for (int i = 0; i < 20; ++i) {
            Frozen<double, 1> copy = mine;
            const Frozen<double, 1> part = copy.slice(0, i, 1000);
            copy = {};
            wrong += part[0] != i || part[999 - i] != 999;
          }
        });
    }
    for (auto& thread : threads) thread.join();
    threads.clear();
    ASSERT_EQ(wrong, 0);
    ASSERT_EQ(memory->counts->deallocations, round + 1);
  }
  EXPECT_EQ(memory->counts->held, 0);
}

TEST(Frozen, IsWrittenOnlyAfterTheLastReaderOfAnotherThreadIsDone) {
  for (int round = 0; round < 100; ++round) {
    Frozen<double, 1> f = counted(100).freeze();
    std::atomic<bool> started{false};
    std::thread reader([copy = f, &started]() mutable {
      started = true;
      double sum = 0;
      for (int i = 0; i < 100; ++i) sum += copy[i];
      copy = {};  // the only sign to the writer
      EXPECT_EQ(sum, 4950);
    });
    while (!started || !f.unique()) std::this_thread::yield();
    Tensor<double, 1> t = std::move(f).try_unfreeze().value();
    for (int i = 0; i < 100; ++i) t[i] = -1;
    reader.join();
  }
}

}  // namespace
}  // namespace lagoon
