// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/timeseries/trend.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>

#include "observations.hpp"
#include "polled/sort.hpp"
#include "statistics/distributions.hpp"
#include "ties.hpp"

namespace lagoon::timeseries {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

constexpr std::ptrdiff_t kBlock = 2048;

/// The numbers of a series that are not missing.
///   returns  how many
std::ptrdiff_t read_all(const detail::Observations& all, double* x) {
  std::ptrdiff_t count = 0;
  double times[kBlock];
  for (std::ptrdiff_t i = 0; i < all.size(); i += kBlock) {
    throw_if_stopped();
    count += all.read(i, std::min(i + kBlock, all.size()), times, x + count);
  }
  return count;
}

}  // namespace

MannKendall mann_kendall(View<const double, 1> x, const TrendOptions& options) {
  const detail::Observations all("mann_kendall", x, options);
  all.check_countable();
  Tensor<double, 1> kept({all.size()});
  const std::ptrdiff_t n = read_all(all, kept.data());
  MannKendall test{.count = n, .missing = all.size() - n};
  test.variance = test.z = test.p = test.tau = test.tau_b = kNan;
  if (all.none(test.missing)) return test;

  std::int64_t falling = 0;
  polled::merge_runs(kept.data(), n, 1, std::less<double>(), [&](std::ptrdiff_t overtaken) { falling += overtaken; });
  const detail::Ties ties = detail::ties_of(kept.data(), n);
  const std::int64_t different = detail::pairs(n) - ties.pairs;
  test.s = different - 2 * falling;
  test.variance = (detail::order_variance(n) - ties.variance) / 18;
  const std::int64_t nearer = test.s - (test.s > 0) + (test.s < 0);
  test.z = test.s == 0 ? 0 : static_cast<double>(nearer) / std::sqrt(test.variance);
  test.p = statistics::detail::normal_two_sided(test.z);
  const auto s = static_cast<double>(test.s), count = static_cast<double>(detail::pairs(n));
  test.tau = s / count;
  test.tau_b = s / std::sqrt(count * static_cast<double>(different));
  return test;
}

}  // namespace lagoon::timeseries
