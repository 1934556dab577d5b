// SPDX-License-Identifier: Apache-2.0
// Tables that lagoon.Statistics is given as columns: what becomes of them before the kernels see them.
#include <lagoon/kernels/statistics.hpp>
#include <lagoon/services/statistics.hpp>

#include <cmath>
#include <limits>

#include "service_test.hpp"

namespace lagoon::services {
namespace {

constexpr std::ptrdiff_t kRows = 40'001, kColumns = 3;  // more than one piece of a column

/// Numbers that differ everywhere; each 97th row lacks its second value, and each 1000th its third as well.
Tensor<double, 2> with_gaps() {
  Tensor<double, 2> x({kRows, kColumns});
  for (std::ptrdiff_t i = 0; i < kRows; ++i)
    for (std::ptrdiff_t j = 0; j < kColumns; ++j) x(i, j) = std::sin(static_cast<double>(i * (j + 2))) + j;
  for (std::ptrdiff_t i = 0; i < kRows; i += 97) x(i, 1) = std::numeric_limits<double>::quiet_NaN();
  for (std::ptrdiff_t i = 0; i < kRows; i += 1000) x(i, 2) = std::numeric_limits<double>::quiet_NaN();
  return x;
}
constexpr std::int64_t kComplete = kRows - (kRows / 97 + 1) - (kRows / 1000 + 1) + (kRows / 97'000 + 1);

MatrixRequest as_columns(View<const double, 2> x) {
  MatrixRequest request;
  request.omit_missing = true;
  for (std::ptrdiff_t j = 0; j < x.extent(1); ++j) {
    Tensor<double, 1> column({x.extent(0)});
    for (std::ptrdiff_t i = 0; i < x.extent(0); ++i) column[i] = x(i, j);
    request.columns.push_back(std::move(column).freeze());
  }
  return request;
}

using StatisticsService = ServiceTest<Statistics>;

TEST_F(StatisticsService, CountsTheRowsOfColumnsThatLackNothing) {
  const Tensor<double, 2> x = with_gaps();
  const MatrixReply reply = call<Covariance>(as_columns(x.view()));
  EXPECT_EQ(reply.rows, kComplete);
  const auto expected = statistics::covariance(x.view(), {.nan = statistics::NanPolicy::omit});
  for (std::ptrdiff_t i = 0; i < kColumns; ++i)
    for (std::ptrdiff_t j = 0; j < kColumns; ++j) EXPECT_NEAR(reply.values.view()(i, j), expected(i, j), 1e-12);
}

TEST_F(StatisticsService, CountsThoseOfATableAsWell) {
  MatrixRequest request;
  request.omit_missing = true;
  request.table = with_gaps().freeze();
  EXPECT_EQ(call<Covariance>(std::move(request)).rows, kComplete);
}

}  // namespace
}  // namespace lagoon::services
