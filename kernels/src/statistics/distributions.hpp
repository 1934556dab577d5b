// SPDX-License-Identifier: Apache-2.0
#pragma once

// Chances and quantiles of the distributions that tests of hypotheses need, by Boost.Math. NaN in, or parameters that
// no distribution has, is NaN out; they do not throw.
namespace lagoon::statistics::detail {

/// Of |z| or more, standard normal.
double normal_two_sided(double z);
/// Of z or more.
double normal_upper(double z);
/// The z below which p lies.
double normal_quantile(double p);

/// Of |t| or more, Student's t; degrees > 0.
double student_two_sided(double t, double degrees);
double student_quantile(double p, double degrees);

/// Of x or more, chi-squared.
double chi_squared_upper(double x, double degrees);
double chi_squared_quantile(double p, double degrees);

}  // namespace lagoon::statistics::detail
