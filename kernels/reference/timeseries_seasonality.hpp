// SPDX-License-Identifier: Apache-2.0
#pragma once

// Decompositions as the paper writes them, point by point and window by window. The oracle of the tests; never fast.
// A NaN is an observation without weight; a window of which much is NaN is not believed.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace lagoon::reference {

struct Smoother {
  int window = 7, degree = 1, jump = 1;
};

/// Loess of y at a point (from 0 on; may lie outside) in the window of `count` points from `first` on.
inline double loess_at(const std::vector<double>& y, const std::vector<double>& weights, const Smoother& s, int point,
                       int first, int count) {
  const int n = static_cast<int>(y.size());
  int reach = std::max(point - first, first + count - 1 - point);
  if (s.window > n) reach += (s.window - n) / 2;
  const long double h = reach;
  std::vector<long double> w(static_cast<std::size_t>(count));
  long double sum = 0;
  for (int k = 0; k < count; ++k) {
    const long double r = std::abs(first + k - point);
    if (std::isnan(y[first + k]) || r > 0.999L * h) continue;
    const long double v = 1 - (r / h) * (r / h) * (r / h);
    w[k] = weights[first + k] * (r <= 0.001L * h ? 1 : v * v * v);
    sum += w[k];
  }
  if (sum <= 0) return std::numeric_limits<double>::quiet_NaN();
  long double centre = 0, variance = 0, value = 0;
  for (int k = 0; k < count; ++k) centre += w[k] / sum * (first + k);
  for (int k = 0; k < count; ++k) variance += w[k] / sum * (first + k - centre) * (first + k - centre);
  const bool line = s.degree > 0 && std::sqrt(variance) > 0.001L * (n - 1);
  for (int k = 0; k < count; ++k) {
    if (w[k] == 0) continue;
    const long double slope = line ? (point - centre) * (first + k - centre) / variance : 0;
    value += w[k] / sum * (1 + slope) * y[first + k];
  }
  return static_cast<double>(value);
}

inline int window_begin(int n, const Smoother& s, int point) {
  return s.window >= n ? 0 : std::clamp(point - (s.window - 1) / 2, 0, n - s.window);
}

/// Whether half the usual share of a window is there, by tricube weight.
inline bool believed(const std::vector<double>& y, const Smoother& s, int point, int first, int count) {
  std::vector<double> present;
  double all = 0;
  for (double v : y) {
    present.push_back(std::isnan(v) ? 0 : 1);
    all += present.back();
  }
  if (all == static_cast<double>(y.size())) return true;
  const std::vector<double> ones(y.size(), 1);
  return loess_at(present, ones, {s.window, 0, 1}, point, first, count) >=
         (0.5 - 1e-9) * all / static_cast<double>(y.size());
}

inline std::vector<double> loess(const std::vector<double>& y, const std::vector<double>& weights, const Smoother& s) {
  const int n = static_cast<int>(y.size()), jump = std::min(s.jump, n - 1), count = std::min(s.window, n);
  std::vector<double> out(y.size());
  std::vector<int> knots, known;  // computed; believed
  const auto compute = [&](int i, int first) {
    out[i] = loess_at(y, weights, s, i, first, count);
    if (std::isnan(out[i])) out[i] = y[i];
    if (!std::isnan(out[i]) && believed(y, s, i, first, count)) known.push_back(i);
  };
  for (int i = 0; i < n; i += jump) {
    knots.push_back(i);
    compute(i, window_begin(n, s, i));
  }
  if (knots.back() != n - 1) compute(n - 1, window_begin(n, s, knots.back()));
  if (known.empty()) return std::vector<double>(y.size(), std::numeric_limits<double>::quiet_NaN());
  for (int i = 0; i < n; ++i) {
    const auto after = std::lower_bound(known.begin(), known.end(), i);
    if (after != known.end() && *after == i) continue;
    if (after == known.begin()) {
      out[i] = out[known.front()];
    } else if (after == known.end()) {
      out[i] = out[known.back()];
    } else {
      const int a = after[-1], b = *after;
      out[i] = out[a] + (out[b] - out[a]) * (i - a) / (b - a);
    }
  }
  return out;
}

