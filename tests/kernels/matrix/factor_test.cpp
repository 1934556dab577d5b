// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/factor.hpp>

#include "matrices.hpp"

namespace lagoon::matrix {
namespace {

template <class T>
class Factor : public ::testing::Test {};
using Types = ::testing::Types<double, float>;
TYPED_TEST_SUITE(Factor, Types);

/// B B' + n, which is positive definite.
template <class T>
Tensor<T, 2> positive(std::ptrdiff_t n) {
  const auto b = random_matrix<T>(n, n);
  auto a = multiply(b, b.view().transposed());
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    a(i, i) += 1;
    for (std::ptrdiff_t j = 0; j < i; ++j) a(j, i) = a(i, j);
  }
  return a;
}

template <class T>
double cholesky_ratio(View<const T, 2> a, View<const T, 2> l) {
  const auto ma = reference::matrix_of<T>(a), ml = reference::matrix_of<T>(l);
  return ratio<T>(minus(reference::multiply(ml, reference::transposed(ml)), ma), ma, a.extent(0));
}

template <class T>
double qr_ratio(View<const T, 2> a, const Qr<T>& f) {
  const auto ma = reference::matrix_of<T>(a);
  const auto product = reference::multiply(reference::matrix_of<T>(f.q.view()), reference::matrix_of<T>(f.r.view()));
  return ratio<T>(minus(product, ma), ma, std::max(a.extent(0), a.extent(1)));
}

TYPED_TEST(Factor, CholeskyMultipliesBack) {
  for (std::ptrdiff_t n : {1, 2, 17, 127, 128, 129, 300}) {
    const auto a = positive<TypeParam>(n);
    const auto f = cholesky(a);
    ASSERT_TRUE(f.positive_definite());
    EXPECT_LT((cholesky_ratio<TypeParam>(a, f.l)), kRatio) << n;
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      EXPECT_GT(f.l(i, i), 0);
      for (std::ptrdiff_t j = i + 1; j < n; ++j) ASSERT_EQ(f.l(i, j), 0);
    }
  }
}

TYPED_TEST(Factor, CholeskyReadsTheLowerTriangleInAnyStrides) {
  const auto a = positive<TypeParam>(40);
  const auto want = all_of(cholesky(a).l);
  auto half = Tensor<TypeParam, 2>::copy_of(a);
  for (std::ptrdiff_t i = 0; i < 40; ++i)
    for (std::ptrdiff_t j = i + 1; j < 40; ++j) half(i, j) = kNan<TypeParam>;
  EXPECT_EQ(all_of(cholesky(half).l), want);
  for (const auto& view : Layouts<TypeParam>(a).views) EXPECT_EQ(all_of(cholesky(view).l), want);
}

TYPED_TEST(Factor, CholeskyNamesTheMinorThatFails) {
  for (std::ptrdiff_t bad : {0, 5, 150}) {
    auto a = positive<TypeParam>(200);
    for (TypeParam value : {TypeParam(-1), kNan<TypeParam>, kInfinity<TypeParam>}) {
      a(bad, bad) = value;
      const auto f = cholesky(a);
      EXPECT_EQ(f.failed_minor, bad + 1) << value;
      EXPECT_TRUE(all_nan(f.l));
    }
  }
  EXPECT_EQ(cholesky(Tensor<TypeParam, 2>::zeros({3, 3})).failed_minor, 1);
}

TYPED_TEST(Factor, CholeskyKeepsToTheRangeOfNumbers) {
  for (int bits :
       {std::numeric_limits<TypeParam>::max_exponent - 8, 12 - std::numeric_limits<TypeParam>::max_exponent}) {
    auto a = positive<TypeParam>(30);
    for (std::ptrdiff_t i = 0; i < a.size(); ++i) a.data()[i] = std::ldexp(a.data()[i], bits & ~1);
    const auto f = cholesky(a);
    ASSERT_TRUE(f.positive_definite()) << bits;
    EXPECT_LT((cholesky_ratio<TypeParam>(a, f.l)), kRatio);
  }
}

