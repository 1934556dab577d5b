// SPDX-License-Identifier: Apache-2.0
// What kernels need beside their result is charged to the isolate that they run in, where it grows with the input.
#include <gtest/gtest.h>

#include <cmath>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/statistics.hpp>

#include "../peak.hpp"

namespace lagoon::statistics {
namespace {

using test::peak_of;

/// n numbers that are all different and in no order.
Tensor<double, 2> table(std::ptrdiff_t rows, std::ptrdiff_t columns) {
  Tensor<double, 2> x({rows, columns});
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) x.data()[i] = std::fmod(static_cast<double>(i) * 0.6180339887, 1.0);
  return x;
}

constexpr std::size_t bytes(std::ptrdiff_t doubles) { return static_cast<std::size_t>(doubles) * sizeof(double); }

TEST(ScratchOfKernels, OfCovarianceIsCharged) {
  const auto x = table(64, 1000);
  // Beside the result as many sums again.
  EXPECT_GE(peak_of([&] { (void)covariance(x.view()); }), 2 * bytes(1000 * 1000));
}

TEST(ScratchOfKernels, OfKendallsTauIsCharged) {
  const std::ptrdiff_t n = 200'000;
  const auto x = table(n, 2);
  // A copy by columns, an order for each, and in the comparison an order, a copy and one to sort with.
  EXPECT_GE(peak_of([&] { (void)correlation(x.view(), {.method = Correlation::kendall}); }), bytes(7 * n));
}

TEST(ScratchOfKernels, OfRanksIsCharged) {
  const std::ptrdiff_t n = 200'000;
  const auto x = table(n, 1);
  EXPECT_GE(peak_of([&] { (void)ranks(View<const double, 1>(x.data(), {n})); }), bytes(3 * n));
}

TEST(ScratchOfKernels, OfHistogramsIsCharged) {
  const std::ptrdiff_t n = 1 << 20, bins = 100'000;
  const auto x = table(n, 1);
  EXPECT_GE(peak_of([&] { (void)histogram(View<const double, 1>(x.data(), {n}), bins, 0.0, 1.0); }), bytes(bins));
}

TEST(ScratchOfKernels, OfManyPercentilesIsCharged) {
  const std::ptrdiff_t n = 100'000;
  const auto x = table(n, 1);
  std::vector<double> percent;
  for (std::ptrdiff_t k = 0; k < n; ++k) percent.push_back(100.0 * static_cast<double>(k) / static_cast<double>(n));
  // A copy, what is wanted in order, positions, ranks and the numbers there.
  EXPECT_GE(peak_of([&] { (void)percentiles(View<const double, 1>(x.data(), {n}), percent); }), bytes(5 * n));
}

TEST(ScratchOfKernels, FailsTheCallWhenThereIsNoRoom) {
  const auto x = table(64, 1000);
  Engine engine;
  Isolate isolate(engine, {.memory_limit = 12 << 20});  // for the result or the sums, not for both
  try {
    isolate.run([&] { (void)covariance(x.view()); });
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::resource_exhausted);
  }
  EXPECT_LE(isolate.memory()->use().held, 256u << 10);
}

}  // namespace
}  // namespace lagoon::statistics
