// SPDX-License-Identifier: Apache-2.0
#include "motion.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>

#include "motion_simd.hpp"
#include "random.hpp"

namespace lagoon::dynamics::detail {
namespace {

constexpr std::ptrdiff_t kGrain = 4096;      // slots per task, whose sums are added up
constexpr std::ptrdiff_t kFineGrain = 1024;  // where no sum depends on it

double gone2(const Particles& p, const Axes& from, double scale, std::ptrdiff_t i) {
  double r2 = 0;
  for (std::size_t d = 0; d < 3; ++d) {
    const double gone = p.x[d][i] - scale * from[d][i];
    r2 += gone * gone;
  }
  return r2;
}

}  // namespace

MotionView motion_view(Particles& p) {
  MotionView m{};
  for (std::size_t d = 0; d < 3; ++d) {
    m.x[d] = p.x[d].data();
    m.v[d] = p.v[d].data();
    m.f[d] = p.f[d].data();
    m.listed[d] = p.listed[d].data();
  }
  m.inverse_mass = p.inverse_mass.data();
  m.listed_scale = p.listed_scale;
  return m;
}

Moved move(const MotionView& m, std::ptrdiff_t begin, std::ptrdiff_t end, const Leap& leap) {
  Moved moved;
  const auto run = m.x32[0] ? motion_kernels().move_rounded : motion_kernels().move;
  moved.farthest2 = run(m, begin, end, leap.kick, leap.kicks, leap.drift, leap.limit * leap.limit, &moved.lost);
  return moved;
}

Moved move(Particles& p, const Leap& leap) {
  const MotionView m = motion_view(p);
  return parallel_reduce<Moved>(
      p.slots, {kFineGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) { return move(m, begin, end, leap); },
      farther);
}

void kick(Particles& p, double by) {
  const MotionView m = motion_view(p);
  parallel_for(p.slots, {kFineGrain},
               [&](std::ptrdiff_t begin, std::ptrdiff_t end) { motion_kernels().kick(m, begin, end, by); });
}

void reflect(Particles& p) {
  for (std::size_t d = 0; d < 3; ++d) {
    if (p.box.boundary[d] != Boundary::reflecting) continue;
    const double length = p.box.length[d];
    parallel_for(p.slots, {kGrain}, [&, d](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) {
        double& x = p.x[d][i];
        if (p.id[i] < 0 || (x >= 0 && x <= length)) continue;
        x = x < 0 ? -x : 2 * length - x;
        p.v[d][i] = -p.v[d][i];
      }
    });
  }
}

double drift_with_noise(Particles& p, double drift, double keep, double noise, double kt, std::uint64_t seed,
                        std::uint64_t step) {
  return parallel_reduce<double>(
      p.slots, {kGrain},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        double put_in = 0;
        for (std::ptrdiff_t i = begin; i < end; ++i) {
          if (p.id[i] < 0) continue;
          const auto xi = normal(seed, Purpose::langevin, step, static_cast<std::uint32_t>(p.id[i]));
          const double width = noise * std::sqrt(kt * p.inverse_mass[i]);
          double before = 0, after = 0;
          for (std::size_t d = 0; d < 3; ++d) {
            const double v = p.v[d][i], next = keep * v + width * xi[d];
            before += v * v;
            after += next * next;
            p.x[d][i] += drift * v;
            p.x[d][i] += drift * next;
            p.v[d][i] = next;
          }
          put_in += 0.5 * (after - before) / p.inverse_mass[i];
        }
        return put_in;
      },
      [](double a, double b) { return a + b; });
}

Moved moved(const Particles& p, const Axes& from, double scale, double limit) {
  return parallel_reduce<Moved>(
      p.slots, {kFineGrain},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        Moved all;
        for (std::ptrdiff_t i = begin; i < end; ++i) {
          if (p.id[i] < 0) continue;
          const double r2 = gone2(p, from, scale, i);
          all = farther(all, {r2, !(r2 < limit * limit)});
        }
        return all;
      },
      farther);
}

void scale_velocities(Particles& p, double factor) {
  parallel_for(p.slots, {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (auto& axis : p.v)
      for (std::ptrdiff_t i = begin; i < end; ++i) axis[i] *= factor;
  });
}

void scale_box(Particles& p, double factor) {
  for (double& length : p.box.length) length *= factor;
  p.listed_scale *= factor;
  p.built_scale *= factor;
  parallel_for(p.slots, {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (auto& axis : p.x)
      for (std::ptrdiff_t i = begin; i < end; ++i) axis[i] *= factor;
  });
}

double kinetic_energy(const Particles& p) {
  return 0.5 * parallel_reduce<double>(
                   p.slots, {kGrain},
                   [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
                     double sum = 0;
                     for (std::ptrdiff_t i = begin; i < end; ++i) {
                       if (p.id[i] < 0) continue;
                       const double v2 = p.v[0][i] * p.v[0][i] + p.v[1][i] * p.v[1][i] + p.v[2][i] * p.v[2][i];
                       sum += v2 / p.inverse_mass[i];
                     }
                     return sum;
                   },
                   [](double a, double b) { return a + b; });
}

std::int64_t find_lost(const Particles& p, double limit) {
  std::int64_t lost = -1;
  for (std::ptrdiff_t i = 0; i < p.slots; ++i)
    if (p.id[i] >= 0 && !(gone2(p, p.listed, p.listed_scale, i) < limit * limit) && (lost < 0 || p.id[i] < lost))
      lost = p.id[i];
  return lost;
}

}  // namespace lagoon::dynamics::detail
