// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/norms.hpp>

#include "matrices.hpp"

namespace lagoon::matrix {
namespace {

template <class T>
class Norms : public ::testing::Test {};
using Types = ::testing::Types<double, float>;
TYPED_TEST_SUITE(Norms, Types);

TYPED_TEST(Norms, EqualTheReference) {
  for (std::ptrdiff_t m : {1, 4, 300})
    for (std::ptrdiff_t n : {1, 7, 500}) {
      const auto a = random_matrix<TypeParam>(m, n);
      const auto r = reference::matrix_of<TypeParam>(a);
      const double tolerance = 1e-13;  // sums of up to 500 numbers, in double for float too
      EXPECT_NEAR(norm(a, Norm::one), static_cast<double>(reference::norm_one(r)), tolerance * static_cast<double>(m));
      EXPECT_NEAR(norm(a, Norm::infinity), static_cast<double>(reference::norm_infinity(r)),
                  tolerance * static_cast<double>(n));
      EXPECT_NEAR(norm(a, Norm::frobenius) / static_cast<double>(reference::frobenius(r)), 1, tolerance);
      long double most = 0;
      for (const auto& row : r)
        for (long double v : row) most = std::max(most, std::fabs(v));
      EXPECT_EQ(norm(a, Norm::largest), static_cast<double>(most));
      for (const auto& view : Layouts<TypeParam>(a).views)
        for (Norm kind : {Norm::one, Norm::infinity, Norm::frobenius, Norm::largest})
          EXPECT_NEAR(norm(view, kind) / norm(a, kind), 1, tolerance);
    }
}

TYPED_TEST(Norms, TwoIsTheRootOfTheLargestEigenvalueOfTheGram) {
  const auto a = random_matrix<TypeParam>(30, 20);
  const auto r = reference::matrix_of<TypeParam>(a);
  const auto values = reference::symmetric_eigenvalues(reference::multiply(reference::transposed(r), r));
  const double largest = static_cast<double>(std::sqrt(values.back())),
               least = static_cast<double>(std::sqrt(values.front()));
  EXPECT_NEAR(norm(a, Norm::two) / largest, 1, 100 * epsilon<TypeParam>());
  EXPECT_NEAR(condition(a) / (largest / least), 1, 1000 * epsilon<TypeParam>());
}

TYPED_TEST(Norms, DoNotOverflowOrUnderflow) {
  for (TypeParam size : {std::numeric_limits<TypeParam>::max(), std::numeric_limits<TypeParam>::min(),
                         std::numeric_limits<TypeParam>::denorm_min()}) {
    const auto a = Tensor<TypeParam, 2>::filled({1, 1}, -size);
    for (Norm kind : {Norm::one, Norm::infinity, Norm::frobenius, Norm::largest, Norm::two})
      EXPECT_EQ(norm(a, kind), static_cast<double>(size)) << static_cast<int>(kind);
    if (size == std::numeric_limits<TypeParam>::denorm_min()) continue;
    const TypeParam part = size / 8 * 4;  // of four equal numbers the root of the sum of squares is twice one
    EXPECT_NEAR(norm(Tensor<TypeParam, 2>::filled({2, 2}, part), Norm::frobenius) / static_cast<double>(part), 2,
                1e-15);
  }
}

TYPED_TEST(Norms, OfNanInfinityAndNothing) {
  auto a = random_matrix<TypeParam>(9, 9);
  a(4, 5) = -kInfinity<TypeParam>;
  for (Norm kind : {Norm::one, Norm::infinity, Norm::frobenius, Norm::largest})
    EXPECT_EQ(norm(a, kind), kInfinity<double>);
  a(2, 1) = kNan<TypeParam>;
  for (Norm kind : {Norm::one, Norm::infinity, Norm::frobenius, Norm::largest, Norm::two}) {
    EXPECT_TRUE(std::isnan(norm(a, kind)));
    EXPECT_EQ(norm(Tensor<TypeParam, 2>({0, 4}), kind), 0);
  }
  for (Norm kind : {Norm::one, Norm::infinity, Norm::frobenius, Norm::two}) EXPECT_TRUE(std::isnan(condition(a, kind)));
}

TYPED_TEST(Norms, ConditionOfADiagonalIsItsQuotient) {
  auto a = identity<TypeParam>(5);
  a(2, 2) = 8;
  a(4, 4) = TypeParam(-0.25);
  for (Norm kind : {Norm::one, Norm::infinity, Norm::two}) EXPECT_NEAR(condition(a, kind), 32, 1e-4);
  a(1, 1) = 0;
  for (Norm kind : {Norm::one, Norm::infinity, Norm::frobenius, Norm::two})
    EXPECT_EQ(condition(a, kind), kInfinity<double>);
  error_of(Errc::invalid_argument, [&] { condition(a, Norm::largest); });
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       condition(Tensor<TypeParam, 2>({2, 3}), Norm::one);
                     }),
            "condition: a is 2x3; it must be square");
}

TYPED_TEST(Norms, HaveTheSameBitsForAnyNumberOfCores) {
  const auto a = random_matrix<TypeParam>(700, 650);
  expect_same_bits([&] {
    return std::vector<double>{norm(a, Norm::one), norm(a, Norm::infinity), norm(a, Norm::frobenius),
                               norm(a, Norm::largest)};
  });
}

TEST(NormsCase, OfAStiffnessMatrixAreTheCertifiedOnes) {
  if (case_file("").empty()) GTEST_SKIP() << "no known answers here";
  const auto a = read_triplets(case_file("bcsstk01.triplet"), 48, 48, true);
  EXPECT_NEAR(norm(a, Norm::frobenius) / static_cast<double>(exact_answers("bcsstk01", "fro")[0]), 1, 1e-15);
  EXPECT_NEAR(condition(a) / static_cast<double>(exact_answers("bcsstk01", "cond2")[0]), 1, 1e-9);
  for (std::ptrdiff_t n : {3, 5, 8})
    EXPECT_NEAR(
        condition(hilbert<double>(n)) / static_cast<double>(exact_answers("hilbert" + std::to_string(n), "cond2")[0]),
        1, 1e-15 * condition(hilbert<double>(n)));
}

}  // namespace
}  // namespace lagoon::matrix
