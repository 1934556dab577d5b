// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/tensor.hpp>

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <xtensor/xarray.hpp>
#include <xtensor/xtensor.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <string>

#include "counting_memory.hpp"

namespace lagoon {
namespace {

using test::CountingMemory;

Errc code_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.code();
  }
  return Errc::ok;
}

// ---- making one

TEST(Tensor, BeginsOnACacheLine) {
  for (std::ptrdiff_t n : {0, 1, 7, 100, 5000, 100'000}) {
    Tensor<char, 1> bytes({n});
    Tensor<double, 2> numbers({n, 3});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes.data()) % kAlignment, 0u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(numbers.data()) % kAlignment, 0u);
  }
}

TEST(Tensor, IsRowMajor) {
  Tensor<int, 3> t({2, 3, 4});
  EXPECT_EQ(t.view().strides(), (Extents<3>{12, 4, 1}));
  EXPECT_EQ(t.size(), 24);
  EXPECT_EQ(t.bytes(), 96u);
  std::iota(t.data(), t.data() + 24, 0);
  EXPECT_EQ(t(1, 2, 3), 23);
}

TEST(Tensor, IsFilledWhenAsked) {
  const auto zeros = Tensor<double, 1>::zeros({100});
  const auto sevens = Tensor<int, 2>::filled({4, 5}, 7);
  EXPECT_EQ(std::accumulate(zeros.data(), zeros.data() + 100, 0.0), 0);
  EXPECT_EQ(std::count(sevens.data(), sevens.data() + 20, 7), 20);
}

TEST(Tensor, OfNothingHasNoElements) {
  const Tensor<double, 2> none;
  EXPECT_EQ(none.size(), 0);
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.bytes(), 0u);
  Tensor<double, 2> flat({5, 0});
  EXPECT_EQ(flat.size(), 0);
  EXPECT_EQ(flat.extents(), (Extents<2>{5, 0}));
}

TEST(Tensor, RefusesExtentsThatAreNegativeOrDoNotFit) {
  constexpr std::ptrdiff_t kMost = std::numeric_limits<std::ptrdiff_t>::max();
  EXPECT_EQ(code_of([] { Tensor<double, 1> t({-1}); }), Errc::invalid_argument);
  EXPECT_EQ(code_of([] { Tensor<double, 2> t({3, -1}); }), Errc::invalid_argument);
  EXPECT_EQ(code_of([] { Tensor<double, 1> t({kMost}); }), Errc::invalid_argument);
  EXPECT_EQ(code_of([] { Tensor<double, 2> t({kMost, 2}); }), Errc::invalid_argument);
  EXPECT_EQ(code_of([] {
              Tensor<char, 2> t({std::ptrdiff_t{1} << 32, std::ptrdiff_t{1} << 32});
            }),
            Errc::invalid_argument);
  EXPECT_EQ(code_of([] { Tensor<char, 3> t({1 << 30, 1 << 30, 1 << 30}); }), Errc::invalid_argument);
}

// The strides of an array without elements overflow.
TEST(Tensor, TreatsExtentsThatDoNotFitTheSameBesideAnExtentOfZero) {
  constexpr std::ptrdiff_t kMost = std::numeric_limits<std::ptrdiff_t>::max();
  EXPECT_EQ(code_of([] { Tensor<double, 3> t({0, kMost / 2, 4}); }), Errc::invalid_argument);
  EXPECT_EQ(code_of([] { Tensor<double, 3> t({kMost / 2, 4, 0}); }), Errc::invalid_argument);
}

TEST(Tensor, TakesItsMemoryFromTheSourceOfTheCall) {
  test::CountingSource source;
  {
    const MemoryScope scope(&source);
    Tensor<double, 1> t({1000});
    EXPECT_GE(source.counts().held, 8000);
    EXPECT_LE(source.counts().held, 8000 + 2 * static_cast<std::ptrdiff_t>(kAlignment));
  }
  EXPECT_EQ(source.counts().held, 0);
  Tensor<double, 1> outside({1000});
  EXPECT_EQ(source.counts().allocations, 1);
}

TEST(Tensor, OutlivesTheHandleOfItsMemory) {
  auto memory = std::make_shared<CountingMemory>();
  const auto counts = memory->counts;
  Tensor<double, 1> t({10}, memory);
  memory.reset();
  t[9] = 1;
  EXPECT_FALSE(counts->gone);
  t = Tensor<double, 1>();
  EXPECT_TRUE(counts->gone) << "the array was the last owner of its memory";
  EXPECT_EQ(counts->held, 0);
}

