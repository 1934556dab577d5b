// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/learning/pca.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/kernels/matrix/multiply.hpp>
#include <lagoon/kernels/matrix/svd.hpp>
#include <limits>
#include <string>

#include "check.hpp"
#include "tall_qr.hpp"

namespace lagoon::learning {
namespace {

constexpr std::ptrdiff_t kBlock = 256;  // rows that are centred and turned at once
constexpr double kRounding = 4 * std::numeric_limits<double>::epsilon();

std::ptrdiff_t check_arguments(View<const double, 2> x, const PcaOptions& o) {
  detail::check_table(x, "pca");
  if (x.extent(0) < 2) throw Error(Errc::invalid_argument, "pca: one row does not vary; at least 2 are needed");
  const std::ptrdiff_t most = std::min(x.extent(0), x.extent(1));
  if (o.components < 0 || o.components > most)
    throw Error(Errc::invalid_argument, "pca: components is " + std::to_string(o.components) + "; 0 to " +
                                            std::to_string(most) + " are allowed for " + std::to_string(x.extent(0)) +
                                            " rows of " + std::to_string(x.extent(1)));
  return o.components > 0 ? o.components : most;
}

/// Standard deviations of the columns, 1 of a constant one.
std::vector<double> deviations(const detail::TableQr& table, std::ptrdiff_t n) {
  std::vector<double> scale = detail::column_lengths(table.r);
  for (std::size_t j = 0; j < scale.size(); ++j) {
    const double rounding = kRounding * std::sqrt(static_cast<double>(n)) * std::abs(table.mean[j]);
    scale[j] = scale[j] > rounding ? scale[j] / std::sqrt(static_cast<double>(n - 1)) : 1;
  }
  return scale;
}

/// The triangle, whose rows are as many as there may be components: zeros where centring took one.
Tensor<double, 2> padded(View<const double, 2> r, std::ptrdiff_t rows) {
  auto result = Tensor<double, 2>::zeros({std::max(rows, r.extent(0)), r.extent(1)});
  for (std::ptrdiff_t i = 0; i < r.extent(0); ++i)
    for (std::ptrdiff_t j = i; j < r.extent(1); ++j) result(i, j) = r(i, j);
  return result;
}

/// The first k rows of vt; the sign of each is that of its largest number.
Frozen<double, 2> directions(const Tensor<double, 2>& vt, std::ptrdiff_t k) {
  Tensor<double, 2> components({k, vt.extent(1)});
  for (std::ptrdiff_t i = 0; i < k; ++i) {
    std::ptrdiff_t largest = 0;
    for (std::ptrdiff_t j = 1; j < vt.extent(1); ++j)
      if (std::abs(vt(i, j)) > std::abs(vt(i, largest))) largest = j;
    const double sign = vt(i, largest) < 0 ? -1 : 1;
    for (std::ptrdiff_t j = 0; j < vt.extent(1); ++j) components(i, j) = sign * vt(i, j);
  }
  return std::move(components).freeze();
}

double scale_of(const Pca& model, std::ptrdiff_t j) {
  return model.scale.empty() ? 1 : model.scale[static_cast<std::size_t>(j)];
}

}  // namespace

Pca pca(View<const double, 2> x, const PcaOptions& options) {
  const std::ptrdiff_t k = check_arguments(x, options), n = x.extent(0);
  const bool parallel = options.compute.parallel;
  detail::TableQr table = detail::table_qr(x, {}, true, parallel, "pca");
  Pca model;
  model.count = n;
  if (options.standardise) {
    model.scale = deviations(table, n);
    table.r = detail::scaled_columns(table.r, model.scale);
  }
  model.mean = std::move(table.mean);
  const matrix::Svd<double> svd = matrix::svd(padded(table.r, std::min(n, x.extent(1))), {.parallel = parallel});
  model.converged = svd.converged;
  model.components = directions(svd.vt, k);
  const double whole = detail::length(svd.values);
  for (std::ptrdiff_t i = 0; i < k; ++i) {
    const double value = svd.values[i];
    model.singular_values.push_back(value);
    model.variances.push_back(value / static_cast<double>(n - 1) * value);
    model.ratios.push_back(value / whole * (value / whole));
  }
  return model;
}

Tensor<double, 2> transform(const Pca& model, View<const double, 2> x, const ComputeOptions& options) {
  const std::ptrdiff_t p = model.components.extent(1);
  detail::check_columns(x.extent(1), p, "transform");
  Tensor<double, 2> scores({x.extent(0), model.components.extent(0)});
  parallel_for(x.extent(0), {kBlock, options.parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    Tensor<double, 2> centred({end - begin, p});
    for (std::ptrdiff_t i = begin; i < end; ++i)
      for (std::ptrdiff_t j = 0; j < p; ++j)
        centred(i - begin, j) = (x(i, j) - model.mean[static_cast<std::size_t>(j)]) / scale_of(model, j);
    matrix::multiply_into(scores.view().slice(0, begin, end), centred, model.components.view().transposed(),
                          {.parallel = false});
  });
  return scores;
}

Tensor<double, 2> inverse_transform(const Pca& model, View<const double, 2> scores, const ComputeOptions& options) {
  const std::ptrdiff_t p = model.components.extent(1);
  detail::check_columns(scores.extent(1), model.components.extent(0), "inverse_transform");
  Tensor<double, 2> x({scores.extent(0), p});
  parallel_for(x.extent(0), {kBlock, options.parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    matrix::multiply_into(x.view().slice(0, begin, end), scores.slice(0, begin, end), model.components.view(),
                          {.parallel = false});
    for (std::ptrdiff_t i = begin; i < end; ++i)
      for (std::ptrdiff_t j = 0; j < p; ++j)
        x(i, j) = x(i, j) * scale_of(model, j) + model.mean[static_cast<std::size_t>(j)];
  });
  return x;
}

}  // namespace lagoon::learning
