// SPDX-License-Identifier: Apache-2.0
// From Lagoon's arrays to objects of Eigen and xtensor over the same memory, and back.
#include <lagoon/interop/eigen.hpp>
#include <lagoon/interop/xtensor.hpp>

#include <gtest/gtest.h>

#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include <numeric>
#include <vector>

namespace lagoon {
namespace {

Tensor<double, 2> counted(std::ptrdiff_t rows, std::ptrdiff_t columns) {
  Tensor<double, 2> t({rows, columns});
  std::iota(t.data(), t.data() + t.size(), 0.0);
  return t;
}

TEST(AsEigen, LooksAtTheSameMemory) {
  auto t = counted(3, 4);
  auto m = as_eigen(t);
  ASSERT_EQ(m.rows(), 3);
  ASSERT_EQ(m.cols(), 4);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 4; ++j) ASSERT_EQ(&m.coeffRef(i, j), &t(i, j));
  m(1, 2) = 99;
  EXPECT_EQ(t(1, 2), 99);
  EXPECT_EQ(m.row(0).sum(), 6);
}

TEST(AsEigen, OfAVectorIsAVector) {
  Tensor<float, 1> t({5});
  auto v = as_eigen(t);
  EXPECT_EQ(v.data(), t.data());
  v.setLinSpaced(0.0F, 4.0F);
  EXPECT_EQ(t[3], 3.0F);
}

TEST(AsEigen, OfAFrozenArrayReadsOnly) {
  const Frozen<double, 2> f = counted(2, 3).freeze();
  auto m = as_eigen(f);
  EXPECT_EQ(m.data(), f.data());
  EXPECT_EQ(m.sum(), 15);
  EXPECT_TRUE((std::is_same_v<decltype(m.data()), const double*>));
}

TEST(AsEigen, FollowsStrides) {
  auto t = counted(4, 6);
  auto m = as_eigen(t.view().transposed().slice(0, 1, 5));
  ASSERT_EQ(m.rows(), 4);
  ASSERT_EQ(m.cols(), 4);
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) ASSERT_EQ(&m.coeffRef(i, j), &t(j, i + 1));
  auto v = as_eigen(t.view().column(2));
  EXPECT_EQ(v(3), 20);
}

TEST(AsEigen, IsViewedAgainAtTheSameMemory) {
  auto t = counted(4, 6);
  auto m = as_eigen(t.view().transposed());
  const View<double, 2> back = m;
  EXPECT_EQ(back.data(), t.data());
  EXPECT_EQ(back.extents(), (Extents<2>{6, 4}));
  EXPECT_EQ(back.strides(), (Extents<2>{1, 6}));
}

TEST(AsXtensor, LooksAtTheSameMemory) {
  auto t = counted(3, 4);
  auto x = as_xtensor(t);
  ASSERT_EQ(x.dimension(), 2u);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 4; ++j) ASSERT_EQ(&x(i, j), &t(i, j));
  x(1, 2) = 99;
  EXPECT_EQ(t(1, 2), 99);
  EXPECT_EQ(xt::sum(xt::view(x, 0))(), 6);
}

TEST(AsXtensor, OfAFrozenArrayReadsOnly) {
  const Frozen<double, 2> f = counted(2, 3).freeze();
  auto x = as_xtensor(f);
  EXPECT_EQ(x.data(), f.data());
  EXPECT_EQ(xt::sum(x)(), 15);
}

TEST(AsXtensor, TakesMoreAxes) {
  Tensor<int, 3> t({2, 3, 4});
  std::iota(t.data(), t.data() + t.size(), 0);
  auto x = as_xtensor(t);
  EXPECT_EQ(&x(1, 2, 3), &t(1, 2, 3));
  const View<int, 3> back = x;
  EXPECT_EQ(back.strides(), t.view().strides());
}

TEST(AsXtensor, TakesAxesOfExtentOne) {
  auto t = counted(1, 5);
  auto x = as_xtensor(t);
  EXPECT_EQ(&x(0, 4), &t(0, 4));
  EXPECT_EQ(xt::sum(x)(), 10);
}

TEST(AsXtensor, FollowsStrides) {
  auto t = counted(4, 6);
  auto x = as_xtensor(t.view().slice(1, 1, 4));
  ASSERT_EQ(x.shape()[0], 4u);
  ASSERT_EQ(x.shape()[1], 3u);
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 3; ++j) ASSERT_EQ(&x(i, j), &t(i, j + 1));
  EXPECT_EQ(xt::sum(x)(), 3 * (2 + 8 + 14 + 20));
  auto column = as_xtensor(t.view().column(2));
  EXPECT_EQ(&column(3), &t(3, 2));
  EXPECT_EQ(xt::sum(column)(), 2 + 8 + 14 + 20);
}

TEST(AsXtensor, RefusesToRunBackwards) {
  double d[3] = {1, 2, 3};
  EXPECT_THROW((as_xtensor(View<double, 1>(d + 2, {3}, {-1}))), Error);
}

TEST(Interop, KeepsAnEmptyArrayEmpty) {
  Tensor<double, 2> none({0, 3});
  EXPECT_EQ(as_eigen(none).size(), 0);
  EXPECT_EQ(as_xtensor(none).size(), 0u);
}

}  // namespace
}  // namespace lagoon
