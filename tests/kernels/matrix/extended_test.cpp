// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/extended.hpp>

#include <algorithm>

#include "matrices.hpp"

namespace lagoon::matrix::extended {
namespace {

/// lcm(1, ..., 23): times it the Hilbert matrix of order 12 has integers only, which doubles hold exactly.
constexpr double kLcm23 = 5354228880;

/// The entry of the inverse of the Hilbert matrix, an integer: products of binomials, all exact in long double here.
long double inverse_hilbert(int n, int i, int j) {
  const auto binomial = [](int a, int b) {
    long double c = 1;
    for (int k = 1; k <= b; ++k) c = c * (a - b + k) / k;
    return std::roundl(c);
  };
  const long double sign = (i + j) % 2 ? -1 : 1;
  const long double middle = binomial(i + j, i);
  return sign * (i + j + 1) * binomial(n + i, n - j - 1) * binomial(n + j, n - i - 1) * middle * middle;
}

long double at(const Matrix& m, std::ptrdiff_t i, std::ptrdiff_t j) {
  return static_cast<long double>(m.high(i, j)) + static_cast<long double>(m.low(i, j));
}

/// The largest difference of elements, which are near each other: the difference of the high parts is exact.
double distance(const Matrix& x, const Matrix& y) {
  double most = 0;
  for (std::ptrdiff_t i = 0; i < x.high.extent(0); ++i)
    for (std::ptrdiff_t j = 0; j < x.high.extent(1); ++j)
      most = std::max(most, std::abs((x.high(i, j) - y.high(i, j)) + (x.low(i, j) - y.low(i, j))));
  return most;
}

Matrix exact(const Tensor<double, 2>& a) {
  return {Tensor<double, 2>::copy_of(a), Tensor<double, 2>::zeros(a.extents())};
}

std::vector<double> all(const Matrix& m) {
  auto v = all_of(m.high);
  append(v, all_of(m.low));
  return v;
}

TEST(Extended, ProductsKeepWhatDoubleLoses) {
  // 1 + 2^-80 - 1: nothing of it is left in double, nor in long double.
  Tensor<double, 2> a({1, 3}), b({3, 1});
  a(0, 0) = 1;
  a(0, 1) = 0x1p-40;
  a(0, 2) = -1;
  b(0, 0) = 1;
  b(1, 0) = 0x1p-40;
  b(2, 0) = 1;
  const auto c = multiply(a, b);
  EXPECT_EQ(c.high(0, 0), 0x1p-80);
  EXPECT_EQ(c.low(0, 0), 0);
}

TEST(Extended, ProductsEqualTheReference) {
  const auto a = random_matrix<double>(20, 30), b = random_matrix<double>(30, 25, 2);
  const auto c = multiply(a, b);
  const auto want = reference::multiply(reference::matrix_of<double>(a), reference::matrix_of<double>(b));
  for (std::ptrdiff_t i = 0; i < 20; ++i)
    for (std::ptrdiff_t j = 0; j < 25; ++j)
      EXPECT_NEAR(static_cast<double>(at(c, i, j) - want[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]), 0,
                  30 * 0x1p-63);  // long double's own rounding
  // (A B) C = A (B C) to 28 digits, which long double could not tell.
  const auto d = random_matrix<double>(25, 10, 3);
  const auto left = multiply(c, exact(d)), right = multiply(exact(a), multiply(b, d));
  EXPECT_LT(distance(left, right), 1e-28 * norm(left.high.view(), Norm::largest));
  EXPECT_EQ(all(multiply(Layouts<double>(a).views[5], b)), all(c));
}

TEST(Extended, InverseOfHilbert12IsRightToTwelveDigits) {
  const auto s = inverse(hilbert<double>(12, kLcm23));
  EXPECT_FALSE(s.singular);
  EXPECT_LT(s.rcond, 1e-16);
  for (int i = 0; i < 12; ++i)
    for (int j = 0; j < 12; ++j) {
      const long double want = inverse_hilbert(12, i, j) / static_cast<long double>(kLcm23);
      EXPECT_NEAR(static_cast<double>(at(s.x, i, j) / want), 1, 1e-12) << i << "," << j;
    }
  // Double has no digit left.
  EXPECT_GT(std::abs(matrix::inverse(hilbert<double>(12, kLcm23)).x(11, 11) * kLcm23 /
                         static_cast<double>(inverse_hilbert(12, 11, 11)) -
                     1),
            1e-3);
}

TEST(Extended, SolutionsHaveTwentyEightDigits) {
  for (std::ptrdiff_t n : {1, 2, 30, 80}) {
    auto a = random_matrix<double>(n, n);
    for (std::ptrdiff_t i = 0; i < n; ++i) a(i, i) += 10;  // well conditioned
    const auto x = exact(random_matrix<double>(n, 3, 2));
    const auto b = multiply(exact(a), x);
    const auto s = solve(exact(a), b);
    EXPECT_LT(distance(s.x, x), 1e-28) << n;
    EXPECT_LT(s.backward_error, 1e-30);
    EXPECT_GT(s.rcond, 1e-4);
    EXPECT_NEAR(s.rcond / matrix::inverse(a).rcond, 1, 1e-10);
    const auto inverted = inverse(a);
    EXPECT_LT(distance(multiply(exact(a), inverted.x), exact(identity<double>(n))), 1e-28);
    EXPECT_EQ(all(solve(a, identity<double>(n)).x), all(inverted.x));
  }
}

TEST(Extended, EigenvaluesOfHilbertAreTheCertifiedOnes) {
  // The sum is the trace, the product the determinant; each to 28 digits of the largest.
  const auto a = random_symmetric<double>(40);
  const auto e = symmetric_eigenvalues(a);
  Tensor<double, 2> ones({1, 40}), diagonal({40, 1});
  Matrix values{Tensor<double, 2>({40, 1}), Tensor<double, 2>({40, 1})};
  for (std::ptrdiff_t i = 0; i < 40; ++i) {
    ones(0, i) = 1;
    diagonal(i, 0) = a(i, i);
    values.high(i, 0) = e.high[i];
    values.low(i, 0) = e.low[i];
    EXPECT_LE(e.high[i > 0 ? i - 1 : i], e.high[i]);
  }
  EXPECT_LT(distance(multiply(exact(ones), values), multiply(ones, diagonal)), 1e-28);
  const auto doubles = matrix::symmetric_eigen(a, {.vectors = false});
  for (std::ptrdiff_t i = 0; i < 40; ++i) EXPECT_NEAR(e.high[i], doubles.values[i], 1e-13);
  if (case_file("").empty()) GTEST_SKIP() << "no known answers here";
  const auto want = exact_answers("hilbert12", "eig");  // to 19 digits, as long double holds them
  const auto hilbert12 = symmetric_eigenvalues(hilbert<double>(12, kLcm23));
  const auto singular12 = singular_values(hilbert<double>(12, kLcm23));
  for (std::ptrdiff_t i = 0; i < 12; ++i) {
    const auto wanted = want[static_cast<std::size_t>(i)];
    const auto got =
        (static_cast<long double>(hilbert12.high[i]) + hilbert12.low[i]) / static_cast<long double>(kLcm23);
    // The least is 1e-17 of the largest: of 31 digits 14 are left.
    EXPECT_NEAR(static_cast<double>(got / wanted), 1, 1e-13) << i;
    EXPECT_NEAR(singular12.high[11 - i] / kLcm23 / static_cast<double>(wanted), 1, 1e-13) << i;
  }
}

TEST(Extended, EigenvaluesOfIntegersAreExactTo28Digits) {
  // Second differences: 2 - 2 cos(k pi / 4) for n = 3 are 2 - sqrt 2, 2, 2 + sqrt 2.
  const auto e = symmetric_eigenvalues(second_difference<double>(3));
  EXPECT_NEAR(e.high[0], 2 - std::sqrt(2.0), 1e-15);
  EXPECT_EQ(e.high[1], 2);
  EXPECT_LT(std::abs(e.low[1]), 1e-31);
  const auto number = [&](std::ptrdiff_t i) {
    return Matrix{Tensor<double, 2>::filled({1, 1}, e.high[i]), Tensor<double, 2>::filled({1, 1}, e.low[i])};
  };
  const auto two = multiply(number(0), number(2));  // (2 - sqrt 2) (2 + sqrt 2)
  EXPECT_LT(std::abs((two.high(0, 0) - 2) + two.low(0, 0)), 1e-29);
}

TEST(Extended, SingularValuesAreThoseOfTheGramAndOfDouble) {
  for (const auto& [m, n] : {std::pair{30, 20}, {20, 30}, {1, 5}, {7, 7}}) {
    const auto a = random_matrix<double>(m, n);
    const auto s = singular_values(a);
    const auto doubles = matrix::singular_values(a);
    ASSERT_EQ(s.high.size(), std::min(m, n));
    for (std::ptrdiff_t i = 0; i < s.high.size(); ++i) EXPECT_NEAR(s.high[i], doubles[i], 1e-13);
    // Their squares are the eigenvalues of the Gram matrix.
    const auto gram = m < n ? multiply(a, a.view().transposed()) : multiply(a.view().transposed(), a);
    const auto e = symmetric_eigenvalues(gram);
    for (std::ptrdiff_t i = 0; i < s.high.size(); ++i) {
      Matrix v{Tensor<double, 2>::filled({1, 1}, s.high[i]), Tensor<double, 2>::filled({1, 1}, s.low[i])};
      const auto square = multiply(v, v);
      const std::ptrdiff_t k = s.high.size() - 1 - i;
      EXPECT_LT(std::abs((square.high(0, 0) - e.high[k]) + (square.low(0, 0) - e.low[k])),
                1e-28 * e.high[s.high.size() - 1]);
    }
  }
  const auto low_rank = matrix::multiply(random_matrix<double>(30, 3), random_matrix<double>(3, 20, 2));
  EXPECT_FALSE(std::isnan(singular_values(low_rank).high[19]));
  EXPECT_EQ(singular_values(Tensor<double, 2>::zeros({4, 3})).high[0], 0);
}

TEST(Extended, SaysWhatIsSingularOrNotANumber) {
  auto a = random_matrix<double>(5, 5);
  for (std::ptrdiff_t i = 0; i < 5; ++i) a(i, 3) = 0;
  const auto s = inverse(a);
  EXPECT_TRUE(s.singular && all_nan(s.x.high));
  EXPECT_EQ(s.rcond, 0);
  EXPECT_TRUE(solve(a, a).singular);
  a(2, 1) = kNan<double>;
  EXPECT_TRUE(all_nan(inverse(a).x.low) && std::isnan(inverse(a).rcond));
  EXPECT_TRUE(std::isnan(symmetric_eigenvalues(a).high[0]));
  EXPECT_TRUE(std::isnan(singular_values(a).high[0]));
}

TEST(Extended, KeepsToTheRangeOfNumbers) {
  for (double size : {1e300, 1e-280}) {
    auto a = random_symmetric<double>(10);
    const auto want = symmetric_eigenvalues(a);
    for (std::ptrdiff_t i = 0; i < a.size(); ++i) a.data()[i] *= size;
    EXPECT_NEAR(symmetric_eigenvalues(a).high[9] / size / want.high[9], 1, 1e-14);
    EXPECT_NEAR(singular_values(a).high[0] / size / std::max(-want.high[0], want.high[9]), 1, 1e-14);
    EXPECT_GT(inverse(a).rcond, 1e-6);
    EXPECT_LT(inverse(a).backward_error, 1e-25);
  }
}

TEST(Extended, OfNothingAndOfWrongShapes) {
  const Tensor<double, 2> none({0, 0});
  EXPECT_EQ(inverse(none).x.high.size(), 0);
  EXPECT_EQ(symmetric_eigenvalues(none).high.size(), 0);
  EXPECT_EQ(singular_values(Tensor<double, 2>({3, 0})).high.size(), 0);
  EXPECT_EQ(multiply(Tensor<double, 2>({2, 0}), Tensor<double, 2>({0, 1})).high(1, 0), 0);
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       multiply(Tensor<double, 2>({3, 4}), Tensor<double, 2>({5, 2}));
                     }),
            "extended::multiply: a is 3x4, b is 5x2; inner sizes must agree");
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       inverse(Tensor<double, 2>({3, 4}));
                     }),
            "extended::inverse: a is 3x4; it must be square");
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       solve(Tensor<double, 2>({3, 3}), Tensor<double, 2>({4, 1}));
                     }),
            "extended::solve: a is 3x3, b is 4x1; they must have as many rows");
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       inverse(Matrix{Tensor<double, 2>({2, 2}), Tensor<double, 2>({1, 1})});
                     }),
            "extended::Matrix: high is 2x2, low is 1x1; they must have one shape");
}

TEST(Extended, HasTheSameBitsForAnyNumberOfCores) {
  const auto a = random_symmetric<double>(90), b = random_matrix<double>(90, 20, 2);
  expect_same_bits([&] { return all(multiply(a, b)); });
  expect_same_bits([&] { return all(solve(a, b).x); });
  expect_same_bits([&] {
    const auto e = symmetric_eigenvalues(a), s = singular_values(b);
    std::vector<double> bits(e.low.data(), e.low.data() + 90);
    append(bits, {s.low.data(), s.low.data() + 20});
    return bits;
  });
}

}  // namespace
}  // namespace lagoon::matrix::extended
