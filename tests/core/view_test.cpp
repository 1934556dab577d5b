// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/view.hpp>

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace lagoon {
namespace {

// ---- of standard containers: in place, with the constness of the object

TEST(View, OfAVectorLooksAtItsElements) {
  std::vector<double> v{1, 2, 3};
  const View<double, 1> x = v;
  EXPECT_EQ(x.data(), v.data());
  EXPECT_EQ(x.extents(), Extents<1>{3});
  EXPECT_EQ(x.strides(), Extents<1>{1});
  x[1] = 20;
  EXPECT_EQ(v[1], 20);
}

TEST(View, OfArraysSpansAndStringsLooksAtTheirElements) {
  std::array<int, 4> a{1, 2, 3, 4};
  int plain[] = {5, 6};
  const std::span<int> s(a);
  const std::string text = "lagoon";
  EXPECT_EQ((View<int, 1>(a).data()), a.data());
  EXPECT_EQ((View<int, 1>(plain).data()), plain);
  EXPECT_EQ((View<int, 1>(plain).size()), 2);
  EXPECT_EQ((View<int, 1>(s).data()), a.data());
  EXPECT_EQ((View<const char, 1>(text).size()), 6);
}

TEST(View, ForReadingIsMadeOfConstObjectsAndOfViewsForWriting) {
  const std::vector<double> fixed{1, 2};
  std::vector<double> open{3, 4};
  EXPECT_EQ((View<const double, 1>(fixed).data()), fixed.data());
  const View<double, 1> writing = open;
  const View<const double, 1> reading = writing;
  EXPECT_EQ(reading.data(), open.data());
}

TEST(View, IsNotMadeWhereItWouldHaveToConvertOrDropConst) {
  EXPECT_FALSE((std::is_constructible_v<View<double, 1>, const std::vector<double>&>));
  EXPECT_FALSE((std::is_constructible_v<View<double, 1>, std::span<const double>>));
  EXPECT_FALSE((std::is_constructible_v<View<const double, 1>, std::vector<float>&>));
  EXPECT_FALSE((std::is_constructible_v<View<const bool, 1>, std::vector<bool>&>)) << "which has no bools in memory";
  EXPECT_FALSE((std::is_constructible_v<View<double, 1>, View<const double, 1>>));
  EXPECT_FALSE((std::is_constructible_v<View<const double, 2>, View<double, 1>>));
  EXPECT_FALSE((std::is_constructible_v<View<const double, 1>, int>));
}

TEST(View, OfNothingIsEmpty) {
  const View<const double, 3> none;
  EXPECT_EQ(none.data(), nullptr);
  EXPECT_EQ(none.size(), 0);
  EXPECT_TRUE(none.empty());
  std::vector<double> v;
  EXPECT_TRUE((View<double, 1>(v).empty()));
}

// ---- over plain memory

TEST(View, OverMemoryIsRowMajor) {
  std::array<int, 24> a;
  std::iota(a.begin(), a.end(), 0);
  const View<int, 3> x(a.data(), {2, 3, 4});
  EXPECT_EQ(x.strides(), (Extents<3>{12, 4, 1}));
  EXPECT_EQ(x.size(), 24);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) ASSERT_EQ(x(i, j, k), 12 * i + 4 * j + k);
}

TEST(View, TakesStridesThatGoBackwardsOrNowhere) {
  std::array<int, 6> a{0, 1, 2, 3, 4, 5};
  const View<int, 1> backwards(a.data() + 5, {6}, {-1});
  EXPECT_EQ(backwards[0], 5);
  EXPECT_EQ(backwards[5], 0);
  const View<int, 2> repeated(a.data(), {4, 6}, {0, 1});
  EXPECT_EQ(repeated(0, 3), 3);
  EXPECT_EQ(repeated(3, 3), 3);
  EXPECT_FALSE(backwards.is_contiguous());
  EXPECT_FALSE(repeated.is_contiguous());
}

TEST(View, IsContiguousWhenElementsFollowOneAnotherAxesOfOneAside) {
  double d[24];
  EXPECT_TRUE((View<double, 3>(d, {2, 3, 4}).is_contiguous()));
  EXPECT_TRUE((View<double, 2>(d, {1, 4}, {99, 1}).is_contiguous()));
  EXPECT_TRUE((View<double, 2>(d, {4, 1}, {1, 99}).is_contiguous()));
  EXPECT_TRUE((View<double, 2>(d, {4, 1}, {1, 0}).is_contiguous()));
  EXPECT_FALSE((View<double, 2>(d, {2, 3}, {4, 1}).is_contiguous()));
  EXPECT_FALSE((View<double, 2>(d, {4, 3}, {1, 4}).is_contiguous())) << "column-major";
  EXPECT_FALSE((View<double, 1>(d, {3}, {2}).is_contiguous()));
}

// ---- parts

class Matrix3x4 : public testing::Test {
 protected:
  Matrix3x4() { std::iota(a_.begin(), a_.end(), 0); }
  std::array<int, 12> a_;
  View<int, 2> x_{a_.data(), {3, 4}};
};

TEST_F(Matrix3x4, GivesRowsColumnsAndItsTranspose) {
  EXPECT_EQ(x_.row(1).data(), a_.data() + 4);
  EXPECT_EQ(x_.row(1).extents(), Extents<1>{4});
  EXPECT_EQ(x_.row(1)[3], 7);
  EXPECT_EQ(x_.column(2).extents(), Extents<1>{3});
  EXPECT_EQ(x_.column(2)[2], 10);
  const auto t = x_.transposed();
  EXPECT_EQ(t.data(), x_.data());
  EXPECT_EQ(t.extents(), (Extents<2>{4, 3}));
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 4; ++j) ASSERT_EQ(&t(j, i), &x_(i, j));
}

