// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/solve.hpp>

#include "matrices.hpp"

namespace lagoon::matrix {
namespace {

template <class T>
class Solve : public ::testing::Test {};
using Types = ::testing::Types<double, float>;
TYPED_TEST_SUITE(Solve, Types);

/// ||B - A X|| / (n eps ||A|| ||X||)
template <class T>
double residual(View<const T, 2> a, View<const T, 2> x, View<const T, 2> b) {
  const auto ma = reference::matrix_of<T>(a), mx = reference::matrix_of<T>(x);
  return ratio<T>(minus(reference::multiply(ma, mx), reference::matrix_of<T>(b)), ma, a.extent(0)) / norm_of(mx);
}

TYPED_TEST(Solve, LeavesAResidualOfRounding) {
  for (std::ptrdiff_t n : {1, 2, 10, 127, 128, 129, 300})
    for (std::ptrdiff_t count : {1, 70}) {
      const auto a = random_matrix<TypeParam>(n, n), b = random_matrix<TypeParam>(n, count, 2);
      const auto s = solve(a, b);
      EXPECT_LT((residual<TypeParam>(a, s.x.view(), b)), kRatio) << n;
      EXPECT_FALSE(s.singular);
      EXPECT_LT(static_cast<double>(s.backward_error), static_cast<double>(n) * epsilon<TypeParam>() + 1e-300) << n;
      EXPECT_GT(s.rcond, 0);
      EXPECT_LE(s.rcond, 1);
    }
}

TYPED_TEST(Solve, EqualsTheReference) {
  const auto a = random_matrix<TypeParam>(40, 40, 5), b = random_matrix<TypeParam>(40, 3, 2);
  const auto s = solve(a, b);
  const auto want = reference::eliminate(reference::matrix_of<TypeParam>(a), reference::matrix_of<TypeParam>(b)).x;
  const double error = norm_of(minus(reference::matrix_of<TypeParam>(s.x), want)) / norm_of(want);
  EXPECT_LT(error, epsilon<TypeParam>() / static_cast<double>(s.rcond));  // condition times rounding
}

TYPED_TEST(Solve, TakesAnyStrides) {
  const auto a = random_matrix<TypeParam>(33, 33), b = random_matrix<TypeParam>(33, 5, 2);
  const auto want = all_of(solve(a, b).x);
  const Layouts<TypeParam> left(a), right(b);
  for (const auto& x : left.views)
    for (const auto& y : right.views) EXPECT_EQ(all_of(solve(x, y).x), want);
}

TYPED_TEST(Solve, EstimatesTheConditionOfTheInverse) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const auto a = random_matrix<TypeParam>(60, 60, seed);
    const double exact = static_cast<double>(inverse(a).rcond);
    const double guess = static_cast<double>(solve(a, random_matrix<TypeParam>(60, 1)).rcond);
    EXPECT_GE(guess, exact * 0.99);
    EXPECT_LE(guess, exact * 3);
  }
}

TYPED_TEST(Solve, SaysWhatIsSingular) {
  auto a = random_matrix<TypeParam>(5, 5);
  for (std::ptrdiff_t i = 0; i < 5; ++i) a(i, 3) = 0;
  for (const auto& s : {solve(a, random_matrix<TypeParam>(5, 2)), inverse(a)}) {
    EXPECT_TRUE(s.singular);
    EXPECT_TRUE(s.ill_conditioned());
    EXPECT_EQ(s.rcond, 0);
    EXPECT_TRUE(all_nan(s.x));
  }
  const auto d = determinant(a);
  EXPECT_EQ(d.value, 0);
  EXPECT_EQ(d.sign, 0);
  EXPECT_EQ(d.log_absolute, -kInfinity<double>);
  // 1 to 9 in rows: elimination leaves a rounding in place of the zero, and the condition says so.
  Tensor<TypeParam, 2> b({3, 3});
  for (int i = 0; i < 9; ++i) b.data()[i] = static_cast<TypeParam>(i + 1);
  EXPECT_TRUE(inverse(b).ill_conditioned());
  EXPECT_TRUE(solve(b, b).ill_conditioned());
}

