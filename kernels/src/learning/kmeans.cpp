// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/kernels/learning/kmeans.hpp>
#include <limits>
#include <string>
#include <utility>

#include "check.hpp"
#include "kmeans_assign.hpp"
#include "kmeans_lloyd.hpp"
#include "kmeans_spread.hpp"
#include "kmeans_start.hpp"
#include "squares.hpp"

namespace lagoon::learning {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(Errc::invalid_argument, "kmeans: " + why); }

void check_options(View<const double, 2> x, const KMeansOptions& options) {
  const std::int64_t most = std::min<std::int64_t>(x.extent(0), std::numeric_limits<std::int32_t>::max());
  if (options.clusters < 1 || options.clusters > most)
    refuse(std::to_string(options.clusters) + " clusters of " + std::to_string(x.extent(0)) +
           " rows; wanted are 1 to " + std::to_string(most));
  if (options.starts < 1) refuse(std::to_string(options.starts) + " starts; wanted is 1 or more");
  if (options.iterations < 1) refuse(std::to_string(options.iterations) + " iterations; wanted is 1 or more");
  if (!(options.tolerance >= 0) || std::isinf(options.tolerance))
    refuse("tolerance " + std::to_string(options.tolerance) + "; wanted is a finite number, 0 or more");
}

void check_centres(View<const double, 2> x, const KMeansOptions& options) {
  const View<const double, 2> centres = options.centres;
  if (centres.extent(0) != options.clusters || centres.extent(1) != x.extent(1))
    refuse("centres is " + std::to_string(centres.extent(0)) + "x" + std::to_string(centres.extent(1)) +
           "; clusters and columns of x are " + std::to_string(options.clusters) + " and " +
           std::to_string(x.extent(1)));
  detail::check_squares(centres, "kmeans: centres", false);
}

Tensor<std::int64_t, 1> widened(const Tensor<std::int32_t, 1>& labels) {
  Tensor<std::int64_t, 1> wide(labels.extents());
  std::copy_n(labels.data(), labels.size(), wide.data());
  return wide;
}

}  // namespace

KMeansResult kmeans(View<const double, 2> x, const KMeansOptions& options) {
  const bool parallel = options.compute.parallel;
  detail::check_table(x, "kmeans");
  check_options(x, options);
  const bool given = !options.centres.empty();
  if (given) check_centres(x, options);

  const detail::Spread spread = detail::spread_of(x, parallel);
  if (!spread.sound) detail::check_squares(x, "kmeans", parallel);
  const detail::LloydLimits limits{options.iterations, options.tolerance * spread.variance};
  KMeansResult best;
  detail::Assignment best_rows;
  for (std::int64_t start = 0; start < (given ? 1 : options.starts); ++start) {
    Tensor<double, 2> centres =
        given ? Tensor<double, 2>::copy_of(options.centres)
              : detail::draw_centres(x, options.clusters, options.seed, static_cast<std::uint64_t>(start), parallel);
    const detail::LloydEnd end = detail::lloyd(x, spread, centres, limits, parallel);
    detail::Assignment rows = detail::assign(x, std::as_const(centres).view(), parallel);
    if (start > 0 && !(rows.inertia < best_rows.inertia)) continue;
    best_rows = std::move(rows);
    best.model = {std::move(centres).freeze(), best_rows.inertia, end.iterations, end.converged, {}};
  }
  best.model.sizes.assign(best_rows.sizes.data(), best_rows.sizes.data() + best_rows.sizes.size());
  best.labels = widened(best_rows.labels);
  return best;
}

Tensor<std::int64_t, 1> predict(const KMeans& model, View<const double, 2> x, const ComputeOptions& options) {
  if (model.centres.empty()) throw Error(Errc::invalid_argument, "predict: the model of k-means has no centres");
  detail::check_columns(x.extent(1), model.centres.extent(1), "predict");
  if (x.extent(0) == 0) return {};
  const detail::Assignment rows = detail::assign(x, model.centres.view(), options.parallel);
  // One look at the table: what is not finite has no finite distance.
  if (!std::isfinite(rows.inertia)) detail::check_finite(x, "predict", options.parallel);
  return widened(rows.labels);
}

}  // namespace lagoon::learning
