// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <numbers>
#include <random>
#include <string>
#include <vector>

// Series in which nothing happens, each in its own way.
namespace lagoon::streaming {

struct CalmSeries {
  std::string name;
  std::function<double()> next;
};

inline std::vector<CalmSeries> calm_series(unsigned seed) {
  struct State {
    std::mt19937_64 random;
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    double level = 0;
    std::size_t n = 0;
    double draw() { return normal(random); }
    bool chance(double p) { return uniform(random) < p; }
  };
  std::vector<CalmSeries> all;
  const auto add = [&](const char* name, auto f) {
    const auto state = std::make_shared<State>();
    state->random.seed(seed + static_cast<unsigned>(all.size()));
    all.push_back({name, [state, f] {
                     ++state->n;
                     return f(*state);
                   }});
  };
  add("white", [](State& s) { return s.draw(); });
  add("autoregressive", [](State& s) { return s.level = 0.9 * s.level + s.draw(); });
  add("nearly a walk", [](State& s) { return s.level = 0.99 * s.level + s.draw(); });
  add("random walk", [](State& s) { return s.level += s.draw(); });
  add("seasonal",
      [](State& s) { return 10 * std::sin(2 * std::numbers::pi * static_cast<double>(s.n) / 288) + s.draw(); });
  add("heavy tails", [](State& s) { return std::student_t_distribution<double>(3)(s.random); });
  add("lognormal", [](State& s) { return std::exp(s.draw()); });
  add("counts", [](State& s) { return static_cast<double>(std::poisson_distribution<int>(0.7)(s.random)); });
  add("rare ones", [](State& s) { return s.chance(0.003) ? 1.0 : 0.0; });
  add("regular spikes", [](State& s) { return (s.n % 50 == 0 ? 30 : 0) + s.draw(); });
  add("random spikes", [](State& s) { return (s.chance(0.01) ? 30 + 10 * s.uniform(s.random) : 0) + s.draw(); });
  add("steps", [](State& s) {
    if (s.chance(0.01)) s.level = 10 * s.uniform(s.random);
    return s.level + 0.3 * s.draw();
  });
  return all;
}

}  // namespace lagoon::streaming
