// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/statistics/covariance.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "covariance_simd.hpp"
#include "rank_correlation.hpp"

namespace lagoon::statistics {
namespace detail {

template <class T>
void check_table(View<const T, 2> x, NanPolicy nan, const char* what) {
  if (x.empty())
    throw Error(Errc::invalid_argument, std::string(what) + ": the table is " + std::to_string(x.extent(0)) + "x" +
                                            std::to_string(x.extent(1)) + "; it needs a row and a column");
  if (nan != NanPolicy::fail) return;
  for (std::ptrdiff_t r = 0; r < x.extent(0); ++r) {
    if (r % 1024 == 0) throw_if_stopped();
    for (std::ptrdiff_t k = 0; k < x.extent(1); ++k)
      if (std::isnan(x(r, k)))
        throw Error(Errc::invalid_argument,
                    std::string(what) + ": row " + std::to_string(r) + ", column " + std::to_string(k) + " is NaN");
  }
}
template void check_table(View<const double, 2>, NanPolicy, const char*);
template void check_table(View<const float, 2>, NanPolicy, const char*);

}  // namespace detail

namespace {

/// Sums of products of some rows about their own means; c on and above the diagonal.
struct Products {
  double rows = 0;
  Tensor<double, 1> mean;  // less the pivot
  double* c = nullptr;     // in `Sums`
};

/// Of all parts together, one behind the other: freed one by one they would each be given back to the system, which
/// took a call that is cancelled two milliseconds.
struct Sums {
  Products total;
  Tensor<double, 1> c;
};

/// Joins to a the rows of another part, whose c has been added to a's already.
void merge(Products& a, double rows, const double* mean, std::ptrdiff_t width, double* delta) {
  const double total = a.rows + rows;
  if (a.rows > 0) {
    for (std::ptrdiff_t k = 0; k < width; ++k) delta[k] = mean[k] - a.mean[k];
    detail::covariance_kernels().add_outer(delta, a.rows * rows / total, width, a.c);
    for (std::ptrdiff_t k = 0; k < width; ++k) a.mean[k] += delta[k] * (rows / total);
  } else {
    std::copy_n(mean, width, a.mean.data());
  }
  a.rows = total;
}

/// Copies rows to a tile as panels.
template <class T>
void pack(View<const T, 2> x, std::span<const std::ptrdiff_t> rows, double* tile) {
  const std::ptrdiff_t columns = x.extent(1), n = static_cast<std::ptrdiff_t>(rows.size());
  if (x.stride(1) == 1) {
    const auto& kernels = detail::covariance_kernels();
    if constexpr (std::is_same_v<T, double>)
      return kernels.pack_doubles(x.data(), x.stride(0), rows.data(), n, columns, tile);
    else
      return kernels.pack_floats(x.data(), x.stride(0), rows.data(), n, columns, tile);
  }
  for (std::ptrdiff_t k = 0; k < columns; ++k) {  // along the columns, which lie together if the table is column-major
    const T* in = x.data() + k * x.stride(1);
    double* out = tile + k / detail::kPanel * detail::kPanel * n + k % detail::kPanel;
    for (std::ptrdiff_t r = 0; r < n; ++r) out[r * detail::kPanel] = static_cast<double>(in[rows[r] * x.stride(0)]);
  }
}

/// The rows of [begin, end), if their columns lie side by side.
template <class T>
detail::NextRows rows_ahead(View<const T, 2> x, std::ptrdiff_t begin, std::ptrdiff_t end) {
  if (x.stride(1) != 1 || begin >= end) return {};
  constexpr auto kSize = static_cast<std::ptrdiff_t>(sizeof(T));
  return {reinterpret_cast<const char*>(x.data() + begin * x.stride(0)), end - begin, x.extent(1) * kSize,
          x.stride(0) * kSize};
}

/// The rows of [begin, end) that count.
template <class T>
void choose_rows(View<const T, 2> x, std::ptrdiff_t begin, std::ptrdiff_t end, bool omit,
                 std::vector<std::ptrdiff_t>& rows) {
  rows.clear();
  for (std::ptrdiff_t r = begin; r < end; ++r) {
    bool complete = true;
    for (std::ptrdiff_t k = 0; omit && complete && k < x.extent(1); ++k) complete = !std::isnan(x(r, k));
    if (complete) rows.push_back(r);
  }
}

template <class T>
Sums products(View<const T, 2> x, NanPolicy nan, bool parallel) {
  const std::ptrdiff_t n = x.extent(0), columns = x.extent(1);
  const std::ptrdiff_t width = (columns + detail::kPanel - 1) / detail::kPanel * detail::kPanel;
  const std::ptrdiff_t tile_rows = std::clamp<std::ptrdiff_t>(4096 / width, 64, 256);  // two panels: half of L1
  // All partial results together take 64 MiB at most, or four of them.
  const std::ptrdiff_t most_parts = std::max<std::ptrdiff_t>(4, (8 << 20) / (width * width));
  const std::ptrdiff_t grain = std::max<std::ptrdiff_t>(4096, (n + most_parts - 1) / most_parts);
  const auto& kernels = detail::covariance_kernels();
  // Means are kept as distances from one row: exact where they would be rounded far from 0.
  auto pivot = Tensor<double, 1>::zeros({width});
  for (std::ptrdiff_t k = 0; k < columns; ++k)
    if (const auto value = static_cast<double>(x(0, k)); std::isfinite(value)) pivot[k] = value;
  Sums sums{{}, Tensor<double, 1>({(n + grain - 1) / grain * width * width})};
  sums.total = parallel_reduce<Products>(
      n, {grain, parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        const auto zeros = [](std::ptrdiff_t n) { return Tensor<double, 1>::zeros({n}); };
        Products part{0, zeros(width), sums.c.data() + begin / grain * width * width};
        std::fill_n(part.c, width * width, 0.0);
        Tensor<double, 1> tile = zeros(tile_rows * width), mean = zeros(width), delta = zeros(width);
        std::vector<std::ptrdiff_t> rows;
        std::ptrdiff_t laid_out = tile_rows;
        for (std::ptrdiff_t r = begin; r < end; r += tile_rows) {
          throw_if_stopped();
          choose_rows(x, r, std::min(end, r + tile_rows), nan == NanPolicy::omit, rows);
          const auto count = static_cast<std::ptrdiff_t>(rows.size());
          if (count == 0) continue;
          if (count != laid_out) std::fill_n(tile.data(), tile.size(), 0.0);  // panels move, so do the zeros
          laid_out = count;
          pack(x, rows, tile.data());
          kernels.accumulate(tile.data(), count, width, pivot.data(), mean.data(), part.c,
                             rows_ahead(x, r + tile_rows, std::min(end, r + 2 * tile_rows)));
          merge(part, static_cast<double>(count), mean.data(), width, delta.data());
        }
        return part;
      },
      [&](Products a, const Products& b) {
        if (b.rows == 0) return a;
        Tensor<double, 1> delta({width});
        for (std::ptrdiff_t k = 0; k < width * width; ++k) a.c[k] += b.c[k];
        merge(a, b.rows, b.mean.data(), width, delta.data());
        return a;
      });
  for (std::ptrdiff_t k = 0; k < width; ++k) sums.total.mean[k] += pivot[k];
  return sums;
}

template <class T>
Tensor<double, 2> covariance_of(View<const T, 2> x, const CovarianceOptions& options) {
  detail::check_table(x, options.nan, "covariance");
  const Sums sums = products(x, options.nan, options.compute.parallel);
  const Products& total = sums.total;
  const std::ptrdiff_t p = x.extent(1), width = total.mean.size();
  const double divisor =
      total.rows > options.ddof ? total.rows - options.ddof : std::numeric_limits<double>::quiet_NaN();
  Tensor<double, 2> result({p, p});
  for (std::ptrdiff_t i = 0; i < p; ++i)
    for (std::ptrdiff_t j = i; j < p; ++j) result(i, j) = result(j, i) = total.c[i * width + j] / divisor;
  return result;
}

template <class T>
Tensor<double, 2> pearson(View<const T, 2> x, NanPolicy nan, bool parallel) {
  const Sums sums = products(x, nan, parallel);
  const Products& total = sums.total;
  const std::ptrdiff_t p = x.extent(1), width = total.mean.size();
  Tensor<double, 1> deviation({p});  // NaN for a constant
  for (std::ptrdiff_t i = 0; i < p; ++i) {
    const double c = total.c[i * width + i];
    const double rounding = 2 * std::numeric_limits<double>::epsilon() * total.mean[i];
    deviation[i] = c > total.rows * rounding * rounding ? std::sqrt(c) : std::numeric_limits<double>::quiet_NaN();
  }
  Tensor<double, 2> result({p, p});
  for (std::ptrdiff_t i = 0; i < p; ++i)
    for (std::ptrdiff_t j = i; j < p; ++j) {
      const double r = total.c[i * width + j] / deviation[i] / deviation[j];
      result(i, j) = result(j, i) = i == j && !std::isnan(r) ? 1 : r > 1 ? 1 : r < -1 ? -1 : r;
    }
  return result;
}

template <class T>
Tensor<double, 2> correlation_of(View<const T, 2> x, const CorrelationOptions& options) {
  detail::check_table(x, options.nan, "correlation");
  const bool parallel = options.compute.parallel;
  if (options.method == Correlation::pearson) return pearson(x, options.nan, parallel);
  const Tensor<double, 2> columns = detail::columns_of(x, options.nan);
  if (options.method == Correlation::kendall) return detail::kendall(columns, parallel);
  if (columns.extent(1) == 0) return Tensor<double, 2>::filled({x.extent(1), x.extent(1)}, std::nan(""));
  const Tensor<double, 2> ranked = detail::ranks_of_rows(columns, parallel);
  return pearson(ranked.view().transposed(), NanPolicy::propagate, parallel);
}

}  // namespace

Tensor<double, 2> covariance(View<const double, 2> x, const CovarianceOptions& options) {
  return covariance_of(x, options);
}
Tensor<double, 2> covariance(View<const float, 2> x, const CovarianceOptions& options) {
  return covariance_of(x, options);
}
Tensor<double, 2> correlation(View<const double, 2> x, const CorrelationOptions& options) {
  return correlation_of(x, options);
}
Tensor<double, 2> correlation(View<const float, 2> x, const CorrelationOptions& options) {
  return correlation_of(x, options);
}

}  // namespace lagoon::statistics
