// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/timeseries/rolling.hpp>

#include <algorithm>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <limits>
#include <string>

#include "rolling_inside.hpp"
#include "rolling_plain.hpp"

namespace lagoon::timeseries {
namespace detail {

RollingWindow checked_window(std::ptrdiff_t length, const RollingOptions& options, const char* what) {
  if (length < 1)
    throw Error(Errc::invalid_argument,
                std::string(what) + ": window is " + std::to_string(length) + "; 1 or more are needed");
  if (options.min_count < 0 || options.min_count > length)
    throw Error(Errc::invalid_argument, std::string(what) + ": min_count is " + std::to_string(options.min_count) +
                                            "; 0 to the window, " + std::to_string(length) + ", are allowed");
  return {length, options.min_count ? options.min_count : length, options.centred ? (length - 1) / 2 : 0, options.ddof};
}

namespace {

constexpr std::ptrdiff_t kGrain = 65536;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

void fill_nan(double* out, std::ptrdiff_t n, bool parallel) {
  parallel_for(n, {kGrain, parallel},
               [&](std::ptrdiff_t begin, std::ptrdiff_t end) { std::fill(out + begin, out + end, kNan); });
}

/// Places [begin, end), whose windows begin before the series or end behind it: those that can have enough numbers are
/// looked at.
void run_edge(Statistic statistic, View<const double, 1> x, const RollingWindow& window, std::ptrdiff_t begin,
              std::ptrdiff_t end, double* out, bool parallel) {
  const std::ptrdiff_t n = x.size(), behind = window.length - window.ahead;
  std::ptrdiff_t from = end, to = end;
  if (window.min_count <= n) {
    from = std::clamp(window.min_count - 1 - window.ahead, begin, end);
    to = std::clamp(n - window.min_count + std::min(behind, n), from, end);
  }
  fill_nan(out + begin, from - begin, parallel);
  rolling_plain(statistic, x, window, from, to, out + from);
  fill_nan(out + to, end - to, parallel);
}

Tensor<double, 1> rolling(Statistic statistic, View<const double, 1> x, std::ptrdiff_t length,
                          const RollingOptions& options, const char* what) {
  const RollingWindow window = checked_window(length, options, what);
  const bool parallel = options.compute.parallel;
  const std::ptrdiff_t n = x.size();
  Tensor<double, 1> result({n});
  double* const out = result.data();
  if (statistic == Statistic::deviation && !(static_cast<double>(length) > window.ddof)) {
    fill_nan(out, n, parallel);
    return result;
  }
  // Places whose windows lie within the series.
  const std::ptrdiff_t first = std::min(n, length - 1 - window.ahead), last = std::max(first, n - window.ahead);
  const RollingInside inside(statistic, x, window);
  const std::ptrdiff_t block = inside.block(), grain = block * std::max<std::ptrdiff_t>(kGrain / block, 1);
  run_edge(statistic, x, window, 0, first, out, parallel);
  if (first < last)
    parallel_for(last - first, {grain, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      inside.run(first + begin, first + end, out + first + begin);
    });
  run_edge(statistic, x, window, last, n, out, parallel);
  return result;
}

}  // namespace
}  // namespace detail

Tensor<double, 1> rolling_mean(View<const double, 1> x, std::ptrdiff_t window, const RollingOptions& options) {
  return detail::rolling(detail::Statistic::mean, x, window, options, "rolling_mean");
}

Tensor<double, 1> rolling_standard_deviation(View<const double, 1> x, std::ptrdiff_t window,
                                             const RollingOptions& options) {
  return detail::rolling(detail::Statistic::deviation, x, window, options, "rolling_standard_deviation");
}

Tensor<double, 1> rolling_minimum(View<const double, 1> x, std::ptrdiff_t window, const RollingOptions& options) {
  return detail::rolling(detail::Statistic::minimum, x, window, options, "rolling_minimum");
}

Tensor<double, 1> rolling_maximum(View<const double, 1> x, std::ptrdiff_t window, const RollingOptions& options) {
  return detail::rolling(detail::Statistic::maximum, x, window, options, "rolling_maximum");
}

}  // namespace lagoon::timeseries
