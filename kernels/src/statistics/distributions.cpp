// SPDX-License-Identifier: Apache-2.0
#include "distributions.hpp"

#include <cmath>
#include <limits>
#include <numbers>

// Errors are values, and doubles are not promoted to long double.
#define BOOST_MATH_DOMAIN_ERROR_POLICY ignore_error
#define BOOST_MATH_OVERFLOW_ERROR_POLICY ignore_error
#define BOOST_MATH_POLE_ERROR_POLICY ignore_error
#define BOOST_MATH_EVALUATION_ERROR_POLICY ignore_error
#define BOOST_MATH_PROMOTE_DOUBLE_POLICY false
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace lagoon::statistics::detail {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool share(double p) { return p >= 0 && p <= 1; }

}  // namespace

double normal_two_sided(double z) { return std::erfc(std::abs(z) / std::numbers::sqrt2); }
double normal_upper(double z) { return std::erfc(z / std::numbers::sqrt2) / 2; }
double normal_quantile(double p) { return share(p) ? boost::math::quantile(boost::math::normal(), p) : kNan; }

double student_two_sided(double t, double degrees) {
  if (std::isnan(t) || !(degrees > 0)) return kNan;
  if (std::isinf(t)) return 0;
  return 2 * boost::math::cdf(boost::math::complement(boost::math::students_t(degrees), std::abs(t)));
}
double student_quantile(double p, double degrees) {
  return share(p) && degrees > 0 ? boost::math::quantile(boost::math::students_t(degrees), p) : kNan;
}

double chi_squared_upper(double x, double degrees) {
  if (std::isnan(x) || !(degrees > 0)) return kNan;
  if (x <= 0) return 1;
  if (std::isinf(x)) return 0;
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(degrees), x));
}
double chi_squared_quantile(double p, double degrees) {
  return share(p) && degrees > 0 ? boost::math::quantile(boost::math::chi_squared(degrees), p) : kNan;
}

}  // namespace lagoon::statistics::detail
