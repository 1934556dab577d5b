// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/learning/linear.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <limits>
#include <string>

#include "check.hpp"
#include "ridge.hpp"
#include "statistics/distributions.hpp"
#include "tall_qr.hpp"

namespace lagoon::learning {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRounding = 4 * kEpsilon;  // of a column's length is what its numbers may have lost to rounding

void check_options(const LinearOptions& o) {
  if (!(o.ridge >= 0 && std::isfinite(o.ridge)))
    throw Error(Errc::invalid_argument, "fit_linear: ridge is " + std::to_string(o.ridge) + "; 0 or more is allowed");
  if (!(o.tolerance >= 0 && o.tolerance < 1))
    throw Error(Errc::invalid_argument,
                "fit_linear: tolerance is " + std::to_string(o.tolerance) + "; 0 to below 1 is allowed");
}

/// The least-squares problem that is left when the rows are gone: z = r w, with `rest` beside it.
struct Problem {
  detail::TableQr table;
  std::ptrdiff_t rows = 0, p = 0;
  bool intercept = true;
  double tolerance = 0;
  bool parallel = true;

  View<const double, 2> triangle() const {
    const auto& r = table.r;
    return {r.data(), {std::min(r.extent(0), p), p}, {r.extent(1), 1}};
  }
  View<const double, 1> z() const {
    if (table.r.empty()) return {};
    return {table.r.data() + p, {triangle().extent(0)}, {table.r.extent(1)}};
  }
  double rest() const { return table.r.extent(0) > p ? table.r(p, p) : 0; }

  /// Of a column about 0, when this is its length about its mean.
  double length(std::size_t column, double about_mean) const {
    return std::hypot(about_mean, std::sqrt(static_cast<double>(rows)) * table.mean[column]);
  }
};

/// What columns are divided by: their lengths, or what makes of columns that are rounding alone less than the
/// tolerance.
std::vector<double> scales(const Problem& problem, const std::vector<double>& lengths) {
  std::vector<double> scale = lengths;
  for (std::size_t j = 0; j < scale.size(); ++j) {
    scale[j] = std::max(lengths[j], problem.length(j, lengths[j]) * (kRounding / problem.tolerance));
    if (scale[j] == 0) scale[j] = 1;
  }
  return scale;
}

double condition_of(View<const double, 1> singular_values) {
  return singular_values[0] / singular_values[singular_values.size() - 1];
}

/// Standard errors of a regression of full rank, from the rows of the triangle's inverse: they are what coefficients
/// are made of.
void add_errors(LinearModel& m, const Problem& problem, const std::vector<double>& lengths) {
  const Tensor<double, 2> inverse =
      detail::scaled_inverse({problem.triangle(), lengths, problem.tolerance, problem.parallel});
  const std::ptrdiff_t p = problem.p;
  std::vector<double> of_means(lengths.size(), 0);  // the means times the inverse
  for (std::ptrdiff_t j = 0; j < p; ++j) {
    const auto column = static_cast<std::size_t>(j);
    const View<const double, 1> row(&inverse(j, 0), {p});
    m.standard_errors[column] = m.residual_deviation * (detail::length(row) / lengths[column]);
    for (std::ptrdiff_t i = j; i < p; ++i)
      of_means[static_cast<std::size_t>(i)] += row[i] * (problem.table.mean[column] / lengths[column]);
  }
  if (problem.intercept)
    m.intercept_error =
        m.residual_deviation * std::hypot(1 / std::sqrt(static_cast<double>(problem.rows)), detail::length(of_means));
}

void add_chances(LinearModel& m) {
  const auto degrees = static_cast<double>(m.degrees_of_freedom);
  for (std::size_t j = 0; j < m.p.size(); ++j)
    m.p[j] = statistics::detail::student_two_sided(m.coefficients[j] / m.standard_errors[j], degrees);
  m.intercept_p = statistics::detail::student_two_sided(m.intercept / m.intercept_error, degrees);
}

/// How much of y is explained.
void add_fit(LinearModel& m, const Problem& problem) {
  const double total = std::hypot(detail::length(problem.z()), problem.rest());
  const bool solved = m.rank == problem.p + problem.intercept && m.ridge == 0;  // then all that is left is the rest
  const double left =
      solved ? std::abs(problem.rest())
             : std::hypot(detail::length(detail::residual(problem.triangle(), m.coefficients, problem.z()).view()),
                          problem.rest());
  const double rounding = problem.intercept ? kRounding * problem.length(problem.table.mean.size() - 1, total) : 0;
  const bool constant = total <= rounding;
  const double share = left / total * (left / total);
  const auto degrees = static_cast<double>(m.degrees_of_freedom);
  m.residual_deviation = degrees > 0 ? left / std::sqrt(degrees) : kNan;
  m.r2 = constant ? kNan : 1 - share;
  m.adjusted_r2 =
      constant || degrees == 0 ? kNan : 1 - share * (static_cast<double>(problem.rows - problem.intercept) / degrees);
}

}  // namespace