// ---- moving

TEST(Tensor, MovesWithoutMovingItsElements) {
  Tensor<double, 1> a({100});
  const double* address = a.data();
  Tensor<double, 1> b = std::move(a);
  EXPECT_EQ(b.data(), address);
  Tensor<double, 1> c;
  c = std::move(b);
  EXPECT_EQ(c.data(), address);
  std::swap(c, b);
  EXPECT_EQ(b.data(), address);
  EXPECT_FALSE((std::is_copy_constructible_v<Tensor<double, 1>>));
  EXPECT_FALSE((std::is_copy_assignable_v<Tensor<double, 1>>));
}

TEST(Tensor, IsEmptyAfterItWasMovedFrom) {
  auto empty = [](Tensor<double, 2>& t) {  // NOLINTNEXTLINE(clang-analyzer-cplusplus.Move): what is left is the point
    return t.size() == 0 && t.empty() && t.bytes() == 0 && t.data() == nullptr && t.extents() == Extents<2>{};
  };
  Tensor<double, 2> t({3, 4});
  Tensor<double, 2> u = std::move(t);
  EXPECT_TRUE(empty(t));  // NOLINT(bugprone-use-after-move): what is tested
  auto f = std::move(u).freeze();
  EXPECT_TRUE(empty(u));  // NOLINT(bugprone-use-after-move)
  Tensor<double, 2> v({4, 4});
  auto parts = std::move(v).split(2);
  EXPECT_TRUE(empty(v));  // NOLINT(bugprone-use-after-move)
  t = Tensor<double, 2>({1, 1});
  EXPECT_EQ(t.size(), 1);
}

TEST(Tensor, SurvivesBeingMovedToItself) {
  Tensor<double, 1> t = Tensor<double, 1>::filled({3}, 5.0);
  Tensor<double, 1>& same = t;
  t = std::move(same);
  EXPECT_EQ(t.size(), 3);
  EXPECT_EQ(t[2], 5.0);
}

TEST(Tensor, FreesItsElementsOnceWhenAssignedOver) {
  auto memory = std::make_shared<CountingMemory>();
  Tensor<double, 1> t({10}, memory);
  t = Tensor<double, 1>({20}, memory);
  EXPECT_EQ(memory->counts->allocations, 2);
  EXPECT_EQ(memory->counts->deallocations, 1);
}

// ---- adopting

TEST(Adopt, TakesOverEigenObjectsInPlace) {
  Eigen::MatrixXd m = Eigen::MatrixXd::Random(30, 40);
  const Eigen::MatrixXd copy = m;
  const double* address = m.data();
  auto t = Tensor<double, 2>::adopt(std::move(m));
  EXPECT_EQ(t.data(), address);
  EXPECT_EQ(t.extents(), (Extents<2>{30, 40}));
  EXPECT_EQ(t.view().strides(), (Extents<2>{1, 30})) << "column-major stays so";
  EXPECT_EQ(t(7, 11), copy(7, 11));
  EXPECT_EQ(t.bytes(), 30u * 40 * 8);

  Eigen::VectorXf v = Eigen::VectorXf::Ones(100);
  const float* where = v.data();
  EXPECT_EQ((Tensor<float, 1>::adopt(std::move(v)).data()), where);
}

TEST(Adopt, TakesOverXtensorObjectsInPlace) {
  xt::xtensor<double, 2> t = xt::ones<double>({20, 30});
  const double* address = t.data();
  EXPECT_EQ((Tensor<double, 2>::adopt(std::move(t)).data()), address);
  xt::xarray<int, xt::layout_type::column_major> a = xt::ones<int>({4, 5, 6});
  const int* where = a.data();
  auto adopted = Tensor<int, 3>::adopt(std::move(a));
  EXPECT_EQ(adopted.data(), where);
  EXPECT_EQ(adopted.view().strides(), (Extents<3>{1, 4, 20}));
}

TEST(Adopt, TakesOverVectorsAndLongStringsInPlace) {
  std::vector<double> v(100, 2.0);
  const double* address = v.data();
  auto t = Tensor<double, 1>::adopt(std::move(v));
  EXPECT_EQ(t.data(), address);
  t[99] = 3;
  EXPECT_EQ(t[99], 3);
  std::string text(1000, 'x');
  const char* where = text.data();
  EXPECT_EQ((Tensor<char, 1>::adopt(std::move(text)).data()), where);
}

