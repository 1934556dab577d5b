// SPDX-License-Identifier: Apache-2.0
// Each method of lagoon.Matrix, called as a stranger calls it: what goes in, what comes out, what is refused.

#include <cmath>
#include <numbers>

#include "service_test.hpp"

namespace lagoon::services {
namespace {

Frozen<double, 2> of(std::ptrdiff_t rows, std::ptrdiff_t columns, std::vector<double> values) {
  return Tensor<double, 2>::copy_of(View<const double, 2>(values.data(), {rows, columns})).freeze();
}
template <std::size_t R>
std::vector<double> numbers(const Frozen<double, R>& a) {
  const auto copy = Tensor<double, R>::copy_of(a);
  return {copy.data(), copy.data() + copy.size()};
}
using Numbers = std::vector<double>;

using MatrixService = ServiceTest<Matrix>;

TEST_F(MatrixService, Multiplies) {
  const auto a = of(2, 3, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(numbers(call<MultiplyMatrices>(MultiplyRequest{.a = a, .b = a, .transpose_b = true}).c),
            (Numbers{14, 32, 32, 77}));
  EXPECT_EQ(numbers(call<MultiplyMatrices>(MultiplyRequest{.a = a, .b = of(2, 1, {1, 1}), .transpose_a = true}).c),
            (Numbers{5, 7, 9}));
  const auto exact = call<MultiplyMatrices>(
      MultiplyRequest{.a = of(1, 2, {1, 0x1p-40}), .b = of(2, 1, {1, 0x1p-40}), .precision = "extended"});
  EXPECT_EQ(numbers(exact.c), Numbers{1});
  EXPECT_EQ(numbers(exact.low), Numbers{0x1p-80});
  EXPECT_EQ(error_of<MultiplyMatrices>(MultiplyRequest{.a = a, .b = a}),
            "multiply: a is 2x3, b is 2x3; inner sizes must agree");
  EXPECT_EQ(error_of<MultiplyMatrices>(MultiplyRequest{.a = a, .b = a, .precision = "half"}),
            "multiply: precision half is not known; double and extended are");
  const auto batch = [](std::vector<double> v) {
    return Tensor<double, 3>::copy_of(View<const double, 3>(v.data(), {2, 1, 1})).freeze();
  };
  EXPECT_EQ(numbers(call<MultiplyBatch>(BatchRequest{batch({2, 3}), batch({5, 7})}).c), (Numbers{10, 21}));
}

TEST_F(MatrixService, SolvesAndInverts) {
  const auto a = of(2, 2, {4, 0, 0, 8});
  for (const std::string precision : {"double", "extended"}) {
    const auto s = call<SolveLinear>(SolveRequest{a, of(2, 1, {2, 2}), precision});
    EXPECT_EQ(numbers(s.x), (Numbers{0.5, 0.25}));
    EXPECT_EQ(s.low.empty(), precision == "double");
    EXPECT_EQ(s.rcond, 0.5);
    EXPECT_FALSE(s.singular || s.ill_conditioned);
    EXPECT_EQ(numbers(call<Invert>(InverseRequest{a, precision}).x), (Numbers{0.25, 0, 0, 0.125}));
    const auto bad = call<Invert>(InverseRequest{of(2, 2, {1, 2, 2, 4}), precision});
    EXPECT_TRUE(bad.singular && bad.ill_conditioned);
    EXPECT_EQ(bad.rcond, 0);
  }
  EXPECT_EQ(error_of<Invert>(InverseRequest{of(1, 2, {1, 2})}), "inverse: a is 1x2; it must be square");
  EXPECT_EQ(call<DeterminantOf>(OneMatrix{a}).value, 32);
  EXPECT_NEAR(call<DeterminantOf>(OneMatrix{a}).log_absolute, std::log(32.0), 1e-15);
}

TEST_F(MatrixService, Factors) {
  const auto f = call<CholeskyOf>(OneMatrix{of(2, 2, {4, 0, 2, 10})});
  EXPECT_EQ(numbers(f.l), (Numbers{2, 0, 1, 3}));
  EXPECT_TRUE(f.positive_definite);
  EXPECT_EQ(call<CholeskyOf>(OneMatrix{of(2, 2, {1, 0, 0, -1})}).failed_minor, 2);
  const auto qr = call<QrOf>(OneMatrix{of(2, 1, {3, 4})});
  EXPECT_NEAR(std::abs(qr.r(0, 0)), 5, 1e-14);
  EXPECT_NEAR(qr.q(1, 0) * qr.r(0, 0), 4, 1e-14);
}

TEST_F(MatrixService, Decomposes) {
  const auto a = of(2, 2, {2, -1, -1, 2});
  const auto e = call<SymmetricEigenOf>(EigenRequest{.a = a});
  EXPECT_NEAR(e.values[0], 1, 1e-15);
  EXPECT_NEAR(e.values[1], 3, 1e-15);
  EXPECT_NEAR(std::abs(e.vectors(0, 0)), std::numbers::sqrt2 / 2, 1e-15);
  const auto many = call<SymmetricEigenOf>(EigenRequest{.a = a, .precision = "extended"});
  EXPECT_EQ(many.values[1], 3);
  EXPECT_EQ(many.low.size(), 2);
  const auto g = call<GeneralEigenOf>(EigenRequest{.a = of(2, 2, {0, -2, 2, 0})});
  EXPECT_NEAR(g.imaginary[0], 2, 1e-15);
  EXPECT_NEAR(g.imaginary[1], -2, 1e-15);
  EXPECT_EQ(g.vectors_imaginary.size(), 4);
  EXPECT_NE(error_of<GeneralEigenOf>(EigenRequest{.a = a, .precision = "extended"}).find("no extended precision"),
            std::string::npos);
  const auto s = call<SvdOf>(EigenRequest{.a = of(2, 1, {3, 4})});
  EXPECT_NEAR(s.values[0], 5, 1e-14);
  EXPECT_EQ(s.u.extents(), (Extents<2>{2, 1}));
  EXPECT_TRUE(call<SvdOf>(EigenRequest{.a = a, .vectors = false}).u.empty());
  EXPECT_NEAR(call<SvdOf>(EigenRequest{.a = a, .precision = "extended"}).values[0], 3, 1e-15);
  const auto nan = of(1, 1, {std::nan("")});
  EXPECT_FALSE(call<SvdOf>(EigenRequest{.a = nan}).converged);
  EXPECT_FALSE(call<SvdOf>(EigenRequest{.a = nan, .vectors = false}).converged);
  EXPECT_FALSE(call<SymmetricEigenOf>(EigenRequest{.a = nan}).converged);
}

TEST_F(MatrixService, Measures) {
  const auto a = of(2, 2, {1, -2, 0, 4});
  EXPECT_EQ(call<NormOf>(NormRequest{a, "one"}).value, 6);
  EXPECT_EQ(call<NormOf>(NormRequest{a, "infinity"}).value, 4);
  EXPECT_NEAR(call<NormOf>(NormRequest{a, "frobenius"}).value, std::sqrt(21.0), 1e-14);
  EXPECT_EQ(call<NormOf>(NormRequest{a, "largest"}).value, 4);
  EXPECT_EQ(call<ConditionOf>(NormRequest{a, "one"}).value, 6);
  EXPECT_NE(error_of<NormOf>(NormRequest{a, "three"}).find("kind three is not known"), std::string::npos);
  EXPECT_EQ(call<RankOf>(RankRequest{of(2, 2, {1, 2, 2, 4})}).rank, 1);
  const auto p = call<PseudoInvert>(RankRequest{of(1, 2, {0, 2})});
  EXPECT_NEAR(p.x(1, 0), 0.5, 1e-15);
  EXPECT_EQ(p.rank, 1);
}

}  // namespace
}  // namespace lagoon::services