LinearModel fit_linear(View<const double, 2> x, View<const double, 1> y, const LinearOptions& options) {
  check_options(options);
  detail::check_table(x, "fit_linear");
  detail::check_lengths(x.extent(0), y.size(), "y", "fit_linear");
  const bool parallel = options.compute.parallel;
  Problem problem{
      detail::table_qr(x, y, options.intercept, parallel, "fit_linear"),
      x.extent(0),
      x.extent(1),
      options.intercept,
      options.tolerance > 0 ? options.tolerance : static_cast<double>(std::max(x.extent(0), x.extent(1))) * kEpsilon,
      parallel};
  const std::vector<double> lengths = detail::column_lengths(problem.triangle());
  const detail::ScaledTriangle scaled{problem.triangle(), scales(problem, lengths), problem.tolerance, parallel};
  const Tensor<double, 1> values = detail::singular_values(scaled);
  const std::ptrdiff_t rank = detail::rank_of(scaled, values);
  const auto p = static_cast<std::size_t>(problem.p);

  LinearModel m;
  m.count = problem.rows;
  m.rank = rank + options.intercept;
  m.degrees_of_freedom = m.count - m.rank;
  m.ridge = options.ridge;
  m.coefficients = options.ridge > 0 ? detail::solve_ridge(scaled, problem.z(), options.ridge)
                                     : detail::solve(scaled, rank, problem.z());
  m.condition = rank < problem.p          ? kInfinity
                : scaled.scale == lengths ? condition_of(values)
                                          : condition_of(detail::singular_values({scaled.r, lengths, 0, parallel}));
  if (options.intercept) {
    m.intercept = problem.table.mean[p];
    for (std::size_t j = 0; j < p; ++j) m.intercept -= m.coefficients[j] * problem.table.mean[j];
  }
  add_fit(m, problem);
  m.standard_errors.assign(p, kNan);
  m.p.assign(p, kNan);
  m.intercept_error = m.intercept_p = kNan;
  if (rank == problem.p && options.ridge == 0 && m.degrees_of_freedom > 0) {
    add_errors(m, problem, lengths);
    add_chances(m);
  }
  return m;
}

Tensor<double, 1> predict(const LinearModel& model, View<const double, 2> x, const ComputeOptions& options) {
  const auto columns = static_cast<std::ptrdiff_t>(model.coefficients.size());
  detail::check_columns(x.extent(1), columns, "predict");
  Tensor<double, 1> y({x.extent(0)});
  const double* w = model.coefficients.data();
  parallel_for(x.extent(0),
               {std::max<std::ptrdiff_t>((1 << 15) / std::max<std::ptrdiff_t>(columns, 1), 1), options.parallel},
               [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
                 for (std::ptrdiff_t i = begin; i < end; ++i) {
                   const double* row = x.data() + i * x.stride(0);
                   double sums[4] = {};  // four chains of additions instead of one
                   for (std::ptrdiff_t j = 0; j < columns; ++j) sums[j % 4] += row[j * x.stride(1)] * w[j];
                   y[i] = model.intercept + ((sums[0] + sums[1]) + (sums[2] + sums[3]));
                 }
               });
  return y;
}

}  // namespace lagoon::learning
