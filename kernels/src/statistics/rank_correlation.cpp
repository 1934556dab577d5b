// SPDX-License-Identifier: Apache-2.0
#include "rank_correlation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/kernels/statistics/covariance.hpp>
#include <limits>
#include <numeric>
#include <vector>

#include "polled/sort.hpp"

namespace lagoon::statistics {
namespace detail {
namespace {

using Order = Tensor<std::ptrdiff_t, 1>;

/// Calls body(begin, end) for consecutive parts of [0, n) on this thread, which looks in between whether it is to stop.
template <class F>
void in_parts(std::ptrdiff_t n, F&& body) {
  parallel_for(n, {polled::kBetweenPolls, false}, body);
}

Order order_of(const double* x, std::ptrdiff_t n) {
  Order order({n});
  in_parts(
      n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) { std::iota(order.data() + begin, order.data() + end, begin); });
  polled::sort(order.data(), n, [x](auto a, auto b) { return x[a] < x[b]; });
  return order;
}

bool any_nan(const double* x, std::ptrdiff_t n) {
  bool any = false;
  in_parts(n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    any = any || std::any_of(x + begin, x + end, [](double v) { return std::isnan(v); });
  });
  return any;
}

/// Calls body(begin, end) for each run of elements that are equal to their neighbours; same(i): to the one before.
template <class Same, class F>
void for_each_run(std::ptrdiff_t n, Same same, F body) {
  std::ptrdiff_t begin = 0;
  in_parts(n, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(from, 1); i < to; ++i) {
      if (same(i)) continue;
      body(begin, i);
      begin = i;
    }
  });
  if (n > 0) body(begin, n);
}

void rank(const double* x, std::ptrdiff_t n, double* ranks) {
  const Order order = order_of(x, n);
  for_each_run(
      n, [&](std::ptrdiff_t i) { return x[order[i]] == x[order[i - 1]]; },
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        const double shared = 0.5 * static_cast<double>(begin + end + 1);  // mean of begin + 1 ... end
        for (std::ptrdiff_t k = begin; k < end; ++k) ranks[order[k]] = shared;
      });
}

double pairs(std::ptrdiff_t n) { return 0.5 * static_cast<double>(n) * static_cast<double>(n - 1); }

/// Pairs of equal elements; `same` says whether elements i - 1 and i of a sorted sequence are equal.
template <class Same>
double tied_pairs(std::ptrdiff_t n, Same same) {
  double total = 0;
  for_each_run(n, same, [&](std::ptrdiff_t begin, std::ptrdiff_t end) { total += pairs(end - begin); });
  return total;
}

/// Sorts v and returns how many pairs stood in the wrong order.
double sort_counting(Tensor<double, 1>& v) {
  double swaps = 0;
  polled::merge_runs(v.data(), v.size(), 1, std::less<double>(),
                     [&](std::ptrdiff_t overtaken) { swaps += static_cast<double>(overtaken); });
  return swaps;
}

/// Knight 1966; `order` sorts x.
double tau_b(const double* x, const Order& order, const double* y) {
  const std::ptrdiff_t n = order.size();
  Order both = Order::copy_of(order);
  const auto equal_x = [&](std::ptrdiff_t i) { return x[both[i]] == x[both[i - 1]]; };
  for_each_run(n, equal_x, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    if (end - begin > 1) polled::sort(both.data() + begin, end - begin, [y](auto a, auto b) { return y[a] < y[b]; });
  });
  const double ties_x = tied_pairs(n, equal_x);
  const double ties_both = tied_pairs(n, [&](std::ptrdiff_t i) { return equal_x(i) && y[both[i]] == y[both[i - 1]]; });
  Tensor<double, 1> sorted({n});
  in_parts(n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) sorted[i] = y[both[i]];
  });
  const double swaps = sort_counting(sorted);
  const double ties_y = tied_pairs(n, [&](std::ptrdiff_t i) { return sorted[i] == sorted[i - 1]; });
  const double all = pairs(n);
  const double tau =
      (all - ties_x - ties_y + ties_both - 2 * swaps) / std::sqrt(all - ties_x) / std::sqrt(all - ties_y);
  return std::clamp(tau, -1.0, 1.0);  // NaN stays
}

}  // namespace

template <class T>
Tensor<double, 2> columns_of(View<const T, 2> x, NanPolicy nan) {
  Order rows({x.extent(0)});
  std::ptrdiff_t n = 0;
  in_parts(x.extent(0), [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t r = begin; r < end; ++r) {
      bool complete = true;
      for (std::ptrdiff_t k = 0; k < x.extent(1) && nan == NanPolicy::omit; ++k) complete &= !std::isnan(x(r, k));
      if (complete) rows[n++] = r;
    }
  });
  Tensor<double, 2> columns({x.extent(1), n});
  for (std::ptrdiff_t k = 0; k < x.extent(1); ++k)
    in_parts(n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) columns(k, i) = static_cast<double>(x(rows[i], k));
    });
  return columns;
}
template Tensor<double, 2> columns_of(View<const double, 2>, NanPolicy);
template Tensor<double, 2> columns_of(View<const float, 2>, NanPolicy);

Tensor<double, 2> ranks_of_rows(View<const double, 2> series, bool parallel) {
  const std::ptrdiff_t n = series.extent(1);
  Tensor<double, 2> result({series.extent(0), n});
  parallel_for(series.extent(0), {1, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t k = begin; k < end; ++k) {
      double* out = result.data() + k * n;
      if (any_nan(&series(k, 0), n))
        std::fill_n(out, n, std::numeric_limits<double>::quiet_NaN());
      else
        rank(&series(k, 0), n, out);
    }
  });
  return result;
}

Tensor<double, 2> kendall(View<const double, 2> series, bool parallel) {
  const std::ptrdiff_t p = series.extent(0), n = series.extent(1);
  Tensor<double, 2> result = Tensor<double, 2>::filled({p, p}, std::numeric_limits<double>::quiet_NaN());
  std::vector<Order> orders(static_cast<std::size_t>(p));  // empty where a NaN is
  parallel_for(p, {1, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t k = begin; k < end; ++k)
      if (n > 0 && !any_nan(&series(k, 0), n)) orders[k] = order_of(&series(k, 0), n);
  });
  parallel_for(p * p, {1, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t pair = begin; pair < end; ++pair) {
      const std::ptrdiff_t i = pair / p, j = pair % p;
      if (i > j || orders[i].size() == 0 || orders[j].size() == 0) continue;
      const double* x = &series(i, 0);
      if (i != j)
        result(i, j) = result(j, i) = tau_b(x, orders[i], &series(j, 0));
      else if (x[orders[i][0]] != x[orders[i][n - 1]])
        result(i, i) = 1;
    }
  });
  return result;
}

}  // namespace detail

Tensor<double, 1> ranks(View<const double, 1> x) {
  const Tensor<double, 1> copy = Tensor<double, 1>::copy_of(x);
  Tensor<double, 1> result({x.size()});
  detail::rank(copy.data(), x.size(), result.data());
  return result;
}

}  // namespace lagoon::statistics