/// Just outside, at -1 or n; what is not believed is `nearest`.
inline double loess_beyond(const std::vector<double>& y, const std::vector<double>& weights, const Smoother& s,
                           int point, double nearest) {
  const int n = static_cast<int>(y.size()), first = window_begin(n, s, point), count = std::min(s.window, n);
  const double value = loess_at(y, weights, s, point, first, count);
  return std::isnan(value) || !believed(y, s, point, first, count) ? nearest : value;
}

inline std::vector<double> moving_average(const std::vector<double>& x, int window) {
  std::vector<double> out;
  for (std::size_t i = 0; i + window <= x.size(); ++i) {
    long double sum = 0;
    for (int k = 0; k < window; ++k) sum += x[i + k];
    out.push_back(static_cast<double>(sum / window));
  }
  return out;
}

struct StlSetting {
  int period = 12;
  Smoother seasonal, trend, low_pass;
  int inner = 5, outer = 0;
};

struct StlParts {
  std::vector<double> trend, seasonal, weights;
};

/// The smoothed phases, with one period more at either end.
inline std::vector<double> cycle_of(const std::vector<double>& y, const std::vector<double>& weights,
                                    const StlSetting& s) {
  std::vector<double> cycle(y.size() + 2 * s.period);
  for (int phase = 0; phase < s.period; ++phase) {
    std::vector<double> part, part_weights;
    for (std::size_t i = phase; i < y.size(); i += s.period) {
      part.push_back(y[i]);
      part_weights.push_back(weights[i]);
    }
    auto smooth = loess(part, part_weights, s.seasonal);
    const double before = loess_beyond(part, part_weights, s.seasonal, -1, smooth.front());
    const double after = loess_beyond(part, part_weights, s.seasonal, static_cast<int>(part.size()), smooth.back());
    smooth.insert(smooth.begin(), before);
    smooth.push_back(after);
    for (std::size_t m = 0; m < smooth.size(); ++m) cycle[m * s.period + phase] = smooth[m];
  }
  return cycle;
}

/// Bisquare weights by six times the median of what is left; all 1 where that is rounding.
inline std::vector<double> robust_weights(const std::vector<double>& x, const StlParts& parts) {
  std::vector<double> r(x.size()), sorted;
  double largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    largest = std::max(largest, std::isnan(x[i]) ? 0 : std::fabs(x[i]));
    r[i] = std::fabs(x[i] - parts.trend[i] - parts.seasonal[i]);
    if (!std::isnan(r[i])) sorted.push_back(r[i]);
  }
  std::sort(sorted.begin(), sorted.end());
  const double far = 3 * (sorted[sorted.size() / 2] + sorted[sorted.size() - sorted.size() / 2 - 1]);
  for (double& v : r) {
    if (std::isnan(v))
      v = 0;
    else if (far <= 256 * std::numeric_limits<double>::epsilon() * largest || v <= 0.001 * far)
      v = 1;
    else
      v = v <= 0.999 * far ? std::pow(1 - std::pow(v / far, 2), 2) : 0;
  }
  return r;
}

inline StlParts stl(const std::vector<double>& x, const StlSetting& s) {
  const std::size_t n = x.size();
  const std::vector<double> ones(n, 1);
  StlParts parts{std::vector<double>(n), std::vector<double>(n), ones};
  for (int outer = 0; outer <= s.outer; ++outer) {
    if (outer > 0) parts.weights = robust_weights(x, parts);
    for (int inner = 0; inner < s.inner; ++inner) {
      std::vector<double> rest(n);
      for (std::size_t i = 0; i < n; ++i) rest[i] = x[i] - parts.trend[i];
      const auto cycle = cycle_of(rest, parts.weights, s);
      const auto low =
          loess(moving_average(moving_average(moving_average(cycle, s.period), s.period), 3), ones, s.low_pass);
      for (std::size_t i = 0; i < n; ++i) {
        parts.seasonal[i] = cycle[i + s.period] - low[i];
        rest[i] = x[i] - parts.seasonal[i];
      }
      parts.trend = loess(rest, parts.weights, s.trend);
    }
  }
  return parts;
}

}  // namespace lagoon::reference
