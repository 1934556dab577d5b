// SPDX-License-Identifier: Apache-2.0
// Views of each kind of Eigen object: the same addresses, whatever the layout.
#include <lagoon/core/view.hpp>

#include <gtest/gtest.h>

#include <Eigen/Dense>

namespace lagoon {
namespace {

// Each element of the view lies where Eigen has it, and is it.
template <class T, class M>
void expect_same_memory(View<T, 2> x, M& m) {
  ASSERT_EQ(x.extents(), (Extents<2>{m.rows(), m.cols()}));
  for (Eigen::Index i = 0; i < m.rows(); ++i)
    for (Eigen::Index j = 0; j < m.cols(); ++j) ASSERT_EQ(&x(i, j), &m.coeffRef(i, j)) << i << ", " << j;
}
template <class T, class V>
void expect_same_memory(View<T, 1> x, V& v) {
  ASSERT_EQ(x.extents(), Extents<1>{v.size()});
  for (Eigen::Index i = 0; i < v.size(); ++i) ASSERT_EQ(&x[i], &v.coeffRef(i)) << i;
}

template <class M>
class EigenMatrices : public testing::Test {};
using MatrixTypes = testing::Types<Eigen::MatrixXd, Eigen::Matrix<double, -1, -1, Eigen::RowMajor>, Eigen::ArrayXXd,
                                   Eigen::Matrix<double, 5, 7>, Eigen::Matrix<double, 5, -1>,
                                   Eigen::Matrix<double, 5, 7, Eigen::RowMajor>, Eigen::Array<double, -1, 7>>;
TYPED_TEST_SUITE(EigenMatrices, MatrixTypes);

TYPED_TEST(EigenMatrices, AreViewedInPlace) {
  TypeParam m = TypeParam::Random(5, 7);
  expect_same_memory(View<double, 2>(m), m);
}

TYPED_TEST(EigenMatrices, AreViewedInPlaceByBlocks) {
  TypeParam m = TypeParam::Random(5, 7);
  auto block = m.block(1, 2, 3, 4);
  expect_same_memory(View<double, 2>(block), block);
  auto corner = m.template topLeftCorner<2, 3>();
  expect_same_memory(View<double, 2>(corner), corner);
  auto rows = m.middleRows(1, 3);
  expect_same_memory(View<double, 2>(rows), rows);
  auto columns = m.rightCols(2);
  expect_same_memory(View<double, 2>(columns), columns);
  auto inner = block.block(1, 1, 2, 2);
  expect_same_memory(View<double, 2>(inner), inner);
}

TYPED_TEST(EigenMatrices, AreViewedInPlaceByRowsAndColumns) {
  TypeParam m = TypeParam::Random(5, 7);
  auto row = m.row(3);
  expect_same_memory(View<double, 1>(row), row);
  expect_same_memory(View<double, 2>(row), row);
  auto column = m.col(4);
  expect_same_memory(View<double, 1>(column), column);
  expect_same_memory(View<double, 2>(column), column);
  auto part = m.row(3).segment(1, 4);
  expect_same_memory(View<double, 1>(part), part);
  auto block_row = m.block(1, 2, 3, 4).row(1);
  expect_same_memory(View<double, 1>(block_row), block_row);
}

TYPED_TEST(EigenMatrices, AreViewedInPlaceTransposed) {
  TypeParam m = TypeParam::Random(5, 7);
  const View<double, 2> x = m.transpose();
  ASSERT_EQ(x.extents(), (Extents<2>{7, 5}));
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 7; ++j) ASSERT_EQ(&x(j, i), &m.coeffRef(i, j));
}

TYPED_TEST(EigenMatrices, ThatAreConstAreViewedForReading) {
  const TypeParam m = TypeParam::Random(5, 7);
  const View<const double, 2> x = m;
  const View<const double, 1> row = m.row(2);
  for (int j = 0; j < 7; ++j) {
    ASSERT_EQ(&x(2, j), &m.coeffRef(2, j));
    ASSERT_EQ(&row[j], &m.coeffRef(2, j));
  }
  EXPECT_FALSE((std::is_constructible_v<View<double, 2>, const TypeParam&>));
  EXPECT_FALSE((std::is_constructible_v<View<double, 1>, decltype(m.row(2))>));
}

TEST(ViewOfEigen, TakesVectorsOfBothOrientations) {
  Eigen::VectorXd c = Eigen::VectorXd::Random(6);
  Eigen::RowVectorXf r = Eigen::RowVectorXf::Random(6);
  Eigen::Vector3i small(1, 2, 3);
  Eigen::ArrayXd a = Eigen::ArrayXd::Random(6);
  expect_same_memory(View<double, 1>(c), c);
  expect_same_memory(View<float, 1>(r), r);
  expect_same_memory(View<int, 1>(small), small);
  expect_same_memory(View<double, 1>(a), a);
  auto head = c.head(3);
  expect_same_memory(View<double, 1>(head), head);
  auto fixed = c.tail<2>();
  expect_same_memory(View<double, 1>(fixed), fixed);
}

TEST(ViewOfEigen, TakesMapsWithAnyStrides) {
  double d[60];
  Eigen::Map<Eigen::MatrixXd> plain(d, 3, 4);
  expect_same_memory(View<double, 2>(plain), plain);
  Eigen::Map<Eigen::MatrixXd, 0, Eigen::OuterStride<>> outer(d, 3, 4, Eigen::OuterStride<>(5));
  expect_same_memory(View<double, 2>(outer), outer);
  using Both = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  Eigen::Map<Eigen::MatrixXd, 0, Both> both(d, 3, 4, Both(12, 3));
  expect_same_memory(View<double, 2>(both), both);
  using RowMajor = Eigen::Matrix<double, -1, -1, Eigen::RowMajor>;
  Eigen::Map<RowMajor, 0, Both> rows(d, 3, 4, Both(12, 2));
  expect_same_memory(View<double, 2>(rows), rows);
  Eigen::Map<Eigen::VectorXd, 0, Eigen::InnerStride<3>> every_third(d, 20);
  expect_same_memory(View<double, 1>(every_third), every_third);
  auto part = every_third.segment(2, 5);
  expect_same_memory(View<double, 1>(part), part);
}

TEST(ViewOfEigen, OfAMapOfConstReadsOnly) {
  const double d[6] = {1, 2, 3, 4, 5, 6};
  Eigen::Map<const Eigen::VectorXd> m(d, 6);
  EXPECT_EQ((View<const double, 1>(m).data()), d);
  EXPECT_FALSE((std::is_constructible_v<View<double, 1>, Eigen::Map<const Eigen::VectorXd>&>));
}

TEST(ViewOfEigen, TakesReferencesDiagonalsAndWrappers) {
  Eigen::MatrixXd m = Eigen::MatrixXd::Random(4, 6);
  Eigen::Ref<Eigen::MatrixXd> ref = m;
  expect_same_memory(View<double, 2>(ref), ref);
  EXPECT_EQ((View<double, 2>(ref).data()), m.data());
  auto diagonal = m.diagonal();
  expect_same_memory(View<double, 1>(diagonal), diagonal);
  auto array = m.array();
  EXPECT_EQ((View<double, 2>(array).data()), m.data());
}

TEST(ViewOfEigen, TakesAMatrixOfOneRowOrColumnAsAVector) {
  Eigen::MatrixXd row = Eigen::MatrixXd::Random(1, 5), column = Eigen::MatrixXd::Random(5, 1),
                  one = Eigen::MatrixXd::Random(1, 1), none(0, 1);
  expect_same_memory(View<double, 1>(row), row);
  expect_same_memory(View<double, 1>(column), column);
  expect_same_memory(View<double, 1>(one), one);
  EXPECT_TRUE((View<double, 1>(none).empty()));
}

TEST(ViewOfEigen, RefusesAMatrixAsAVector) {
  Eigen::MatrixXd m(3, 4);
  try {
    const View<double, 1> x = m;
    FAIL() << x.size();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::invalid_argument);
    EXPECT_EQ(e.status().message(), "a 3x4 matrix is not a vector; take a row or a column of it");
  }
}

TEST(ViewOfEigen, TakesComplexAndIntegerScalars) {
  Eigen::VectorXcd c = Eigen::VectorXcd::Random(4);
  Eigen::Matrix<std::uint8_t, -1, -1, Eigen::RowMajor> pixels(4, 3);
  EXPECT_EQ((View<std::complex<double>, 1>(c).data()), c.data());
  expect_same_memory(View<std::uint8_t, 2>(pixels), pixels);
}

TEST(ViewOfEigen, SeesExpressionsAsLazy) {
  Eigen::MatrixXd m(3, 3);
  EXPECT_TRUE((detail::LazyAs<decltype(m * 2), const double>));
  EXPECT_TRUE((detail::LazyAs<decltype(m.row(0).reverse()), const double>));
  EXPECT_TRUE((detail::LazyAs<decltype(m * m), const double>));
  EXPECT_FALSE((detail::LazyAs<decltype(m.row(0)), const double>));
}

}  // namespace
}  // namespace lagoon