TYPED_TEST(Solve, OfNanAndInfinityIsNan) {
  for (TypeParam bad : {kNan<TypeParam>, kInfinity<TypeParam>}) {
    auto a = random_matrix<TypeParam>(4, 4), b = random_matrix<TypeParam>(4, 2);
    const auto good = random_matrix<TypeParam>(4, 4);
    a(1, 2) = bad;
    b(3, 1) = bad;
    EXPECT_TRUE(all_nan(solve(a, good).x));
    EXPECT_TRUE(std::isnan(solve(a, good).rcond));
    EXPECT_FALSE(solve(a, good).singular);
    EXPECT_TRUE(all_nan(solve(good, b).x));
    EXPECT_TRUE(std::isnan(solve(good, b).backward_error));
    EXPECT_TRUE(all_nan(inverse(a).x));
    EXPECT_TRUE(inverse(a).ill_conditioned());
    EXPECT_TRUE(std::isnan(determinant(a).value));
  }
}

TYPED_TEST(Solve, OfNothingIsNothing) {
  const Tensor<TypeParam, 2> none({0, 0});
  EXPECT_EQ(solve(none, Tensor<TypeParam, 2>({0, 3})).x.extents(), (Extents<2>{0, 3}));
  EXPECT_EQ(inverse(none).x.extents(), (Extents<2>{0, 0}));
  EXPECT_EQ(determinant(none).value, 1);
  EXPECT_EQ(solve(identity<TypeParam>(3), Tensor<TypeParam, 2>({3, 0})).x.extents(), (Extents<2>{3, 0}));
}

TYPED_TEST(Solve, KeepsToTheRangeOfNumbers) {
  const auto base = random_matrix<TypeParam>(20, 20), right = random_matrix<TypeParam>(20, 2, 2);
  const auto x = solve(base, right).x;
  for (int exponent : {-1, 1}) {
    const int bits = exponent * (std::numeric_limits<TypeParam>::max_exponent - 6);
    Tensor<TypeParam, 2> a({20, 20}), b({20, 2});
    for (std::ptrdiff_t i = 0; i < a.size(); ++i) a.data()[i] = std::ldexp(base.data()[i], bits);
    for (std::ptrdiff_t i = 0; i < b.size(); ++i) b.data()[i] = std::ldexp(right.data()[i], bits);
    const auto s = solve(a, b);
    EXPECT_LT(norm_of(minus(reference::matrix_of<TypeParam>(s.x), reference::matrix_of<TypeParam>(x))), 1e-3);
    EXPECT_GT(s.rcond, TypeParam(1e-5));
    const auto inverted = inverse(a);
    EXPECT_NEAR(static_cast<double>(std::ldexp(inverted.x(3, 4), bits)), static_cast<double>(inverse(base).x(3, 4)),
                1e-2);
    const auto d = determinant(a);
    EXPECT_NEAR(d.log_absolute, determinant(base).log_absolute + 20 * bits * std::log(2.0), 1e-2);
    EXPECT_EQ(d.sign, determinant(base).sign);
    EXPECT_EQ(std::abs(d.value), exponent > 0 ? kInfinity<double> : 0);
  }
}

TYPED_TEST(Solve, HasTheSameBitsForAnyNumberOfCores) {
  const auto a = random_matrix<TypeParam>(700, 700), b = random_matrix<TypeParam>(700, 150, 2);
  expect_same_bits([&] {
    const auto s = solve(a, b);
    auto bits = all_of(s.x);
    append(bits, {static_cast<double>(s.rcond), static_cast<double>(s.backward_error)});
    return bits;
  });
  expect_same_bits([&] {
    const auto s = inverse(a);
    auto bits = all_of(s.x);
    append(bits, {static_cast<double>(s.rcond), static_cast<double>(s.backward_error), determinant(a).log_absolute});
    return bits;
  });
}

TYPED_TEST(Solve, NamesTheShapes) {
  using Matrix = Tensor<TypeParam, 2>;
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       solve(Matrix({3, 4}), Matrix({3, 1}));
                     }),
            "solve: a is 3x4; it must be square");
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       solve(Matrix({3, 3}), Matrix({4, 1}));
                     }),
            "solve: a is 3x3, b is 4x1; they must have as many rows");
  EXPECT_EQ(error_of(Errc::invalid_argument, [] { inverse(Matrix({1, 0})); }), "inverse: a is 1x0; it must be square");
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       determinant(Matrix({2, 3}));
                     }),
            "determinant: a is 2x3; it must be square");
}

