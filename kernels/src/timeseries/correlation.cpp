// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/timeseries/correlation.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>

#include "lagged_products.hpp"
#include "statistics/distributions.hpp"

namespace lagoon::timeseries {
namespace {

using detail::Deviations;
using statistics::Moments;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

[[noreturn]] void refuse(const char* what, const std::string& why) {
  throw Error(Errc::invalid_argument, std::string(what) + ": " + why);
}

/// What is asked of a series, and what is known of it before the first product.
struct Question {
  const char* what;  // for messages
  std::ptrdiff_t lags;
  const CorrelationOptions& options;
};

struct Known {
  std::int64_t count = 0, missing = 0;
  int exponent = 0;        // numbers are below 2^exponent: their squares are made below 1
  bool no_number = false;  // all results are NaN
  Deviations deviations = {};
};

Known look_at(View<const double, 1> x, const Question& q) {
  if (x.empty()) refuse(q.what, "the series is empty");
  const Moments m = statistics::moments(x, {.order = 1, .nan = NanPolicy::omit, .compute = q.options.compute});
  if (m.missing > 0 && q.options.nan == NanPolicy::fail) {
    std::ptrdiff_t at = 0;
    while (!std::isnan(x[at])) ++at;
    refuse(q.what, "element " + std::to_string(at) + " is NaN");
  }
  Known known{.count = m.count, .missing = m.missing};
  const double largest = std::max(std::abs(m.minimum), std::abs(m.maximum));
  known.no_number = m.count == 0 || (m.missing > 0 && q.options.nan == NanPolicy::propagate) ||
                    !std::isfinite(m.mean) || !std::isfinite(largest);
  if (known.no_number) return known;
  if (largest > 0) known.exponent = std::ilogb(largest) + 1;
  known.deviations = {x, m.mean, std::ldexp(1.0, -known.exponent)};
  return known;
}

void check_lags(const Question& q) {
  if (q.lags < 0) refuse(q.what, "lags is " + std::to_string(q.lags) + "; it must be 0 or more");
}

/// A result for so many lags, or times `sides` and one.
std::vector<double> numbers(std::ptrdiff_t lags, double value, std::ptrdiff_t sides = 1) {
  constexpr std::ptrdiff_t kMost = std::ptrdiff_t{1} << 31;  // the result is a std::vector, which no budget bounds
  if (lags <= kMost) {
    try {
      return std::vector<double>(static_cast<std::size_t>(sides * lags + 1), value);
    } catch (const std::bad_alloc&) {
    } catch (const std::length_error&) {
    }
  }
  throw Error(Errc::resource_exhausted, "there is no room for " + std::to_string(lags) + " lags");
}

/// sum over t of x[t + k] y[t] over n, deviations from the means, in units of 2^(exponents); a product of which a
/// factor is missing is left out.
///   returns  NaN at a lag where all are
std::vector<double> covariances(const Known& x, const Known& y, const Question& q) {
  const std::ptrdiff_t n = x.deviations.x.size();
  const bool parallel = q.options.compute.parallel;
  std::vector<double> c = numbers(q.lags, 0);
  const auto sums = detail::lagged_products(x.deviations, y.deviations, q.lags, parallel);
  Tensor<double, 1> pairs;
  if (x.missing + y.missing > 0) {
    Deviations a = x.deviations, b = y.deviations;
    a.counts = b.counts = true;
    pairs = detail::lagged_products(a, &x == &y ? a : b, q.lags, parallel);
  }
  for (std::ptrdiff_t k = 0; k <= std::min(q.lags, n - 1); ++k) {
    if (pairs.empty()) {
      c[k] = sums[k] / static_cast<double>(n);
    } else {
      const double both = std::round(pairs[k]);  // a whole number but for the rounding of transforms
      c[k] = both > 0 ? sums[k] / (both + static_cast<double>(k)) : kNan;
    }
  }
  return c;
}

/// Of a series that has been looked at.
std::vector<double> autocorrelation_of(const Known& known, const Question& q) {
  if (known.no_number) return numbers(q.lags, kNan);
  std::vector<double> r = covariances(known, known, q);
  const double variance = r[0];
  for (double& v : r) v /= variance;
  return r;
}

}  // namespace

std::vector<double> autocovariance(View<const double, 1> x, std::ptrdiff_t lags, const CorrelationOptions& options) {
  const Question q{"autocovariance", lags, options};
  check_lags(q);
  const Known known = look_at(x, q);
  if (known.no_number) return numbers(lags, kNan);
  std::vector<double> c = covariances(known, known, q);
  for (double& v : c) v = std::ldexp(v, 2 * known.exponent);
  return c;
}

std::vector<double> autocorrelation(View<const double, 1> x, std::ptrdiff_t lags, const CorrelationOptions& options) {
  const Question q{"autocorrelation", lags, options};
  check_lags(q);
  return autocorrelation_of(look_at(x, q), q);
}

std::vector<double> partial_autocorrelation(View<const double, 1> x, std::ptrdiff_t lags,
                                            const CorrelationOptions& options) {
  const Question q{"partial_autocorrelation", lags, options};
  check_lags(q);
  const std::vector<double> r = autocorrelation_of(look_at(x, q), q);
  // Durbin's recursion: weight[j] is what x[t - j - 1] is worth for x[t] when k values are looked at.
  std::vector<double> partial(r.size(), r[0]);
  Tensor<double, 1> weight({lags}), before({lags});
  double rest = r[0];  // variance that k values leave
  for (std::ptrdiff_t k = 0; k < lags; ++k) {
    throw_if_stopped();
    double ahead = r[k + 1];
    for (std::ptrdiff_t j = 0; j < k; ++j) ahead -= weight[j] * r[k - j];
    const double last = ahead / rest;
    std::copy_n(weight.data(), k, before.data());
    for (std::ptrdiff_t j = 0; j < k; ++j) weight[j] -= last * before[k - 1 - j];
    weight[k] = partial[k + 1] = last;
    rest *= 1 - last * last;
  }
  return partial;
}

std::vector<double> cross_correlation(View<const double, 1> x, View<const double, 1> y, std::ptrdiff_t lags,
                                      const CorrelationOptions& options) {
  const Question q{"cross_correlation", lags, options};
  check_lags(q);
  if (x.size() != y.size())
    refuse(q.what, "x has " + std::to_string(x.size()) + " numbers, y has " + std::to_string(y.size()));
  const Known a = look_at(x, q), b = look_at(y, q);
  if (a.no_number || b.no_number) return numbers(lags, kNan, 2);
  const Question variance{q.what, 0, options};
  const double deviations = std::sqrt(covariances(a, a, variance)[0]) * std::sqrt(covariances(b, b, variance)[0]);
  const std::vector<double> after = covariances(a, b, q), before = covariances(b, a, q);
  std::vector<double> r = numbers(lags, 0, 2);
  const auto share = [deviations](double c) { return std::clamp(c / deviations, -1.0, 1.0); };  // NaN stays
  for (std::ptrdiff_t k = 0; k <= lags; ++k) {
    r[lags - k] = share(before[k]);
    r[lags + k] = share(after[k]);
  }
  return r;
}

LjungBox ljung_box(View<const double, 1> x, std::ptrdiff_t lags, std::ptrdiff_t fitted,
                   const CorrelationOptions& options) {
  const Question q{"ljung_box", lags, options};
  if (fitted < 0 || fitted >= std::max<std::ptrdiff_t>(lags, 1))
    refuse(q.what,
           "fitted is " + std::to_string(fitted) + "; it must be 0 or more and below lags, " + std::to_string(lags));
  const Known known = look_at(x, q);
  if (lags < 1 || lags >= x.size())
    refuse(q.what, "lags is " + std::to_string(lags) + "; it must be 1 or more and below the length, " +
                       std::to_string(x.size()));
  if (!known.no_number && lags >= known.count)
    refuse(q.what, "lags is " + std::to_string(lags) + "; it must be below the number of observations, " +
                       std::to_string(known.count));
  const std::vector<double> r = autocorrelation_of(known, q);
  LjungBox test{.lags = lags, .degrees_of_freedom = lags - fitted};
  const auto n = static_cast<double>(known.count);
  for (std::ptrdiff_t k = 1; k <= lags; ++k) test.statistic += r[k] * r[k] / (n - static_cast<double>(k));
  test.statistic *= n * (n + 2);
  test.p = statistics::detail::chi_squared_upper(test.statistic, static_cast<double>(test.degrees_of_freedom));
  return test;
}

}  // namespace lagoon::timeseries
