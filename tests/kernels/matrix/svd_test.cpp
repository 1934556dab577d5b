// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/svd.hpp>

#include <algorithm>

#include "matrices.hpp"

namespace lagoon::matrix {
namespace {

template <class T>
class SingularValues : public ::testing::Test {};
using Types = ::testing::Types<double, float>;
TYPED_TEST_SUITE(SingularValues, Types);

/// ||A - U S V'|| / (max(m, n) eps ||A||), and whether U and V are orthonormal.
template <class T>
void expect_svd(View<const T, 2> a, const Svd<T>& s) {
  ASSERT_TRUE(s.converged);
  const std::ptrdiff_t k = std::min(a.extent(0), a.extent(1));
  ASSERT_EQ(s.u.extents(), (Extents<2>{a.extent(0), k}));
  ASSERT_EQ(s.vt.extents(), (Extents<2>{k, a.extent(1)}));
  auto u = reference::matrix_of<T>(s.u.view());
  for (auto& row : u)
    for (std::size_t j = 0; j < row.size(); ++j)
      row[j] *= static_cast<long double>(s.values[static_cast<std::ptrdiff_t>(j)]);
  const auto ma = reference::matrix_of<T>(a);
  const auto product = reference::multiply(u, reference::matrix_of<T>(s.vt.view()));
  EXPECT_LT(ratio<T>(minus(product, ma), ma, std::max(a.extent(0), a.extent(1))), kRatio);
  EXPECT_LT(orthogonality<T>(s.u.view()), kRatio);
  EXPECT_LT(orthogonality<T>(s.vt.view().transposed()), kRatio);
  EXPECT_TRUE(std::is_sorted(s.values.data(), s.values.data() + k, std::greater<>()));
  EXPECT_GE(s.values[k - 1], 0);
}

TYPED_TEST(SingularValues, MultiplyBack) {
  for (std::ptrdiff_t m : {1, 2, 40, 65, 160})
    for (std::ptrdiff_t n : {1, 3, 41, 64, 130}) {
      const auto a = random_matrix<TypeParam>(m, n);
      expect_svd<TypeParam>(a, svd(a));
      const auto full = svd(a).values, alone = singular_values(a);
      for (std::ptrdiff_t i = 0; i < full.size(); ++i)
        EXPECT_NEAR(static_cast<double>(full[i]), static_cast<double>(alone[i]),
                    static_cast<double>(std::max(m, n)) * epsilon<TypeParam>() * static_cast<double>(full[0]));
    }
}

// Divide and conquer finds most of these spectra without looking for a root. Of the last kind's first row nearly
// nothing is left: products with it vanish, but the reflection that it makes does not.
TYPED_TEST(SingularValues, ThatAreEqualOrNearlySoHaveOrthogonalVectors) {
  for (std::ptrdiff_t n : {2, 33, 40, 67, 100, 126, 140}) {
    const auto random = random_matrix<TypeParam>(n, n);
    std::vector<Tensor<TypeParam, 2>> matrices;
    for (int kind = 0; kind < 9; ++kind) {
      auto& a = matrices.emplace_back(Tensor<TypeParam, 2>::zeros({n, n}));
      for (std::ptrdiff_t i = 0; i < n; ++i) {
        for (std::ptrdiff_t j = 0; j < n; ++j) {
          const bool on = i == j, above = j == i + 1;
          if (kind == 1) a(i, j) = on;
          if (kind == 2) a(i, j) = on ? TypeParam(i % 3) : TypeParam{0};
          if (kind == 3) a(i, j) = random(i, 0) * random(0, j);
          if (kind == 4) a(i, j) = on || above;
          if (kind == 5) a(i, j) = on ? TypeParam{1} : above ? TypeParam(i % 21 == 20 ? 1e-6 : 0.5) : TypeParam{0};
          if (kind == 6) a(i, j) = i / 70 == j / 70 ? random(i % 70, j % 70) : TypeParam{0};  // one block twice
          if (kind == 7) a(i, j) = std::ldexp(random(i, j), -static_cast<int>(i + j));
          if (kind == 8) a(i, j) = i > 0 && j > 0 ? random(i, j) : TypeParam{0};
        }
      }
      if (kind == 8) {
        a(0, 0) = 1;
        for (std::ptrdiff_t j = 1; j < n; ++j)
          a(0, j) = static_cast<TypeParam>(j % 5 + 1) * 8 * std::numeric_limits<TypeParam>::denorm_min();
      }
      SCOPED_TRACE("kind " + std::to_string(kind) + " of order " + std::to_string(n));
      const auto s = svd(a);
      expect_svd<TypeParam>(a, s);
      const auto alone = singular_values(a);
      for (std::ptrdiff_t i = 0; i < n; ++i)
        EXPECT_NEAR(static_cast<double>(s.values[i]), static_cast<double>(alone[i]),
                    static_cast<double>(n) * epsilon<TypeParam>() * static_cast<double>(alone[0]));
    }
  }
}

TYPED_TEST(SingularValues, EqualTheReference) {
  const auto a = random_matrix<TypeParam>(30, 20);
  const auto r = reference::matrix_of<TypeParam>(a);
  auto want = reference::symmetric_eigenvalues(reference::multiply(reference::transposed(r), r));
  std::reverse(want.begin(), want.end());
  const auto values = singular_values(a);
  for (std::ptrdiff_t i = 0; i < 20; ++i)
    EXPECT_NEAR(static_cast<double>(values[i]), static_cast<double>(std::sqrt(want[static_cast<std::size_t>(i)])),
                100 * epsilon<TypeParam>());
}

TYPED_TEST(SingularValues, TakeAnyStrides) {
  const auto a = random_matrix<TypeParam>(50, 20);
  const auto want = all_of(svd(a).vt);
  for (const auto& view : Layouts<TypeParam>(a).views) EXPECT_EQ(all_of(svd(view).vt), want);
}

TYPED_TEST(SingularValues, KeepToTheRangeOfNumbers) {
  for (int bits :
       {std::numeric_limits<TypeParam>::max_exponent - 8, 12 - std::numeric_limits<TypeParam>::max_exponent}) {
    auto a = random_matrix<TypeParam>(30, 20);
    const auto want = singular_values(a);
    for (std::ptrdiff_t i = 0; i < a.size(); ++i) a.data()[i] = std::ldexp(a.data()[i], bits);
    const auto s = svd(a);
    expect_svd<TypeParam>(a, s);
    for (std::ptrdiff_t i = 0; i < 20; ++i)
      EXPECT_NEAR(static_cast<double>(std::ldexp(s.values[i], -bits)), static_cast<double>(want[i]), 1e-4);
  }
}

TYPED_TEST(SingularValues, OfNanAndNothing) {
  auto a = random_matrix<TypeParam>(6, 4);
  a(5, 1) = kNan<TypeParam>;
  const auto s = svd(a);
  EXPECT_FALSE(s.converged);
  EXPECT_TRUE(all_nan(s.u) && all_nan(s.vt) && std::isnan(s.values[3]));
  EXPECT_TRUE(std::isnan(singular_values(a)[0]));
  EXPECT_TRUE(all_nan(pseudo_inverse(a).x));
  EXPECT_NE(error_of(Errc::invalid_argument, [&] { rank(a); }).find("rank: row 5, column 1 is"), std::string::npos);
  using Matrix = Tensor<TypeParam, 2>;
  EXPECT_EQ(svd(Matrix({3, 0})).u.extents(), (Extents<2>{3, 0}));
  EXPECT_EQ(svd(Matrix({0, 3})).vt.extents(), (Extents<2>{0, 3}));
  EXPECT_EQ(rank(Matrix({0, 3})), 0);
  EXPECT_EQ(pseudo_inverse(Matrix({0, 3})).x.extents(), (Extents<2>{3, 0}));
}

TYPED_TEST(SingularValues, CountTheRank) {
  const auto left = random_matrix<TypeParam>(60, 7), right = random_matrix<TypeParam>(7, 40, 2);
  const auto a = multiply(left, right);
  EXPECT_EQ(rank(a), 7);
  EXPECT_EQ(rank(a.view().transposed()), 7);
  EXPECT_EQ(rank(a, {.tolerance = 0.9999}), 1);
  EXPECT_EQ(rank(Tensor<TypeParam, 2>::zeros({4, 4})), 0);
  EXPECT_EQ(rank(identity<TypeParam>(9)), 9);
}

TYPED_TEST(SingularValues, InvertWhatCanBeInverted) {
  const auto a = multiply(random_matrix<TypeParam>(60, 7), random_matrix<TypeParam>(7, 40, 2));
  const auto p = pseudo_inverse(a);
  EXPECT_EQ(p.rank, 7);
  // The four conditions of Penrose.
  const auto ma = reference::matrix_of<TypeParam>(a), mp = reference::matrix_of<TypeParam>(p.x);
  const auto ap = reference::multiply(ma, mp), pa = reference::multiply(mp, ma);
  const double tolerance = 2000 * epsilon<TypeParam>();
  EXPECT_LT(norm_of(minus(reference::multiply(ap, ma), ma)) / norm_of(ma), tolerance);
  EXPECT_LT(norm_of(minus(reference::multiply(pa, mp), mp)) / norm_of(mp), tolerance);
  EXPECT_LT(norm_of(minus(reference::transposed(ap), ap)), tolerance);
  EXPECT_LT(norm_of(minus(reference::transposed(pa), pa)), tolerance);
  const auto zero = pseudo_inverse(Tensor<TypeParam, 2>::zeros({2, 3}));
  EXPECT_EQ(zero.rank, 0);
  EXPECT_EQ(all_of(zero.x), std::vector<double>(6, 0));
}

TYPED_TEST(SingularValues, HaveTheSameBitsForAnyNumberOfCores) {
  for (std::ptrdiff_t columns : {150, 290}) {  // with QR first, and without
    const auto a = random_matrix<TypeParam>(300, columns);
    expect_same_bits([&] {
      const auto s = svd(a);
      auto bits = all_of(s.u);
      append(bits, all_of(s.vt));
      append(bits, {s.values.data(), s.values.data() + columns});
      return bits;
    });
  }
  const auto a = random_matrix<TypeParam>(100, 90);
  expect_same_bits([&] { return all_of(pseudo_inverse(a).x); });
}

TEST(SingularValuesCase, OfRealMatricesMultiplyBack) {
  if (case_file("").empty()) GTEST_SKIP() << "no known answers here";
  const auto plant = read_triplets(case_file("west0067.triplet"), 67, 67, false);
  const auto survey = read_triplets(case_file("ash219.triplet"), 219, 85, false);
  expect_svd<double>(plant, svd(plant));
  expect_svd<double>(survey, svd(survey));
  EXPECT_EQ(rank(survey), 85);
  EXPECT_EQ(rank(survey.view().transposed()), 85);
}

}  // namespace
}  // namespace lagoon::matrix
