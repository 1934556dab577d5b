// SPDX-License-Identifier: Apache-2.0
#pragma once

// Systems of the tests, and what a result may be wrong by.
//
// A force is a sum over neighbours of terms that are each right to a few units of roundoff u, at distances between
// positions that are themselves stored, shifted and brought back into the box, each with an error of u times the
// largest number involved, X. So |F - F_reference| <= u (k size + m X slope), where size is the sum of the absolute
// terms and slope that of their derivatives; the reference counts both. A pair within m u X of the cutoff may be in or
// out: its whole force is in doubt. k = 16: a dozen operations make a term, and the roundings of a sum of a hundred
// mostly cancel. m = 2: two positions, each moved twice by half a unit. A quarter of both still passes, but for damped
// charges.

#include <gtest/gtest.h>
#include <lagoon/core/error.hpp>
#include <lagoon/kernels/dynamics.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <reference/dynamics.hpp>
#include <string>
#include <utility>
#include <vector>

#include "kernels/expect.hpp"

namespace lagoon::dynamics {

using test::error_of;
using test::expect_same_bits;

inline constexpr std::array<Boundary, 3> kPeriodic{Boundary::periodic, Boundary::periodic, Boundary::periodic};
inline constexpr std::array<Boundary, 3> kOpen{Boundary::open, Boundary::open, Boundary::open};
inline constexpr std::array<Boundary, 3> kReflecting{Boundary::reflecting, Boundary::reflecting, Boundary::reflecting};

struct Scatter {
  std::ptrdiff_t n = 100;
  std::array<double, 3> length{8, 8, 8};
  std::array<Boundary, 3> boundary = kPeriodic;
  std::array<double, 3> origin{0, 0, 0};
  std::array<double, 3> part{1, 1, 1};  ///< of the box, from its lowest corner, that has particles
  double apart = 0.85;                  ///< least distance that is tried for; a crowded box may have less
  int types = 1;
  bool charges = false;
  unsigned seed = 1;
};

/// Particles at random places; types in turn, charges +1 and -1 in turn times a random number near 1.
inline System scatter(const Scatter& o) {
  std::mt19937_64 random(o.seed);
  std::uniform_real_distribution<double> draw(0, 1);
  System s;
  s.box = {o.origin, o.length, o.boundary};
  s.positions = Tensor<double, 2>({o.n, 3});
  std::vector<reference::Vector> placed;
  for (std::ptrdiff_t i = 0; i < o.n; ++i) {
    reference::Vector best{}, x;
    long double room = -1;
    for (int attempt = 0; attempt < 400 && room < o.apart * o.apart; ++attempt) {
      for (std::size_t d = 0; d < 3; ++d) x[d] = o.origin[d] + o.part[d] * o.length[d] * draw(random);
      long double nearest = o.apart * o.apart;
      for (const auto& y : placed) {
        const auto d = reference::separation(s.box, x, y);
        nearest = std::min(nearest, reference::dot(d, d));
      }
      if (nearest > room) {
        room = nearest;
        best = x;
      }
    }
    placed.push_back(best);
    for (std::size_t d = 0; d < 3; ++d) s.positions(i, static_cast<std::ptrdiff_t>(d)) = static_cast<double>(best[d]);
  }
  s.masses.clear();
  for (int t = 0; t < o.types; ++t) s.masses.push_back(1 + 0.7 * t);
  if (o.types > 1) {
    s.types = Tensor<std::int32_t, 1>({o.n});
    for (std::ptrdiff_t i = 0; i < o.n; ++i) s.types[i] = static_cast<std::int32_t>(i % o.types);
  }
  if (o.charges) {
    s.charges = Tensor<double, 1>({o.n});
    for (std::ptrdiff_t i = 0; i < o.n; ++i) s.charges[i] = (i % 2 ? -1 : 1) * (0.8 + 0.4 * draw(random));
  }
  return s;
}

/// A model whose types differ in size and depth.
inline Model mixture(int types, double cutoff = 2.5) {
  Model m;
  m.cutoff = cutoff;
  m.types.clear();
  for (int t = 0; t < types; ++t) m.types.push_back({1 + 0.4 * t, 1 - 0.06 * t});
  return m;
}

/// A Lennard-Jones lattice whose particles are off their sites by up to `off`.
inline System shaken(std::array<int, 3> cells, double density, double off, unsigned seed = 1) {
  System s = fcc({.cells = cells, .spacing = fcc_spacing(density)});
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> draw(-off, off);
  for (std::ptrdiff_t i = 0; i < s.size(); ++i)
    for (std::ptrdiff_t d = 0; d < 3; ++d) s.positions(i, d) += draw(random);
  return s;
}

/// The largest number that positions are made of: from the corner of the box, and the box.
inline long double extent(const System& s) {
  long double most = 0;
  for (std::size_t d = 0; d < 3; ++d) {
    most = std::max<long double>({most, s.box.length[d], std::fabs(s.box.origin[d])});
    for (std::ptrdiff_t i = 0; i < s.size(); ++i)
      most = std::max<long double>(most, std::fabs(s.positions(i, static_cast<std::ptrdiff_t>(d)) - s.box.origin[d]));
  }
  return most;
}

struct Rounding {
  long double unit;   ///< roundoff of a term
  long double place;  ///< error of a distance

