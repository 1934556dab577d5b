// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/learning/preparation.hpp>
#include <limits>
#include <string>

#include "check.hpp"
#include "column_factors.hpp"

namespace lagoon::learning {
namespace {

constexpr std::ptrdiff_t kGrain = 1 << 15;    // numbers of a task
constexpr std::ptrdiff_t kOriginRows = 1000;  // that are searched for a number to begin with
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// How the numbers of a column are looked at: times a power of two, about one of them, so that sums of numbers far
/// from 0 lose nothing.
struct Place {
  double factor = 1, origin = 0;
};
using Places = std::vector<Place>;

/// Of the numbers of a column that are there.
struct Column {
  double count = 0, mean = 0, squares = 0;  // squares of distances from the mean
  double least = kInfinity, greatest = -kInfinity;
};
using Columns = Tensor<Column, 1>;

/// Two looks at the rows [begin, end), which stay in the cache in between.
Columns columns_of(View<const double, 2> x, std::ptrdiff_t begin, std::ptrdiff_t end, const Places& places) {
  throw_if_stopped();
  auto columns = Columns::filled({x.extent(1)}, Column{});
  const auto each = [&](auto&& see) {
    for (std::ptrdiff_t i = begin; i < end; ++i)
      for (std::ptrdiff_t j = 0; j < columns.size(); ++j)
        if (const double v = x(i, j); !std::isnan(v)) {
          const Place& place = places[static_cast<std::size_t>(j)];
          see(columns[j], v * place.factor - place.origin);
        }
  };
  each([](Column& c, double v) {
    c.count += 1;
    c.mean += v;
    c.least = std::min(c.least, v);
    c.greatest = std::max(c.greatest, v);
  });
  for (std::ptrdiff_t j = 0; j < columns.size(); ++j) columns[j].mean /= std::max(columns[j].count, 1.0);
  each([](Column& c, double v) { c.squares += (v - c.mean) * (v - c.mean); });
  return columns;
}

/// Chan, Golub & LeVeque 1979.
Columns merge(Columns a, const Columns& b) {
  for (std::ptrdiff_t j = 0; j < a.size(); ++j) {
    Column& c = a[j];
    const Column& other = b[j];
    if (other.count == 0) continue;
    const double total = c.count + other.count, delta = other.mean - c.mean;
    c.squares += other.squares + delta * delta * (c.count * other.count / total);
    c.mean += delta * (other.count / total);
    c.count = total;
    c.least = std::min(c.least, other.least);
    c.greatest = std::max(c.greatest, other.greatest);
  }
  return a;
}

Columns columns_of(View<const double, 2> x, const Places& places, bool parallel) {
  const std::ptrdiff_t n = x.extent(0), p = x.extent(1);
  const std::ptrdiff_t grain = std::max<std::ptrdiff_t>(kGrain / p, (n + 4095) / 4096);
  return parallel_reduce<Columns>(
      n, {grain, parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        const std::ptrdiff_t step = std::max<std::ptrdiff_t>(kGrain / p, 1);
        Columns total = columns_of(x, begin, std::min(end, begin + step), places);
        for (std::ptrdiff_t row = begin + step; row < end; row += step)
          total = merge(std::move(total), columns_of(x, row, std::min(end, row + step), places));
        return total;
      },
      merge);
}

/// The first number of each column is its origin.
Places places_of(View<const double, 2> x, const std::vector<double>& factors) {
  Places places(factors.size());
  for (std::ptrdiff_t j = 0; j < x.extent(1); ++j) {
    Place& place = places[static_cast<std::size_t>(j)];
    place.factor = factors[static_cast<std::size_t>(j)];
    for (std::ptrdiff_t i = 0; i < std::min(x.extent(0), kOriginRows); ++i)
      if (std::isfinite(x(i, j))) {
        place.origin = x(i, j) * place.factor;
        break;
      }
  }
  return places;
}

/// Whether the squares of a column say what they should.
bool in_range(const Column& c) {
  return c.least == c.greatest || c.count == 0 || (c.squares >= 1e-280 && std::isfinite(c.squares));
}

void refuse_infinity(const Columns& columns) {
  for (std::ptrdiff_t j = 0; j < columns.size(); ++j) {
    if (columns[j].count == 0)
      throw Error(Errc::invalid_argument, "fit_standardizer: column " + std::to_string(j) + " has no numbers");
    if (std::isinf(columns[j].least) || std::isinf(columns[j].greatest))
      throw Error(Errc::invalid_argument, "fit_standardizer: column " + std::to_string(j) + " has an infinity");
  }
}

void check_model(View<const double, 2> x, const Standardizer& model, const char* what) {
  detail::check_columns(x.extent(1), static_cast<std::ptrdiff_t>(model.mean.size()), what);
}

/// f(number, mean, scale) of each.
template <class F>
Tensor<double, 2> changed(const Standardizer& model, View<const double, 2> x, bool parallel, F f) {
  Tensor<double, 2> result(x.extents());
  const std::ptrdiff_t p = x.extent(1);
  parallel_for(x.extent(0), {std::max<std::ptrdiff_t>(kGrain / std::max<std::ptrdiff_t>(p, 1), 1), parallel},
               [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
                 for (std::ptrdiff_t i = begin; i < end; ++i)
                   for (std::ptrdiff_t j = 0; j < p; ++j)
                     result(i, j) =
                         f(x(i, j), model.mean[static_cast<std::size_t>(j)], model.scale[static_cast<std::size_t>(j)]);
               });
  return result;
}

}  // namespace

Standardizer fit_standardizer(View<const double, 2> x, const ComputeOptions& options) {
  detail::check_table(x, "fit_standardizer");
  const auto p = static_cast<std::size_t>(x.extent(1));
  Places places = places_of(x, std::vector<double>(p, 1));
  Columns columns = columns_of(x, places, options.parallel);
  if (!std::all_of(columns.data(), columns.data() + columns.size(), in_range)) {
    places = places_of(x, detail::column_factors(x, options.parallel));
    columns = columns_of(x, places, options.parallel);
  }
  refuse_infinity(columns);
  Standardizer model{std::vector<double>(p), std::vector<double>(p, 1)};
  for (std::size_t j = 0; j < p; ++j) {
    const Column& c = columns[static_cast<std::ptrdiff_t>(j)];
    const bool constant = c.least == c.greatest;  // whose mean and squares may be rounded
    model.mean[j] = (places[j].origin + (constant ? c.least : c.mean)) / places[j].factor;
    const double deviation = std::sqrt(c.squares / c.count) / places[j].factor;
    if (!constant && deviation > 0) model.scale[j] = deviation;
  }
  return model;
}

Tensor<double, 2> transform(const Standardizer& model, View<const double, 2> x, const ComputeOptions& options) {
  check_model(x, model, "transform");
  return changed(model, x, options.parallel, [](double v, double mean, double scale) { return (v - mean) / scale; });
}

Tensor<double, 2> inverse_transform(const Standardizer& model, View<const double, 2> x, const ComputeOptions& options) {
  check_model(x, model, "inverse_transform");
  return changed(model, x, options.parallel, [](double v, double mean, double scale) { return v * scale + mean; });
}

}  // namespace lagoon::learning