TYPED_TEST(Solve, InvertsToRounding) {
  for (std::ptrdiff_t n : {1, 5, 128, 300}) {
    const auto a = random_matrix<TypeParam>(n, n);
    const auto s = inverse(a);
    EXPECT_LT((residual<TypeParam>(a, s.x.view(), identity<TypeParam>(n))), kRatio) << n;
    EXPECT_LT(static_cast<double>(s.backward_error), static_cast<double>(n) * epsilon<TypeParam>());
    const auto ma = reference::matrix_of<TypeParam>(a);
    EXPECT_NEAR(static_cast<double>(s.rcond) * norm_of(ma) * norm_of(reference::matrix_of<TypeParam>(s.x)), 1, 1e-5);
  }
}

TEST(Determinant, EqualsClosedForms) {
  EXPECT_NEAR(determinant(second_difference<double>(100)).value, 101, 1e-11);
  EXPECT_NEAR(determinant(frank(8)).value, 1, 1e-11);
  EXPECT_NEAR(determinant(frank(12)).value, 1, 1e-7);
  Tensor<double, 2> swapped = Tensor<double, 2>::zeros({3, 3});
  swapped(0, 1) = swapped(1, 0) = swapped(2, 2) = 2;
  EXPECT_EQ(determinant(swapped).value, -8);
  EXPECT_EQ(determinant(swapped).sign, -1);
  const auto huge = determinant(identity<double>(300, 1e100));
  EXPECT_EQ(huge.value, kInfinity<double>);
  EXPECT_NEAR(huge.log_absolute, 30000 * std::log(10.0), 1e-9);
}

TEST(Inverse, OfHilbertLosesWhatItsConditionSays) {
  for (std::ptrdiff_t n : {3, 5, 8, 10}) {
    const auto a = hilbert<double>(n);
    const auto s = inverse(a);
    // Against the inverse of the same doubles, not of the fractions: theirs are rounded already.
    const auto want = reference::inverse(reference::matrix_of<double>(a));
    const double error = norm_of(minus(reference::matrix_of<double>(s.x), want)) / norm_of(want);
    EXPECT_LE(error, static_cast<double>(n) * epsilon<double>() / s.rcond) << n;
    EXPECT_FALSE(s.ill_conditioned()) << n;
  }
  EXPECT_TRUE(inverse(hilbert<double>(12)).ill_conditioned() || inverse(hilbert<double>(12)).rcond < 1e-15);
}

TEST(Inverse, OfHilbertEqualsTheExactIntegers) {
  if (case_file("").empty()) GTEST_SKIP() << "no known answers here";
  for (std::ptrdiff_t n : {3, 5, 8}) {
    const auto want = exact_answers("hilbert" + std::to_string(n), "inverse_exact");
    ASSERT_EQ(want.size(), static_cast<std::size_t>(n * n));
    const auto s = inverse(hilbert<double>(n));
    const double most = static_cast<double>(exact_answers("hilbert" + std::to_string(n), "inverse_max")[0]);
    for (std::ptrdiff_t i = 0; i < n * n; ++i)
      EXPECT_NEAR(s.x.data()[i], static_cast<double>(want[static_cast<std::size_t>(i)]),
                  most * static_cast<double>(n) * epsilon<double>() / s.rcond);
    EXPECT_NEAR(determinant(hilbert<double>(n)).value /
                    static_cast<double>(exact_answers("hilbert" + std::to_string(n), "det")[0]),
                1, epsilon<double>() / s.rcond);
  }
}

TEST(Determinant, OfAStiffnessMatrixIsTheCertifiedOne) {
  if (case_file("").empty()) GTEST_SKIP() << "no known answers here";
  const auto a = read_triplets(case_file("bcsstk01.triplet"), 48, 48, true);
  EXPECT_NEAR(determinant(a).log_absolute, static_cast<double>(exact_answers("bcsstk01", "logdet")[0]), 1e-9);
}

TEST(SolveCase, OfANonsymmetricChemicalPlantLeavesAResidualOfRounding) {
  if (case_file("").empty()) GTEST_SKIP() << "no known answers here";
  const auto a = read_triplets(case_file("west0067.triplet"), 67, 67, false);
  const auto b = random_matrix<double>(67, 3);
  const auto s = solve(a, b);
  EXPECT_LT((residual<double>(a, s.x.view(), b)), kRatio);
}

}  // namespace
}  // namespace lagoon::matrix