  Rounding(const System& s, Precision precision)
      : unit(precision == Precision::f64 ? 0x1p-53L : 0x1p-24L), place(2 * 0x1p-53L * extent(s)) {
    // In mixed precision positions are rounded once more, after they are back in the box.
    if (precision == Precision::mixed) {
      long double box = 0;
      for (std::size_t d = 0; d < 3; ++d)
        box = std::max<long double>(box, s.box.boundary[d] == Boundary::periodic ? s.box.length[d] : extent(s));
      place += 2 * unit * box;
    }
  }
  long double of(const reference::Sum& sum) const { return 16 * unit * sum.size + place * sum.slope + sum.doubt; }
};

inline void expect_sum(double got, const reference::Sum& want, const Rounding& rounding, const char* what) {
  EXPECT_LE(std::fabs(got - want.value), rounding.of(want) + 1e-300L)
      << what << ": " << got << " for " << static_cast<double>(want.value) << ", terms of "
      << static_cast<double>(want.size);
}

inline void expect_like(const Forces& got, const reference::ForceField& want, const Rounding& rounding) {
  ASSERT_EQ(got.forces.extent(0), static_cast<std::ptrdiff_t>(want.force.size()));
  ASSERT_EQ(got.forces.extent(1), 3);
  int wrong = 0;
  for (std::size_t i = 0; i < want.force.size(); ++i)
    for (std::size_t d = 0; d < 3; ++d) {
      const double f = got.forces(static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(d));
      if (std::fabs(f - want.force[i][d]) <= rounding.of(want.bound[i]) + 1e-300L) continue;
      if (++wrong > 5) return;  // enough to see
      ADD_FAILURE() << "force of particle " << i << " along "
                    << "xyz"[d] << " is " << f << " for " << static_cast<double>(want.force[i][d]) << ", terms of "
                    << static_cast<double>(want.bound[i].size);
    }
  expect_sum(got.energies.pair, want.pair, rounding, "pair energy");
  expect_sum(got.energies.coulomb, want.coulomb, rounding, "coulomb energy");
  expect_sum(got.energies.bond, want.bond, rounding, "bond energy");
  expect_sum(got.energies.angle, want.angle, rounding, "angle energy");
  expect_sum(got.energies.virial, want.virial, rounding, "virial");
  EXPECT_LE(std::fabs(got.energies.tail - want.tail), 1e-13L * std::fabs(want.tail));
  EXPECT_LE(std::fabs(got.energies.tail_pressure - want.tail_pressure), 1e-13L * std::fabs(want.tail_pressure));
}

/// Forces and energies are those of the plain loops.
inline void expect_like_reference(const System& s, const Model& m, Precision precision = Precision::f64) {
  const Rounding rounding(s, precision);
  const auto want = reference::forces(s, m, rounding.place + 4 * rounding.unit * m.cutoff);
  expect_like(forces(s, m, precision), want, rounding);
}

inline double largest(View<const double, 2> a) {
  double most = 0;
  for (std::ptrdiff_t i = 0; i < a.extent(0); ++i)
    for (std::ptrdiff_t d = 0; d < a.extent(1); ++d) most = std::max(most, std::abs(a(i, d)));
  return most;
}

inline double largest_difference(View<const double, 2> a, View<const double, 2> b) {
  double most = 0;
  for (std::ptrdiff_t i = 0; i < a.extent(0); ++i)
    for (std::ptrdiff_t d = 0; d < a.extent(1); ++d) most = std::max(most, std::abs(a(i, d) - b(i, d)));
  return most;
}

inline bool same_bits(View<const double, 2> a, View<const double, 2> b) {
  return a.extents() == b.extents() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0;
}

inline void append(std::vector<double>& to, View<const double, 2> a) {
  to.insert(to.end(), a.data(), a.data() + a.size());
}
inline void append(std::vector<double>& to, const Energies& e) {
  to.insert(to.end(), {e.pair, e.coulomb, e.bond, e.angle, e.tail, e.virial, e.tail_pressure});
}

inline void expect_says(const std::string& message, std::initializer_list<const char*> words) {
  for (const char* word : words) EXPECT_NE(message.find(word), std::string::npos) << word << " in: " << message;
}

/// Path of a file of known answers; empty when they are not here ($LAGOON_CASES).
inline std::string case_file(const std::string& name) { return test::known_answer("md/" + name); }

/// Mean and spread of a series whose neighbours are correlated: the error of the mean is that of `blocks` averages.
struct Average {
  double mean = 0, variance = 0, error = 0;
};
inline Average average(const std::vector<double>& x, std::size_t blocks = 20) {
  Average a;
  for (double v : x) a.mean += v / static_cast<double>(x.size());
  for (double v : x) a.variance += (v - a.mean) * (v - a.mean) / static_cast<double>(x.size());
  const std::size_t length = x.size() / blocks;
  for (std::size_t b = 0; b < blocks; ++b) {
    double part = 0;
    for (std::size_t i = 0; i < length; ++i) part += x[b * length + i] / static_cast<double>(length);
    a.error += (part - a.mean) * (part - a.mean) / static_cast<double>(blocks * (blocks - 1));
  }
  a.error = std::sqrt(a.error);
  return a;
}

}  // namespace lagoon::dynamics
