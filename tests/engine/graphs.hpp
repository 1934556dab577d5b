// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/graph.hpp>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <vector>

#include "threads.hpp"

// Graphs, and what their nodes are made of, that several tests use.
namespace lagoon::test {

using Numbers = std::vector<double>;

inline double mean(const Numbers& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}
inline double peak(const Numbers& x) { return *std::max_element(x.begin(), x.end()); }

inline Graph<Numbers, double> peak_to_mean() {
  Graph<Numbers, double> g;
  auto m = g.add("mean", mean, g.input());
  auto p = g.add("peak", peak, g.input());
  g.output(g.add(
      "ratio", [](double m, double p) { return p / m; }, m, p));
  return g;
}

/// Whether both of its nodes were there at the same time.
inline Graph<int, bool> two_that_meet(Meeting& meeting) {
  Graph<int, bool> g;
  auto meet = [&meeting](int) { return meeting.arrive_and_wait(); };
  auto a = g.add("a", meet, g.input());
  auto b = g.add("b", meet, g.input());
  g.output(g.add(
      "both", [](bool x, bool y) { return x && y; }, a, b));
  return g;
}

/// About a microsecond: with four of them a graph no longer counts as light and is shared out.
inline void work() {
  volatile int x = 0;
  for (int k = 0; k < 1000; ++k) x = x + 1;
}

/// A node that counts how many of its kind live.
struct Counted {
  static inline std::atomic<int> alive{0};
  int value;
  explicit Counted(int v) : value(v) { ++alive; }
  Counted(Counted&& o) noexcept : value(o.value) { ++alive; }
  Counted(const Counted&) = delete;
  ~Counted() { --alive; }
};

}  // namespace lagoon::test
