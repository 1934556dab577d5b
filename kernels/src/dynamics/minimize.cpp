// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/minimize.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include "interactions.hpp"
#include "motion.hpp"

namespace lagoon::dynamics {
namespace {

constexpr std::ptrdiff_t kGrain = 4096;  // slots per task

// Bitzek et al.: how many good steps before it goes faster, and by how much it changes its mind.
constexpr int kPatience = 5;
constexpr double kFaster = 1.1, kSlower = 0.5, kMixing = 0.1, kLessMixing = 0.99;

struct Sums {
  double power = 0, v2 = 0, f2 = 0, largest_f = 0, largest_v = 0;
};

Sums look(const detail::Particles& p) {
  return parallel_reduce<Sums>(
      p.slots, {kGrain},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        Sums s;
        for (const auto d : {0u, 1u, 2u})
          for (std::ptrdiff_t i = begin; i < end; ++i) {
            const double v = p.v[d][i], f = p.f[d][i];
            s.power += v * f;
            s.v2 += v * v;
            s.f2 += f * f;
            s.largest_f = std::max(s.largest_f, std::abs(f));
            s.largest_v = std::max(s.largest_v, std::abs(v));
          }
        return s;
      },
      [](Sums a, Sums b) {
        return Sums{a.power + b.power, a.v2 + b.v2, a.f2 + b.f2, std::max(a.largest_f, b.largest_f),
                    std::max(a.largest_v, b.largest_v)};
      });
}

/// v = keep v + pull f, then v += time f, x += time v with no particle going farther than `most`.
void step(detail::Particles& p, double keep, double pull, double time, double most) {
  parallel_for(p.slots, {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (const auto d : {0u, 1u, 2u})
      for (std::ptrdiff_t i = begin; i < end; ++i) {
        double& v = p.v[d][i];
        v = keep * v + (pull + time) * p.f[d][i];
        p.x[d][i] += std::clamp(time * v, -most, most);
        p.f[d][i] = 0;
      }
  });
}

}  // namespace

Minimum minimize(System system, const Model& model, const MinimizeOptions& options) {
  if (!(options.force_tolerance > 0) || options.max_steps < 0 || !(options.max_move >= 0))
    throw Error(Errc::invalid_argument, "minimize: a tolerance of " + std::to_string(options.force_tolerance) + ", " +
                                            std::to_string(options.max_steps) + " steps of at most " +
                                            std::to_string(options.max_move) +
                                            "; the first is positive, none negative");
  check(system);
  check(model, system);
  const double most = options.max_move > 0 ? options.max_move : 0.01 * model.cutoff;
  system.velocities = {};
  detail::Particles p(system);
  detail::Interactions interactions(system, model, Precision::f64, 0);
  interactions.rebuild(p);
  interactions.act(p, false);
  // Particles all weigh one here, so that time is length over the root of force: the first steps go a tenth of `most`.
  Sums sums = look(p);
  Minimum result;
  double time = sums.largest_f > 0 ? std::sqrt(0.1 * most / sums.largest_f) : 0, mixing = kMixing;
  const double longest = 0.1 * std::sqrt(model.cutoff * most / std::max(1e-300, std::min(sums.largest_f, 1.0)));
  int patience = 0;
  while (sums.largest_f > options.force_tolerance && result.steps < options.max_steps) {
    throw_if_stopped();
    double keep = 0, pull = 0;
    if (sums.power > 0) {
      keep = 1 - mixing;
      pull = mixing * std::sqrt(sums.v2 / sums.f2);
      if (++patience > kPatience) {
        time = std::min(kFaster * time, longest);
        mixing *= kLessMixing;
      }
    } else if (result.steps > 0) {
      time *= kSlower;
      mixing = kMixing;
      patience = 0;
    }
    step(p, keep, pull, time, most);
    detail::reflect(p);
    interactions.refresh(p, std::sqrt(detail::moved(p, p.listed, p.listed_scale, model.cutoff).farthest2));
    interactions.act(p, false);
    sums = look(p);
    ++result.steps;
    if (!std::isfinite(sums.f2))
      throw Error(Errc::aborted, "minimize: forces are not finite in step " + std::to_string(result.steps));
  }
  for (auto& axis : p.f) std::fill_n(axis.data(), p.slots, 0.0);
  result.energies = interactions.act(p, true);
  result.largest_force = sums.largest_f;
  result.converged = sums.largest_f <= options.force_tolerance;
  system.positions = detail::positions_in_box(p);
  system.velocities = Tensor<double, 2>::zeros({p.count, 3});
  result.system = std::move(system);
  return result;
}

}  // namespace lagoon::dynamics