TYPED_TEST(Factor, QrMultipliesBackAndIsOrthonormal) {
  for (std::ptrdiff_t m : {1, 3, 64, 65, 200})
    for (std::ptrdiff_t n : {1, 2, 63, 130}) {
      const auto a = random_matrix<TypeParam>(m, n);
      const auto f = qr(a);
      ASSERT_EQ(f.q.extents(), (Extents<2>{m, std::min(m, n)}));
      ASSERT_EQ(f.r.extents(), (Extents<2>{std::min(m, n), n}));
      EXPECT_LT((qr_ratio<TypeParam>(a, f)), kRatio) << m << "x" << n;
      EXPECT_LT((orthogonality<TypeParam>(f.q)), kRatio) << m << "x" << n;
      for (std::ptrdiff_t i = 0; i < f.r.extent(0); ++i)
        for (std::ptrdiff_t j = 0; j < i; ++j) ASSERT_EQ(f.r(i, j), 0);
    }
}

TYPED_TEST(Factor, QrTakesAnyStrides) {
  const auto a = random_matrix<TypeParam>(90, 70);
  const auto want = all_of(qr(a).q);
  for (const auto& view : Layouts<TypeParam>(a).views) EXPECT_EQ(all_of(qr(view).q), want);
}

TYPED_TEST(Factor, QrOfDependentColumnsIsStillOrthonormal) {
  auto a = random_matrix<TypeParam>(80, 70);
  for (std::ptrdiff_t i = 0; i < 80; ++i) {
    a(i, 3) = 0;
    a(i, 66) = a(i, 5);
  }
  const auto f = qr(a);
  EXPECT_LT((qr_ratio<TypeParam>(a, f)), kRatio);
  EXPECT_LT((orthogonality<TypeParam>(f.q)), kRatio);
}

TYPED_TEST(Factor, QrKeepsToTheRangeOfNumbers) {
  for (int bits :
       {std::numeric_limits<TypeParam>::max_exponent - 8, 12 - std::numeric_limits<TypeParam>::max_exponent}) {
    auto a = random_matrix<TypeParam>(30, 20);
    for (std::ptrdiff_t i = 0; i < a.size(); ++i) a.data()[i] = std::ldexp(a.data()[i], bits);
    EXPECT_LT((orthogonality<TypeParam>(qr(a).q)), kRatio);
    EXPECT_LT((qr_ratio<TypeParam>(a, qr(a))), kRatio);
  }
}

TYPED_TEST(Factor, OfNanIsNanAndOfNothingNothing) {
  auto a = random_matrix<TypeParam>(5, 4);
  a(2, 2) = kNan<TypeParam>;
  EXPECT_TRUE(all_nan(qr(a).q) && all_nan(qr(a).r));
  a(2, 2) = -kInfinity<TypeParam>;
  EXPECT_TRUE(all_nan(qr(a).q) && all_nan(qr(a).r));
  using Matrix = Tensor<TypeParam, 2>;
  EXPECT_EQ(qr(Matrix({0, 3})).r.extents(), (Extents<2>{0, 3}));
  EXPECT_EQ(qr(Matrix({3, 0})).q.extents(), (Extents<2>{3, 0}));
  EXPECT_TRUE(cholesky(Matrix({0, 0})).positive_definite());
}

TYPED_TEST(Factor, HasTheSameBitsForAnyNumberOfCores) {
  const auto a = positive<TypeParam>(500);
  const auto b = random_matrix<TypeParam>(600, 430);
  expect_same_bits([&] { return all_of(cholesky(a).l); });
  expect_same_bits([&] {
    const auto f = qr(b);
    auto bits = all_of(f.q);
    append(bits, all_of(f.r));
    return bits;
  });
}

TYPED_TEST(Factor, NamesTheShape) {
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       cholesky(Tensor<TypeParam, 2>({3, 4}));
                     }),
            "cholesky: a is 3x4; it must be square");
}

TEST(FactorCase, StiffnessMatrixIsPositiveDefinite) {
  if (case_file("").empty()) GTEST_SKIP() << "no known answers here";
  const auto a = read_triplets(case_file("bcsstk01.triplet"), 48, 48, true);
  const auto f = cholesky(a);
  ASSERT_TRUE(f.positive_definite());
  EXPECT_LT(cholesky_ratio<double>(a, f.l), kRatio);
}

}  // namespace
}  // namespace lagoon::matrix
