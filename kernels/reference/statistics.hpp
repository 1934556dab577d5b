// SPDX-License-Identifier: Apache-2.0
#pragma once

// Statistics as the textbook writes them: plain loops in long double, one thread. The oracle of the tests and the
// floor of the benchmarks; never the fastest, easy to believe.

#include <algorithm>
#include <cmath>
#include <vector>

namespace lagoon::reference {

struct Moments {
  long double mean = 0, variance = 0, skewness = 0, kurtosis = 0;
};

/// Two passes; x has no NaN.
inline Moments moments(const std::vector<double>& x, long double ddof = 1) {
  Moments m;
  const auto n = static_cast<long double>(x.size());
  for (double v : x) m.mean += v;
  m.mean /= n;
  long double m2 = 0, m3 = 0, m4 = 0;
  for (double v : x) {
    const long double d = v - m.mean;
    m2 += d * d;
    m3 += d * d * d;
    m4 += d * d * d * d;
  }
  m.variance = m2 / (n - ddof);
  m.skewness = (m3 / n) / std::pow(m2 / n, 1.5L);
  m.kurtosis = (m4 / n) / ((m2 / n) * (m2 / n)) - 3;
  return m;
}

/// Hyndman & Fan's definition 7, by sorting.
inline long double percentile(std::vector<double> x, double percent) {
  std::sort(x.begin(), x.end());
  const long double rank = static_cast<long double>(percent) / 100 * static_cast<long double>(x.size() - 1);
  const auto lower = static_cast<std::size_t>(rank);
  if (lower + 1 >= x.size()) return x.back();
  const long double weight = rank - static_cast<long double>(lower);
  return (1 - weight) * x[lower] + weight * x[lower + 1];
}

inline long double covariance(const std::vector<double>& x, const std::vector<double>& y, long double ddof = 1) {
  const long double mx = moments(x).mean, my = moments(y).mean;
  long double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - mx) * (y[i] - my);
  return sum / (static_cast<long double>(x.size()) - ddof);
}

inline long double pearson(const std::vector<double>& x, const std::vector<double>& y) {
  return covariance(x, y) / std::sqrt(covariance(x, x) * covariance(y, y));
}

/// Ranks by counting, in O(n^2).
inline std::vector<double> ranks(const std::vector<double>& x) {
  std::vector<double> r;
  for (double v : x) {
    const auto below = std::count_if(x.begin(), x.end(), [v](double w) { return w < v; });
    const auto equal = std::count(x.begin(), x.end(), v);
    r.push_back(static_cast<double>(below) + 0.5 * static_cast<double>(equal + 1));
  }
  return r;
}

/// Kendall's tau-b over all pairs, in O(n^2).
inline long double kendall(const std::vector<double>& x, const std::vector<double>& y) {
  const auto sign = [](double a, double b) { return (a > b) - (a < b); };
  long double both = 0, only_x = 0, only_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const int u = sign(x[i], x[j]), v = sign(y[i], y[j]);
      both += u * v;
      only_x += u * u;
      only_y += v * v;
    }
  return both / std::sqrt(only_x * only_y);
}

}  // namespace lagoon::reference
