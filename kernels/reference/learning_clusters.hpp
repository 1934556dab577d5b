// SPDX-License-Identifier: Apache-2.0
#pragma once

// Clustering as the textbook writes it: plain loops over all pairs, one thread. The oracle of the tests; never the
// fastest, easy to believe.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace lagoon::reference {

using Rows = std::vector<std::vector<double>>;

inline double squared_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

struct Lloyd {
  Rows centres;
  std::vector<std::int64_t> labels;  ///< nearest centre, the first of equals
  long double inertia = 0;
};

inline Lloyd nearest_centres(const Rows& x, Rows centres) {
  Lloyd result;
  for (const auto& row : x) {
    std::size_t best = 0;
    for (std::size_t k = 1; k < centres.size(); ++k)
      if (squared_distance(row, centres[k]) < squared_distance(row, centres[best])) best = k;
    result.labels.push_back(static_cast<std::int64_t>(best));
    result.inertia += squared_distance(row, centres[best]);
  }
  result.centres = std::move(centres);
  return result;
}

/// So many iterations; no cluster may lose all rows.
inline Lloyd lloyd(const Rows& x, Rows centres, int iterations) {
  for (; iterations > 0; --iterations) {
    const Lloyd now = nearest_centres(x, centres);
    for (std::size_t k = 0; k < centres.size(); ++k)
      for (std::size_t j = 0; j < x[0].size(); ++j) {
        long double sum = 0, count = 0;
        for (std::size_t i = 0; i < x.size(); ++i)
          if (now.labels[i] == static_cast<std::int64_t>(k)) sum += x[i][j], ++count;
        centres[k][j] = static_cast<double>(sum / count);
      }
  }
  return nearest_centres(x, centres);
}

struct Density {
  std::vector<std::int64_t> labels;
  std::vector<bool> core;
};

/// DBSCAN: each cluster grows from its first core row; a row on a border stays with the first that reaches it.
inline Density dbscan(const Rows& x, double radius, std::int64_t enough) {
  const std::size_t n = x.size();
  const auto near = [&](std::size_t i, std::size_t k) { return squared_distance(x[i], x[k]) <= radius * radius; };
  Density result{std::vector<std::int64_t>(n, -1), std::vector<bool>(n)};
  for (std::size_t i = 0; i < n; ++i) {
    std::int64_t count = 0;
    for (std::size_t k = 0; k < n; ++k) count += near(i, k);
    result.core[i] = count >= enough;
  }
  std::int64_t cluster = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!result.core[i] || result.labels[i] >= 0) continue;
    std::vector<std::size_t> open{i};
    result.labels[i] = cluster;
    while (!open.empty()) {
      const std::size_t from = open.back();
      open.pop_back();
      for (std::size_t k = 0; k < n; ++k) {
        if (result.labels[k] >= 0 || !near(from, k)) continue;
        result.labels[k] = cluster;
        if (result.core[k]) open.push_back(k);
      }
    }
    ++cluster;
  }
  return result;
}

enum class Between { ward, single, complete, average };

/// Distance of two clusters from its definition, over all their rows.
inline long double distance(const Rows& x, const std::vector<std::size_t>& a, const std::vector<std::size_t>& b,
                            Between between) {
  if (between == Between::ward) {
    long double sum = 0;
    for (std::size_t j = 0; j < x[0].size(); ++j) {
      long double ma = 0, mb = 0;
      for (std::size_t i : a) ma += x[i][j];
      for (std::size_t i : b) mb += x[i][j];
      const long double off = ma / static_cast<long double>(a.size()) - mb / static_cast<long double>(b.size());
      sum += off * off;
    }
    const auto na = static_cast<long double>(a.size()), nb = static_cast<long double>(b.size());
    return std::sqrt(2 * na * nb / (na + nb) * sum);
  }
  long double least = std::numeric_limits<long double>::infinity(), most = 0, sum = 0;
  for (std::size_t i : a)
    for (std::size_t k : b) {
      const long double d = std::sqrt(static_cast<long double>(squared_distance(x[i], x[k])));
      least = std::min(least, d);
      most = std::max(most, d);
      sum += d;
    }
  if (between == Between::single) return least;
  if (between == Between::complete) return most;
  return sum / static_cast<long double>(a.size() * b.size());
}

struct Agglomeration {
  std::vector<long double> heights;
  std::vector<std::vector<std::size_t>> unions;  ///< rows of the new clusters, rising
};

/// Always the nearest two of all clusters, in O(n^5).
inline Agglomeration agglomerate(const Rows& x, Between between) {
  std::vector<std::vector<std::size_t>> clusters;
  for (std::size_t i = 0; i < x.size(); ++i) clusters.push_back({i});
  Agglomeration result;
  while (clusters.size() > 1) {
    std::size_t a = 0, b = 1;
    for (std::size_t i = 0; i < clusters.size(); ++i)
      for (std::size_t k = i + 1; k < clusters.size(); ++k)
        if (distance(x, clusters[i], clusters[k], between) < distance(x, clusters[a], clusters[b], between))
          a = i, b = k;
    result.heights.push_back(distance(x, clusters[a], clusters[b], between));
    clusters[a].insert(clusters[a].end(), clusters[b].begin(), clusters[b].end());
    std::sort(clusters[a].begin(), clusters[a].end());
    result.unions.push_back(clusters[a]);
    clusters.erase(clusters.begin() + static_cast<std::ptrdiff_t>(b));
  }
  return result;
}

}  // namespace lagoon::reference
