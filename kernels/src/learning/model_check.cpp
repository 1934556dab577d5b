// SPDX-License-Identifier: Apache-2.0
#include "model_check.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <string>

namespace lagoon::learning::detail {
namespace {

void demand(bool holds, const char* what) {
  if (!holds) throw Error(Errc::invalid_argument, what);
}

bool finite(double v) { return std::isfinite(v); }
bool positive(double v) { return v > 0 && std::isfinite(v); }

bool finite(View<const double, 2> v) {
  for (std::ptrdiff_t i = 0; i < v.extent(0); ++i)
    for (std::ptrdiff_t j = 0; j < v.extent(1); ++j)
      if (!std::isfinite(v(i, j))) return false;
  return true;
}
template <class Holds>
bool all(const std::vector<double>& v, Holds holds) {
  return std::all_of(v.begin(), v.end(), holds);
}
bool all_finite(const std::vector<double>& v) {
  return all(v, [](double x) { return finite(x); });
}

std::int64_t size(const std::vector<double>& v) { return static_cast<std::int64_t>(v.size()); }

std::int64_t columns_of(const LinearModel& m) {
  const std::int64_t p = size(m.coefficients);
  demand(p >= 1, "a linear model has no coefficients");
  demand(all_finite(m.coefficients) && finite(m.intercept), "a coefficient is not finite");
  demand(size(m.standard_errors) == p && size(m.p) == p, "a linear model has errors for other coefficients");
  demand(m.count >= 1 && m.rank >= 0 && m.rank <= std::min(m.count, p + 1), "the rank of a linear model cannot be");
  demand(m.degrees_of_freedom == m.count - m.rank, "the degrees of freedom of a linear model cannot be");
  demand(m.ridge >= 0 && finite(m.ridge), "the ridge of a linear model cannot be");
  return p;
}

std::int64_t columns_of(const Forest& m) {
  demand(m.trees() > 0, "a forest has no trees");
  return m.features();
}

std::int64_t columns_of(const KMeans& m) {
  demand(!m.centres.empty(), "there are no centres of clusters");
  demand(finite(m.centres), "a centre of a cluster is not finite");
  demand(m.inertia >= 0, "the inertia of clusters cannot be");
  demand(m.iterations >= 0, "the iterations of clusters cannot be");
  demand(static_cast<std::int64_t>(m.sizes.size()) == m.centres.extent(0), "clusters have other sizes than centres");
  demand(std::all_of(m.sizes.begin(), m.sizes.end(), [](std::int64_t n) { return n >= 0; }),
         "a cluster has fewer rows than none");
  return m.centres.extent(1);
}

std::int64_t columns_of(const Pca& m) {
  demand(!m.components.empty(), "there are no components");
  const std::int64_t k = m.components.extent(0), p = m.components.extent(1);
  demand(k <= p && m.count >= 2, "there are more components than columns, or too few rows");
  demand(finite(m.components) && m.converged, "components did not converge");
  demand(size(m.mean) == p && all_finite(m.mean), "components have means of other columns");
  demand(m.scale.empty() || (size(m.scale) == p && all(m.scale, positive)), "components have scales of other columns");
  demand(size(m.variances) == k && size(m.ratios) == k && size(m.singular_values) == k,
         "components have variances of others");
  return p;
}

std::int64_t columns_of(const Standardizer& m) {
  demand(!m.mean.empty(), "there are no columns to standardise");
  demand(m.mean.size() == m.scale.size(), "there are other means than scales");
  demand(all_finite(m.mean) && all(m.scale, positive), "a mean or scale cannot be");
  return size(m.mean);
}

}  // namespace

void check_saved(const SavedModel& saved) {
  const std::int64_t columns = std::visit([](const auto& m) { return columns_of(m); }, saved.model);
  const auto names = static_cast<std::int64_t>(saved.features.size());
  if (names != 0 && names != columns)
    throw Error(Errc::invalid_argument,
                std::to_string(names) + " names of columns for a model of " + std::to_string(columns));
  demand(!saved.preparation || columns_of(*saved.preparation) == columns, "the preparation is of other columns");
}

}  // namespace lagoon::learning::detail