TEST(Adopt, RefusesObjectsThatHoldTheirElementsInside) {
  EXPECT_EQ(code_of([] { (void)Tensor<double, 2>::adopt(Eigen::Matrix3d(Eigen::Matrix3d::Zero())); }),
            Errc::invalid_argument);
  EXPECT_EQ(code_of([] { (void)Tensor<int, 1>::adopt(std::array<int, 4>{}); }), Errc::invalid_argument);
  EXPECT_EQ(code_of([] { (void)Tensor<char, 1>::adopt(std::string("short")); }), Errc::invalid_argument);
}

TEST(Adopt, OfEmptyObjectsIsEmpty) {
  EXPECT_TRUE((Tensor<double, 2>::adopt(Eigen::MatrixXd()).empty()));
  EXPECT_TRUE((Tensor<double, 1>::adopt(std::vector<double>()).empty()));
}

template <class T>
bool can_adopt_lvalue() {
  return requires(std::vector<double>& v) { T::adopt(v); };
}
TEST(Adopt, TakesNothingThatIsNotGivenAway) { EXPECT_FALSE((can_adopt_lvalue<Tensor<double, 1>>())); }

struct Release {
  bool* released;
  void operator()(double* p) const {
    *released = true;
    delete[] p;
  }
};

TEST(Adopt, OverForeignMemoryKeepsItsOwnerAlive) {
  bool released = false;
  {
    std::shared_ptr<double> owner(new double[12], Release{&released});
    double* address = owner.get();
    auto t = Tensor<double, 2>::over({address, {3, 4}}, std::move(owner));
    EXPECT_EQ(t.data(), address);
    EXPECT_EQ(t.bytes(), 96u);
    auto f = std::move(t).freeze();
    EXPECT_FALSE(released);
  }
  EXPECT_TRUE(released);
}

// ---- copying

TEST(CopyOf, IsRowMajorWhateverItCopies) {
  Eigen::MatrixXd m = Eigen::MatrixXd::Random(5, 6);
  const auto whole = Tensor<double, 2>::copy_of(m);
  const auto block = Tensor<double, 2>::copy_of(m.block(1, 2, 3, 3));
  const auto turned = Tensor<double, 2>::copy_of(m.transpose());
  const auto row = Tensor<double, 1>::copy_of(m.row(2));
  EXPECT_TRUE(whole.view().is_contiguous());
  EXPECT_NE(whole.data(), m.data());
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 6; ++j) {
      ASSERT_EQ(whole(i, j), m(i, j));
      ASSERT_EQ(turned(j, i), m(i, j));
    }
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) ASSERT_EQ(block(i, j), m(i + 1, j + 2));
  for (int j = 0; j < 6; ++j) ASSERT_EQ(row[j], m(2, j));
}

TEST(CopyOf, TakesStridesThatGoBackwardsOrNowhere) {
  double d[6] = {0, 1, 2, 3, 4, 5};
  const auto backwards = Tensor<double, 1>::copy_of(View<double, 1>(d + 5, {6}, {-1}));
  const auto repeated = Tensor<double, 2>::copy_of(View<double, 2>(d, {2, 6}, {0, 1}));
  EXPECT_EQ(backwards[0], 5);
  EXPECT_EQ(repeated(1, 5), 5);
}

TEST(CopyOf, OfNothingIsEmpty) {
  EXPECT_TRUE((Tensor<double, 2>::copy_of(View<const double, 2>()).empty()));
  std::vector<double> none;
  EXPECT_TRUE((Tensor<double, 1>::copy_of(none).empty()));
}

TEST(Tensor, IsViewedForReadingOrWritingAsItsConstnessSays) {
  Tensor<double, 1> t = Tensor<double, 1>::zeros({3});
  const View<double, 1> writing = t;
  writing[1] = 4;
  const Tensor<double, 1>& fixed = t;
  const View<const double, 1> reading = fixed;
  EXPECT_EQ(reading[1], 4);
  EXPECT_FALSE((std::is_convertible_v<const Tensor<double, 1>&, View<double, 1>>));
  EXPECT_FALSE((std::is_convertible_v<Tensor<double, 1>&&, View<double, 1>>)) << "it would be gone at once";
}

}  // namespace
}  // namespace lagoon
