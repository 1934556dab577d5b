// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/norms.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/matrix/solve.hpp>
#include <lagoon/kernels/matrix/svd.hpp>
#include <limits>
#include <numeric>

#include "scratch.hpp"

namespace lagoon::matrix {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::ptrdiff_t kGrain = 64 * 1024;  // elements per task

double larger(double p, double q) { return std::isnan(p) ? p : std::isnan(q) ? q : std::max(p, q); }

std::ptrdiff_t lines_per_task(std::ptrdiff_t length) {
  return std::max<std::ptrdiff_t>(1, kGrain / std::max<std::ptrdiff_t>(length, 1));
}

/// The sum of what f makes of a line's numbers. Side by side: one sum would wait for the one before.
template <class T, class F>
double sum_along(const T* line, std::ptrdiff_t n, std::ptrdiff_t stride, F f) {
  constexpr std::ptrdiff_t kLanes = 8;
  double sums[kLanes] = {};
  std::ptrdiff_t j = 0;
  if (stride == 1)
    for (; j + kLanes <= n; j += kLanes)
      for (std::ptrdiff_t lane = 0; lane < kLanes; ++lane) sums[lane] += f(static_cast<double>(line[j + lane]));
  for (; j < n; ++j) sums[0] += f(static_cast<double>(line[j * stride]));
  return std::accumulate(sums, sums + kLanes, 0.0);
}

/// The largest sum of magnitudes of a row, of rows whose numbers lie together.
template <class T>
double largest_sum_along(View<const T, 2> a, bool parallel) {
  const auto block_of = [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    double most = 0;
    for (std::ptrdiff_t i = begin; i < end; ++i)
      most = larger(most, sum_along(&a(i, 0), a.extent(1), a.stride(1), [](double v) { return std::abs(v); }));
    return most;
  };
  return parallel_reduce<double>(a.extent(0), {lines_per_task(a.extent(1)), parallel}, block_of, larger);
}

/// The same where columns lie together: the sums of some rows at a time grow column by column.
template <class T>
double largest_sum_across(View<const T, 2> a, bool parallel) {
  constexpr std::ptrdiff_t kRows = 512, kColumnsBetweenLooks = 16;
  const auto block_of = [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    double sums[kRows] = {};
    for (std::ptrdiff_t j = 0; j < a.extent(1); ++j) {
      if (j % kColumnsBetweenLooks == 0) throw_if_stopped();
      const T* const column = &a(begin, j);
      if (a.stride(0) == 1)
        for (std::ptrdiff_t i = 0; i < end - begin; ++i) sums[i] += std::abs(static_cast<double>(column[i]));
      else
        for (std::ptrdiff_t i = 0; i < end - begin; ++i)
          sums[i] += std::abs(static_cast<double>(column[i * a.stride(0)]));
    }
    return std::accumulate(sums, sums + (end - begin), 0.0, larger);
  };
  return parallel_reduce<double>(a.extent(0), {kRows, parallel}, block_of, larger);
}

template <class T>
double largest_row_sum(View<const T, 2> a, bool parallel) {
  return std::abs(a.stride(0)) < std::abs(a.stride(1)) ? largest_sum_across(a, parallel)
                                                       : largest_sum_along(a, parallel);
}

template <class T>
double frobenius(View<const T, 2> a, bool parallel) {
  const double most = static_cast<double>(detail::largest(a, parallel));
  if (most == 0 || !std::isfinite(most)) return most;
  // Squares of numbers about 1 at most; a power of two makes no rounding of its own.
  const int exponent = std::ilogb(most);
  const double half = std::ldexp(1.0, -exponent / 2), rest = std::ldexp(1.0, -exponent - -exponent / 2);
  if (std::abs(a.stride(0)) < std::abs(a.stride(1))) a = a.transposed();
  const double sum = parallel_reduce<double>(
      a.extent(0), {lines_per_task(a.extent(1)), parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        double total = 0;
        for (std::ptrdiff_t i = begin; i < end; ++i)
          total += sum_along(&a(i, 0), a.extent(1), a.stride(1), [&](double x) {
            const double v = x * half * rest;
            return v * v;
          });
        return total;
      },
      [](double p, double q) { return p + q; });
  return std::sqrt(sum) / half / rest;
}

template <class T>
double norm_of(View<const T, 2> a, Norm kind, const ComputeOptions& options) {
  if (a.empty()) return 0;
  switch (kind) {
    case Norm::one: return largest_row_sum(a.transposed(), options.parallel);
    case Norm::infinity: return largest_row_sum(a, options.parallel);
    case Norm::frobenius: return frobenius(a, options.parallel);
    case Norm::two: return static_cast<double>(singular_values(a, options)[0]);
    case Norm::largest: return static_cast<double>(detail::largest(a, options.parallel));
  }
  throw Error(Errc::invalid_argument, "norm: kind " + std::to_string(static_cast<int>(kind)) + " is not known");
}

template <class T>
double condition_of(View<const T, 2> a, Norm kind, const ComputeOptions& options) {
  if (kind == Norm::largest) throw Error(Errc::invalid_argument, "condition: Norm::largest is no norm of an operator");
  if (kind == Norm::two) {
    if (a.empty()) return 0;
    const auto values = singular_values(a, options);
    const auto most = static_cast<double>(values[0]), least = static_cast<double>(values[values.size() - 1]);
    return least == 0 ? kInfinity : most / least;
  }
  detail::check_square(a, "condition");
  if (a.empty()) return 0;
  const auto s = inverse(a, options);
  if (s.singular) return kInfinity;
  if (std::isnan(s.rcond)) return kNan;
  const double size = norm_of(a, kind, options), size_of_inverse = norm_of(s.x.view(), kind, options);
  return size * size_of_inverse;
}

}  // namespace

#define LAGOON_NORM(T)                                                                                            \
  double norm(View<const T, 2> a, Norm kind, const ComputeOptions& options) { return norm_of(a, kind, options); } \
  double condition(View<const T, 2> a, Norm kind, const ComputeOptions& options) {                                \
    return condition_of(a, kind, options);                                                                        \
  }
LAGOON_NORM(double)
LAGOON_NORM(float)

}  // namespace lagoon::matrix
