// SPDX-License-Identifier: Apache-2.0
#include "stl_settings.hpp"

#include <cmath>
#include <lagoon/core/error.hpp>
#include <string>

namespace lagoon::timeseries::detail {
namespace {

[[noreturn]] void refuse(const char* option, std::ptrdiff_t value, const char* wanted) {
  throw Error(Errc::invalid_argument, std::string("stl: ") + option + " is " + std::to_string(value) + "; " + wanted);
}

std::ptrdiff_t checked_window(const char* option, std::ptrdiff_t window) {
  if (window < 3 || window % 2 == 0) refuse(option, window, "a window is an odd number of points, at least 3");
  return window;
}

int checked_degree(const char* option, int degree) {
  if (degree != 0 && degree != 1) refuse(option, degree, "0 and 1 are known");
  return degree;
}

std::ptrdiff_t checked_jump(const char* option, std::ptrdiff_t jump) {
  if (jump < 1) refuse(option, jump, "at least 1 is needed");
  return jump;
}

std::ptrdiff_t odd_from(std::ptrdiff_t k) { return k + (k % 2 == 0); }

/// Wide enough that no season is left in the trend, seen through a seasonal window of that width.
///   source   Cleveland et al. 1990, 3.3
std::ptrdiff_t trend_window(std::ptrdiff_t period, double seasonal) {
  return odd_from(static_cast<std::ptrdiff_t>(std::ceil(1.5 * static_cast<double>(period) / (1 - 1.5 / seasonal))));
}

}  // namespace

StlSettings settle(const StlOptions& options, std::ptrdiff_t n, std::ptrdiff_t period) {
  StlSettings s{};
  s.period = period;
  s.periodic = options.periodic;
  s.robust = options.robust;
  s.parallel = options.compute.parallel;
  // A figure that all periods share is seen through a window of ten times the series, as in R.
  double seasonal = 10 * static_cast<double>(n) + 1;
  if (!s.periodic) {
    s.seasonal.window = checked_window("seasonal", options.seasonal);
    s.seasonal.degree = checked_degree("seasonal_degree", options.seasonal_degree);
    s.seasonal.jump = checked_jump("seasonal_jump", options.seasonal_jump);
    seasonal = static_cast<double>(options.seasonal);
  }
  s.trend.window = checked_window("trend", options.trend == 0 ? trend_window(period, seasonal) : options.trend);
  s.trend.degree = checked_degree("trend_degree", options.trend_degree);
  s.trend.jump = checked_jump("trend_jump", options.trend_jump);
  s.low_pass.window = checked_window("low_pass", options.low_pass == 0 ? odd_from(period + 1) : options.low_pass);
  s.low_pass.degree = checked_degree("low_pass_degree", options.low_pass_degree);
  s.low_pass.jump = checked_jump("low_pass_jump", options.low_pass_jump);
  if (options.inner < 0) refuse("inner", options.inner, "rounds are not negative");
  s.inner = options.inner > 0 ? options.inner : s.robust ? 2 : 5;
  s.outer = options.outer >= 0 ? options.outer : s.robust ? 15 : 0;
  return s;
}

}  // namespace lagoon::timeseries::detail
