// SPDX-License-Identifier: Apache-2.0
// Long factorizations end when their call does, and what they need beside the result is charged to it.
#include "src/matrix/backend.hpp"

#include <gtest/gtest.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/matrix.hpp>

#include "../looks.hpp"
#include "../peak.hpp"
#include "matrices.hpp"

namespace lagoon::matrix {
namespace {

using test::expect_stops;
using test::peak_of;

TEST(StopOfMatrices, IsSeenBetweenTilesAndPanels) {
  const auto a = random_matrix<double>(600, 600), b = random_matrix<double>(600, 300, 2);
  auto p = multiply(a, a.view().transposed());
  for (std::ptrdiff_t i = 0; i < 600; ++i) p(i, i) += 1;
  const auto tall = random_matrix<double>(1200, 600);
  expect_stops(60, [&] { multiply(tall, b); });
  expect_stops(20, [&] { solve(a, b); });
  expect_stops(15, [&] { inverse(a); });
  expect_stops(10, [&] { determinant(a); });
  expect_stops(15, [&] { cholesky(p); });
  expect_stops(40, [&] { qr(a); });
}

TEST(StopOfMatrices, IsSeenWithinDecompositions) {
  const auto a = random_symmetric<double>(150);
  // Eigen's decompositions are one call each.
  const bool in_pieces = detail::backend_name().rfind("OpenBLAS", 0) == 0;
  expect_stops(in_pieces ? 300 : 2, [&] { symmetric_eigen(a); });
  expect_stops(in_pieces ? 150 : 2, [&] { symmetric_eigen(a, {.vectors = false}); });
  expect_stops(in_pieces ? 300 : 2, [&] { general_eigen(a); });
  expect_stops(in_pieces ? 250 : 2, [&] { svd(a); });
  expect_stops(2, [&] { rank(a); });
}

TEST(StopOfMatrices, IsSeenAtEachStepInExtendedPrecision) {
  const auto a = random_symmetric<double>(30);
  expect_stops(30, [&] { extended::multiply(a, a); });
  expect_stops(60, [&] { extended::solve(a, a); });
  expect_stops(60, [&] { extended::inverse(a); });
  expect_stops(50, [&] { extended::symmetric_eigenvalues(a); });
  expect_stops(100, [&] { extended::singular_values(a); });
}

TEST(ScratchOfMatrices, IsCharged) {
  constexpr std::ptrdiff_t n = 400;
  constexpr std::size_t matrix = n * n * sizeof(double);
  const auto a = random_symmetric<double>(n);
  EXPECT_GE(peak_of([&] { (void)multiply(a, Layouts<double>(a).views[5]); }), 2 * matrix);
  EXPECT_GE(peak_of([&] { (void)solve(a, a); }), 3 * matrix);
  EXPECT_GE(peak_of([&] { (void)inverse(a); }), 2 * matrix);
  EXPECT_GE(peak_of([&] { (void)qr(a); }), 3 * matrix);
  EXPECT_GE(peak_of([&] { (void)extended::inverse(a); }), 6 * matrix);
}

}  // namespace
}  // namespace lagoon::matrix
