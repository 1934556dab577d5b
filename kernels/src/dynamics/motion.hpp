// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <lagoon/kernels/dynamics/system.hpp>

#include "motion_simd.hpp"
#include "particles.hpp"

// What moves particles, a pass over memory each.
namespace lagoon::dynamics::detail {

/// How far particles went since lists were pruned.
struct Moved {
  double farthest2 = 0;  ///< squared
  bool lost = false;     ///< somebody is not where a number can say, or farther than `limit`
};

/// Of two parts.
inline Moved farther(Moved a, Moved b) noexcept { return {std::max(a.farthest2, b.farthest2), a.lost || b.lost}; }

/// v += kick f / m, `kicks` times; x += drift v; f = 0. Kicks that end one step and begin the next are one pass over
/// memory, and two additions, so that it does not matter where a caller stops to look.
struct Leap {
  double kick = 0;
  int kicks = 1;
  double drift = 0;
  double limit = 0;  ///< what is too far
};
Moved move(Particles& p, const Leap& leap);

/// The same of slots [begin, end).
Moved move(const MotionView& m, std::ptrdiff_t begin, std::ptrdiff_t end, const Leap& leap);
MotionView motion_view(Particles& p);

/// v += kick f / m
void kick(Particles& p, double kick);

/// Particles that went through a reflecting wall are put back, and turned round.
void reflect(Particles& p);

/// x += drift v; v = keep v + noise sqrt(k T / m) xi; x += drift v, with xi from seed, step and particle.
///   returns   kinetic energy put in
double drift_with_noise(Particles& p, double drift, double keep, double noise, double kt, std::uint64_t seed,
                        std::uint64_t step);

/// How far particles are from where they were, whose box has been scaled since; as `move` says it of `listed`.
Moved moved(const Particles& p, const Axes& from, double scale, double limit);

void scale_velocities(Particles& p, double factor);
/// The box, and all positions, also those that lists remember.
void scale_box(Particles& p, double factor);

double kinetic_energy(const Particles& p);

/// The first particle, by number, that is lost, or -1.
std::int64_t find_lost(const Particles& p, double limit);

}  // namespace lagoon::dynamics::detail
