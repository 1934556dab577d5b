// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/statistics/quantiles.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <limits>
#include <string>

#include "select.hpp"

namespace lagoon::statistics {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A quantile is (1 - weight) * x[lower] + weight * x[lower + 1], of the sorted series counted from 0.
struct Position {
  std::ptrdiff_t lower = 0;
  double weight = 0;
};

Position position(double percent, std::ptrdiff_t n, QuantileMethod method) {
  const double p = percent / 100, count = static_cast<double>(n);
  const int type = static_cast<int>(method);
  // A rank this near to a whole number is meant to be it: 0.1 * 30 is not 3 in binary.
  const double fuzz = 4 * std::numeric_limits<double>::epsilon() * std::max(1.0, p * count);
  double rank, weight;
  if (type <= 3) {
    rank = type == 3 ? count * p - 0.5 : count * p;
    const double whole = std::floor(rank + fuzz);
    const bool above = rank > whole + fuzz;
    switch (type) {
      case 1: weight = above; break;
      case 2: weight = above ? 1 : 0.5; break;
      default: weight = above || std::fmod(std::fabs(whole), 2) == 1; break;
    }
    rank = whole;
  } else {
    static constexpr std::array<std::array<double, 2>, 6> kPlotting{
        {{0, 1}, {0.5, 0.5}, {0, 0}, {1, 1}, {1.0 / 3, 1.0 / 3}, {3.0 / 8, 3.0 / 8}}};
    const auto [a, b] = kPlotting[static_cast<std::size_t>(type - 4)];
    const double exact = a + p * (count + 1 - a - b);
    rank = std::floor(exact + fuzz);
    weight = exact - rank;
    if (std::fabs(weight) < fuzz) weight = 0;
  }
  if (rank < 1) return {0, 0};
  if (rank >= count) return {n - 1, 0};
  return {static_cast<std::ptrdiff_t>(rank) - 1, weight};
}

void check(std::span<const double> percent, std::ptrdiff_t n, QuantileMethod method, const char* what) {
  if (n == 0) throw Error(Errc::invalid_argument, std::string(what) + ": the series is empty");
  for (double p : percent)
    if (!(p >= 0 && p <= 100))
      throw Error(Errc::out_of_range,
                  std::string(what) + ": percent is " + std::to_string(p) + "; 0 to 100 are allowed");
  if (method < QuantileMethod::inverted_cdf || method > QuantileMethod::normal_unbiased)
    throw Error(Errc::invalid_argument,
                std::string(what) + ": method " + std::to_string(static_cast<int>(method)) + "; 1 to 9 are known");
}

template <class T>
std::vector<double> percentiles_of(View<const T, 1> x, std::span<const double> percent, const QuantileOptions& options,
                                   const char* what) {
  check(percent, x.size(), options.method, what);
  std::vector<double> result(percent.size(), kNan);
  detail::Selection<T> selection(x, percent, options.compute.parallel);
  const std::ptrdiff_t n = selection.count();
  if (n < x.size() && options.nan == NanPolicy::fail)
    throw Error(Errc::invalid_argument, std::string(what) + ": " + std::to_string(x.size() - n) + " of " +
                                            std::to_string(x.size()) + " are NaN");
  if (n == 0 || (n < x.size() && options.nan == NanPolicy::propagate)) return result;

  const MemoryHandle memory = current_memory();
  std::pmr::vector<Position> positions(memory.get());
  std::pmr::vector<std::ptrdiff_t> ranks(memory.get());
  for (double p : percent) {
    positions.push_back(position(p, n, options.method));
    if (positions.back().weight < 1) ranks.push_back(positions.back().lower);
    if (positions.back().weight > 0) ranks.push_back(positions.back().lower + 1);
  }
  std::sort(ranks.begin(), ranks.end());
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  const std::pmr::vector<T> values = selection.at(ranks);
  const auto value = [&](std::ptrdiff_t rank) {
    const auto found = std::lower_bound(ranks.begin(), ranks.end(), rank);
    return static_cast<double>(values[static_cast<std::size_t>(found - ranks.begin())]);
  };
  for (std::size_t i = 0; i < percent.size(); ++i) {
    const auto [lower, weight] = positions[i];
    if (weight <= 0 || weight >= 1) {
      result[i] = value(weight <= 0 ? lower : lower + 1);
    } else {
      const double a = value(lower), b = value(lower + 1);
      result[i] = a == b ? a : (1 - weight) * a + weight * b;  // infinite neighbours are equal, or rule
    }
  }
  return result;
}

}  // namespace

std::vector<double> percentiles(View<const double, 1> x, std::span<const double> percent,
                                const QuantileOptions& options) {
  return percentiles_of<double>(x, percent, options, "percentiles");
}
std::vector<double> percentiles(View<const float, 1> x, std::span<const double> percent,
                                const QuantileOptions& options) {
  return percentiles_of<float>(x, percent, options, "percentiles");
}
double median(View<const double, 1> x, const QuantileOptions& options) {
  return percentiles_of<double>(x, std::array{50.0}, options, "median")[0];
}
double median(View<const float, 1> x, const QuantileOptions& options) {
  return percentiles_of<float>(x, std::array{50.0}, options, "median")[0];
}

}  // namespace lagoon::statistics
