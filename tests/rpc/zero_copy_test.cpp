// SPDX-License-Identifier: Apache-2.0
// A payload is moved or shared, never copied in silence: shown by addresses and by the copy report.
#include "zero_copy.hpp"

#include <gtest/gtest.h>

#include <lagoon/interop/eigen.hpp>
#include <lagoon/interop/xtensor.hpp>
#include <numeric>
#include <xtensor/xtensor.hpp>

#include "watchdog.hpp"

namespace lagoon::test {
namespace {

class ZeroCopy : public testing::Test {
 protected:
  Engine engine_;
  Isolate isolate_{engine_, {.name = "arrays"}};
  Local local_{isolate_, {serve_arrays()}};
  Caller<Arrays> arrays_{local_};
  CallReport report_;
  CallOptions reported() { return {.report = &report_}; }

  void expect_nothing_copied(std::size_t shared, std::size_t moved = 0) {
    EXPECT_EQ(report_.copies.shared_bytes, shared);
    EXPECT_EQ(report_.copies.moved_bytes, moved);
    EXPECT_EQ(report_.copies.copied_bytes, 0u);
    EXPECT_EQ(report_.copies.why, "");
  }
};

Frozen<double, 2> small() {
  auto t = Tensor<double, 2>({3, 4});
  std::iota(t.data(), t.data() + t.size(), 0.0);
  return std::move(t).freeze();
}

TEST_F(ZeroCopy, AFrozenArrayIsTheSameOnBothSides) {
  const auto m = small();
  const Matrix r = arrays_.call<Share>({m}, reported());
  EXPECT_EQ(r.seen_at, address(m));
  EXPECT_TRUE(same_place(r.values, m));
  expect_nothing_copied(2 * m.bytes());  // there and back
}

TEST_F(ZeroCopy, ThatHoldsForStartedCallsAndCoroutinesToo) {
  const auto m = small();
  for (int k = 0; k < 10; ++k) {
    auto a = arrays_.start<Share>({m}, {.count_copies = true});
    auto b = arrays_.start<ShareLater>({m}, {.count_copies = true});
    EXPECT_TRUE(same_place(a.get().values, m));
    const Matrix r = b.get();
    EXPECT_EQ(r.seen_at, address(m));
    EXPECT_TRUE(same_place(r.values, m));
    EXPECT_EQ(a.report().copies.shared_bytes, 2 * m.bytes());
    EXPECT_EQ(b.report().copies.shared_bytes, 2 * m.bytes());
  }
}

TEST_F(ZeroCopy, ATensorIsHandedOverAndLeavesTheCallerWithNothing) {
  Tensor<double, 2> t({100, 10});
  const double* at = t.data();
  Owned r = arrays_.call<Move>({std::move(t)}, reported());
  EXPECT_EQ(r.seen_at, static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(at)));
  EXPECT_EQ(r.values.data(), at);
  EXPECT_TRUE(t.empty());  // NOLINT: what a moved-from tensor is, is part of its promise
  expect_nothing_copied(0, 2 * r.values.bytes());
}

TEST_F(ZeroCopy, AnEigenMatrixOfOneGibibyteIsAdoptedPassedAndReturned) {
  Eigen::MatrixXd matrix(16384, 8192);
  const double* at = matrix.data();
  matrix(16383, 8191) = 4;
  const auto m = Frozen<double, 2>::adopt(std::move(matrix));
  ASSERT_EQ(m.bytes(), std::size_t{1} << 30);
  ASSERT_EQ(m.data(), at);
  const Matrix r = arrays_.call<Share>({m}, reported());
  EXPECT_EQ(r.seen_at, address(m));
  EXPECT_TRUE(same_place(r.values, m));
  EXPECT_EQ(r.values(16383, 8191), 4);
  EXPECT_EQ(as_eigen(r.values)(16383, 8191), 4);
  expect_nothing_copied(std::size_t{2} << 30);

  // and the same memory, writable, by way of a started call
  auto writable = Frozen<double, 2>(r.values);
  (void)writable;
  const Matrix again = arrays_.start<Share>({r.values}).get();
  EXPECT_TRUE(same_place(again.values, m));
}

TEST_F(ZeroCopy, AnXtensorOfOneGibibyteIsAdoptedPassedAndReturned) {
  auto matrix = xt::xtensor<double, 2>::from_shape({std::size_t{8192}, std::size_t{16384}});
  const double* at = matrix.data();
  matrix(8191, 16383) = 5;
  auto t = Tensor<double, 2>::adopt(std::move(matrix));
  ASSERT_EQ(t.bytes(), std::size_t{1} << 30);
  Owned r = arrays_.call<Move>({std::move(t)}, reported());
  EXPECT_EQ(r.values.data(), at);
  EXPECT_EQ(r.values(8191, 16383), 5);
  expect_nothing_copied(0, std::size_t{2} << 30);
  const Matrix shared = arrays_.call<Share>({std::move(r.values).freeze()});
  EXPECT_EQ(shared.values.data(), at);
  EXPECT_EQ(as_xtensor(shared.values)(8191, 16383), 5);
}

TEST_F(ZeroCopy, SlicesKeepTheirPlaceAndStrides) {
  const auto column = small().slice(1, 1, 2);
  const Matrix r = arrays_.call<Share>({column}, reported());
  EXPECT_TRUE(same_place(r.values, column));
  EXPECT_EQ(r.values(2, 0), 9);
}

TEST_F(ZeroCopy, ReachesArraysWhereverAMessageHasThem) {
  Everywhere e;
  e.list = {Frozen<float, 1>::copy_of(std::vector<float>{1, 2}), Frozen<float, 1>::copy_of(std::vector<float>{3})};
  e.maybe = Frozen<double, 1>::copy_of(std::vector<double>{4, 5, 6});
  e.pair = {Matrix{small(), 0}, Matrix{small(), 0}};
  e.plain = {1, 2, 3};
  e.text = "long enough not to be kept inside the string object itself";
  const Everywhere r = arrays_.call<Scatter>(e, reported());
  EXPECT_EQ(r.seen_at, (std::vector<std::int64_t>{address(e.list[0]), address(e.list[1]), address(*e.maybe),
                                                  address(e.pair[0].values), address(e.pair[1].values)}));
  for (std::size_t k = 0; k < 2; ++k) EXPECT_TRUE(same_place(r.list[k], e.list[k]));
  EXPECT_TRUE(same_place(*r.maybe, *e.maybe));
  const std::size_t arrays = 2 * 4 + 4 + 3 * 8 + 2 * small().bytes();
  EXPECT_EQ(report_.copies.shared_bytes, 2 * arrays);
  EXPECT_EQ(report_.copies.copied_bytes, 0u);
}

TEST_F(ZeroCopy, AnUniqueArrayComesBackWritable) {
  Matrix r = arrays_.call<Share>({small()});
  EXPECT_TRUE(r.values.unique());
  auto t = std::move(r.values).try_unfreeze();
  ASSERT_TRUE(t.ok()) << t.status().to_string();
  (*t)(0, 0) = 7;
}

TEST_F(ZeroCopy, SlicesOfOneTensorGoToManyIsolatesAndComeTogether) {
  Isolate second(engine_, {.name = "second"}), third(engine_, {.name = "third"});
  const Local to_second(second, {serve_arrays()}), to_third(third, {serve_arrays()});
  const Caller<Arrays> callers[] = {arrays_, Caller<Arrays>(const_cast<Local&>(to_second)),
                                    Caller<Arrays>(const_cast<Local&>(to_third))};
  Tensor<double, 2> t({9, 5});
  const double* at = t.data();
  auto slices = std::move(t).split(3);
  std::vector<Reply<Move>> replies;
  for (std::size_t k = 0; k < 3; ++k) replies.push_back(callers[k].start<Move>({std::move(slices[k])}));
  std::vector<Tensor<double, 2>> back;
  for (auto& reply : replies) back.push_back(std::move(reply.get().values));
  std::swap(back[0], back[2]);
  const auto whole = Tensor<double, 2>::join(std::move(back));
  EXPECT_EQ(whole.data(), at);
}

TEST_F(ZeroCopy, RequiredIsGivenWhereItIs) {
  const auto r = arrays_.try_call<Share>({small()}, {.require_zero_copy = true});
  EXPECT_TRUE(r.ok()) << r.status().to_string();
}

TEST_F(ZeroCopy, RequiredButSwitchedOffFailsRatherThanCopy) {
  const CallOptions impossible{.zero_copy = false, .require_zero_copy = true};
  const Status waited = arrays_.try_call<Share>({small()}, impossible).status();
  const Status started = arrays_.start<Share>({small()}, impossible).status();
  auto stream = arrays_.start<Repeat>({small()}, impossible);
  auto upload = arrays_.start<Collect>(impossible);
  EXPECT_FALSE(upload.write({small()}));
  EXPECT_THROW(stream.read(), Error);
  for (const Status& status : {waited, started, stream.status(), upload.status()}) {
    EXPECT_EQ(status.code(), Errc::invalid_argument) << status.to_string();
    EXPECT_EQ(status.executed(), Executed::no);
    EXPECT_NE(status.message().find("zero_copy"), std::string::npos);
  }
}

TEST_F(ZeroCopy, SwitchedOffCopiesAndSaysSo) {
  const auto m = small();
  const Matrix r = arrays_.call<Share>({m}, {.zero_copy = false, .report = &report_});
  EXPECT_NE(r.seen_at, address(m));
  EXPECT_NE(address(r.values), r.seen_at);
  EXPECT_EQ(report_.copies.copied_bytes, 2 * m.bytes());
  EXPECT_EQ(report_.copies.shared_bytes, 0u);
  EXPECT_EQ(report_.copies.why, "zero_copy is off");
  EXPECT_TRUE(std::equal(m.data(), m.data() + m.size(), r.values.data()));
}

TEST_F(ZeroCopy, SwitchedOffMakesSlicesCompact) {
  const auto column = small().slice(1, 2, 3);
  const Matrix r = arrays_.call<Share>({column}, {.zero_copy = false});
  EXPECT_EQ(r.values.view().stride(0), 1);
  for (std::ptrdiff_t i = 0; i < 3; ++i) EXPECT_EQ(r.values(i, 0), column(i, 0));
}

TEST_F(ZeroCopy, SwitchedOffStillMovesTensorsByCopy) {
  Tensor<double, 2> t = Tensor<double, 2>::filled({2, 2}, 3);
  Owned r = arrays_.call<Move>({std::move(t)}, {.zero_copy = false, .report = &report_});
  EXPECT_EQ(r.values(1, 1), 3);
  EXPECT_EQ(report_.copies.moved_bytes, 0u);
  EXPECT_EQ(report_.copies.copied_bytes, 2 * r.values.bytes());
}

TEST_F(ZeroCopy, EmptyArraysAreNothingToCopy) {
  const Matrix r = arrays_.call<Share>({}, reported());
  EXPECT_TRUE(r.values.empty());
  expect_nothing_copied(0);
  EXPECT_TRUE(arrays_.call<Share>({}, {.zero_copy = false}).values.empty());
}

}  // namespace
}  // namespace lagoon::test
