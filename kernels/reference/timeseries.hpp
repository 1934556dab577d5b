// SPDX-License-Identifier: Apache-2.0
#pragma once

// Series in time as the textbook writes them: plain loops in long double, one thread. The oracle of the tests; never
// the fastest, easy to believe.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace lagoon::reference {

/// Of the numbers that are not NaN.
inline long double mean_of(const std::vector<double>& x) {
  long double sum = 0, count = 0;
  for (double v : x)
    if (!std::isnan(v)) sum += v, ++count;
  return sum / count;
}

/// sum over t of (x[t + k] - mean)(y[t] - mean) over the number of products and k, as R's acf.c; n is what products and
/// k make where nothing is missing. k may be negative.
inline long double cross_covariance(const std::vector<double>& x, const std::vector<double>& y, std::ptrdiff_t k) {
  if (k < 0) return cross_covariance(y, x, -k);
  const long double mx = mean_of(x), my = mean_of(y);
  const auto n = static_cast<std::ptrdiff_t>(x.size());
  long double sum = 0, products = 0;
  for (std::ptrdiff_t t = 0; t + k < n; ++t)
    if (!std::isnan(x[t + k]) && !std::isnan(y[t])) sum += (x[t + k] - mx) * (y[t] - my), ++products;
  return k < n ? sum / (products + k) : 0;
}

inline long double autocorrelation(const std::vector<double>& x, std::ptrdiff_t k) {
  return cross_covariance(x, x, k) / cross_covariance(x, x, 0);
}

/// The last weight of the equations of Yule and Walker for k >= 1 values back, by elimination.
inline long double partial_autocorrelation(const std::vector<double>& x, std::ptrdiff_t k) {
  std::vector<long double> r;
  for (std::ptrdiff_t j = 0; j <= k; ++j) r.push_back(autocorrelation(x, j));
  std::vector<std::vector<long double>> a(k, std::vector<long double>(k + 1));
  for (std::ptrdiff_t i = 0; i < k; ++i) {
    for (std::ptrdiff_t j = 0; j < k; ++j) a[i][j] = r[std::abs(i - j)];
    a[i][k] = r[i + 1];
  }
  for (std::ptrdiff_t p = 0; p < k; ++p)
    for (std::ptrdiff_t i = p + 1; i < k; ++i) {
      const long double factor = a[i][p] / a[p][p];
      for (std::ptrdiff_t j = p; j <= k; ++j) a[i][j] -= factor * a[p][j];
    }
  return a[k - 1][k] / a[k - 1][k - 1];
}

struct Line {
  long double slope = 0, intercept = 0, slope_error = 0, intercept_error = 0, r2 = 0;
};

/// Least squares through points without NaN.
inline Line line_fit(const std::vector<double>& t, const std::vector<double>& x) {
  const long double mt = mean_of(t), mx = mean_of(x);
  long double tt = 0, tx = 0, xx = 0, rest = 0;
  for (std::size_t i = 0; i < t.size(); ++i) {
    tt += (t[i] - mt) * (t[i] - mt);
    tx += (t[i] - mt) * (x[i] - mx);
    xx += (x[i] - mx) * (x[i] - mx);
  }
  Line line;
  line.slope = tx / tt;
  line.intercept = mx - line.slope * mt;
  for (std::size_t i = 0; i < t.size(); ++i) {
    const long double e = (x[i] - mx) - line.slope * (t[i] - mt);
    rest += e * e;
  }
  const auto n = static_cast<long double>(t.size());
  const long double deviation = std::sqrt(rest / (n - 2));
  line.slope_error = deviation / std::sqrt(tt);
  line.intercept_error = deviation * std::sqrt(1 / n + mt * mt / tt);
  line.r2 = 1 - rest / xx;
  return line;
}

/// Pairs that rise less pairs that fall, in O(n^2).
inline long long rising(const std::vector<double>& x) {
  long long s = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = i + 1; j < x.size(); ++j) s += (x[j] > x[i]) - (x[j] < x[i]);
  return s;
}

/// The slopes of all pairs of points of different times, sorted.
inline std::vector<double> pair_slopes(const std::vector<double>& t, const std::vector<double>& x) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < t.size(); ++i)
    for (std::size_t j = 0; j < t.size(); ++j)
      if (t[j] > t[i]) slopes.push_back((x[j] - x[i]) / (t[j] - t[i]));
  std::sort(slopes.begin(), slopes.end());
  return slopes;
}

inline double middle_of_sorted(const std::vector<double>& v) { return v[(v.size() - 1) / 2] / 2 + v[v.size() / 2] / 2; }

}  // namespace lagoon::reference