TEST_F(Matrix3x4, GivesSlicesAlongAnyAxis) {
  const auto rows = x_.slice(0, 1, 3);
  EXPECT_EQ(rows.extents(), (Extents<2>{2, 4}));
  EXPECT_EQ(&rows(0, 0), &x_(1, 0));
  const auto columns = x_.slice(1, 1, 2);
  EXPECT_EQ(columns.extents(), (Extents<2>{3, 1}));
  EXPECT_EQ(&columns(2, 0), &x_(2, 1));
  EXPECT_TRUE(x_.slice(1, 4, 4).empty());
  EXPECT_EQ(x_.slice(0, 0, 3).extents(), x_.extents());
}

Errc code_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.code();
  }
  return Errc::ok;
}

TEST_F(Matrix3x4, RefusesPartsOutsideItself) {
  EXPECT_EQ(code_of([&] { (void)x_.row(3); }), Errc::out_of_range);
  EXPECT_EQ(code_of([&] { (void)x_.row(-1); }), Errc::out_of_range);
  EXPECT_EQ(code_of([&] { (void)x_.column(4); }), Errc::out_of_range);
  EXPECT_EQ(code_of([&] { (void)x_.column(-1); }), Errc::out_of_range);
  EXPECT_EQ(code_of([&] { (void)x_.slice(2, 0, 1); }), Errc::out_of_range);
  EXPECT_EQ(code_of([&] { (void)x_.slice(0, 0, 4); }), Errc::out_of_range);
  EXPECT_EQ(code_of([&] { (void)x_.slice(0, -1, 2); }), Errc::out_of_range);
  EXPECT_EQ(code_of([&] { (void)x_.slice(0, 2, 1); }), Errc::out_of_range);
  EXPECT_EQ(code_of([&] { (void)x_.slice(0, 0, -1); }), Errc::out_of_range);
}

TEST_F(Matrix3x4, SaysWhatWasAskedAndWhatThereIs) {
  try {
    (void)x_.row(7);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.status().message(), "row 7 is outside [0, 3]");
  }
}

}  // namespace
}  // namespace lagoon
