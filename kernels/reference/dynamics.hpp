// SPDX-License-Identifier: Apache-2.0
#pragma once

// Molecular dynamics as the textbook writes it: every pair, plain loops in long double, one thread. The oracle of the
// tests and the floor of the benchmarks; never the fastest, easy to believe.
//
// Beside each sum stands how large its terms are and how fast they change with the positions: what a tolerance is made
// of. n terms of size m in numbers of unit roundoff u, at positions wrong by d, may be wrong by some u m + d (slope).

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <lagoon/kernels/dynamics/forces.hpp>
#include <numbers>
#include <set>
#include <utility>
#include <vector>

namespace lagoon::reference {

using Vector = std::array<long double, 3>;

inline long double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline long double length(const Vector& a) { return std::sqrt(dot(a, a)); }
inline Vector times(long double s, const Vector& a) { return {s * a[0], s * a[1], s * a[2]}; }

/// A sum, and what may be wrong with it.
struct Sum {
  long double value = 0;
  long double size = 0;   ///< sum of the absolute terms
  long double slope = 0;  ///< sum of their absolute derivatives by distance
  long double doubt = 0;  ///< terms of pairs so near the cutoff that rounding decides whether they count
};

struct ForceField {
  std::vector<Vector> force;
  std::vector<Sum> bound;  ///< per particle, of the size of its force; no value
  Sum pair, coulomb, bond, angle, virial;
  long double tail = 0, tail_pressure = 0;

  long double potential() const { return pair.value + coulomb.value + bond.value + angle.value + tail; }
};

/// U(r), -U'(r), and the sizes that their terms have before they cancel.
struct Interaction {
  long double energy = 0, force = 0;
  long double energy_size = 0, force_size = 0, slope = 0;
};

inline dynamics::LennardJones mix(const dynamics::Model& model, int a, int b) {
  for (const dynamics::MixedPair& p : model.mixed)
    if ((p.a == a && p.b == b) || (p.a == b && p.b == a)) return p.pair;
  const auto& p = model.types[static_cast<std::size_t>(a)];
  const auto& q = model.types[static_cast<std::size_t>(b)];
  if (a == b) return p;
  const double sigma =
      model.mixing == dynamics::Mixing::geometric ? std::sqrt(p.sigma * q.sigma) : (p.sigma + q.sigma) / 2;
  return {std::sqrt(p.epsilon * q.epsilon), sigma};
}

inline Interaction lennard_jones(const dynamics::LennardJones& p, long double r) {
  const long double s6 = std::pow(static_cast<long double>(p.sigma) / r, 6.0L);
  const long double repulsion = 4 * p.epsilon * s6 * s6, attraction = 4 * p.epsilon * s6;
  return {repulsion - attraction, (12 * repulsion - 6 * attraction) / r, repulsion + attraction,
          (12 * repulsion + 6 * attraction) / r, (12 * 14 * repulsion + 6 * 8 * attraction) / (r * r)};
}

inline Interaction truncated(const dynamics::Model& model, const dynamics::LennardJones& p, long double r) {
  Interaction i = lennard_jones(p, r);
  if (model.truncation == dynamics::Truncation::cut) return i;
  const long double rc = model.cutoff;
  const Interaction end = lennard_jones(p, rc);
  i.energy -= end.energy;
  i.energy_size += end.energy_size;
  if (model.truncation == dynamics::Truncation::force_shifted) {
    i.energy += (r - rc) * end.force;
    i.force -= end.force;
    i.energy_size += (r + rc) * end.force_size;
    i.force_size += end.force_size;
    i.slope += end.force_size / r;
  }
  return i;
}

inline Interaction own(const dynamics::Model& model, int a, int b, long double r) {
  const auto at = [&](long double distance) {
    const auto d = static_cast<double>(distance);
    const double r2 = d * d;
    const std::int32_t ta = a, tb = b;
    double energy = 0, force_over_r = 0;
    model.pair({1, &r2, &ta, &tb, &energy, &force_over_r});
    return std::pair<long double, long double>(energy, force_over_r * d);
  };
  const auto [energy, force] = at(r);
  const long double h = 1e-4L * r;
  const long double slope = std::fabs(at(r + h).second - at(r - h).second) / (2 * h);
  return {energy, force, std::fabs(energy), std::fabs(force), slope + std::fabs(force) / r};
}

/// Of two charges whose product, in units of energy times length, is qq.
inline Interaction charges(const dynamics::Model& model, long double qq, long double r) {
  const long double rc = model.cutoff, size = std::fabs(qq);
  if (model.electrostatics == dynamics::Electrostatics::reaction_field) {
    const long double e = model.dielectric;
    const long double k = (std::isinf(e) ? 0.5L : (e - 1) / (2 * e + 1)) / (rc * rc * rc);
    const long double c = 1 / rc + k * rc * rc;
    return {qq * (1 / r + k * r * r - c), qq * (1 / (r * r) - 2 * k * r), size * (1 / r + k * r * r + c),
            size * (1 / (r * r) + 2 * k * r), size * (3 / (r * r * r) + 4 * k)};
  }
  if (model.electrostatics == dynamics::Electrostatics::damped_shifted_force) {
    const long double a = model.damping, root_pi = std::sqrt(std::numbers::pi_v<long double>);
    const auto damped = [&](long double d) { return std::erfc(a * d) / d; };
    const auto pull = [&](long double d) { return (damped(d) + 2 * a / root_pi * std::exp(-a * a * d * d)) / d; };
    // The sizes are those of bare charges: erfc may well be computed as 1 - erf.
    return {qq * (damped(r) - damped(rc) + (r - rc) * pull(rc)), qq * (pull(r) - pull(rc)),
            size * (1 / r + 1 / rc + 2 * (r + rc) / (rc * rc)), size * (2 / (r * r) + 2 / (rc * rc)),
            size * (6 / (r * r * r) + 2 / (rc * rc * r))};
  }
  return {};
}

/// From b to a, by the shortest way.
inline Vector separation(const dynamics::Box& box, const Vector& a, const Vector& b) {
  Vector d;
  for (std::size_t k = 0; k < 3; ++k) {
    d[k] = a[k] - b[k];
    if (box.boundary[k] == dynamics::Boundary::periodic) d[k] -= box.length[k] * std::round(d[k] / box.length[k]);
  }
  return d;
}

inline int type_of(const dynamics::System& s, std::size_t i) {
  return s.types.empty() ? 0 : s.types[static_cast<std::ptrdiff_t>(i)];
}

inline std::vector<Vector> vectors(View<const double, 2> a, std::ptrdiff_t n) {
  std::vector<Vector> v(static_cast<std::size_t>(n), Vector{0, 0, 0});
  if (a.extent(0) == n)
    for (std::ptrdiff_t i = 0; i < n; ++i)
      for (std::ptrdiff_t k = 0; k < 3; ++k) v[static_cast<std::size_t>(i)][static_cast<std::size_t>(k)] = a(i, k);
  return v;
}

/// Pairs that the potentials within the cutoff leave out, smaller index first.
inline std::set<std::pair<std::size_t, std::size_t>> excluded(const dynamics::System& s, const dynamics::Model& model) {
  std::set<std::pair<std::size_t, std::size_t>> pairs;
  if (!model.exclude_bonded) return pairs;
  const auto add = [&](std::int32_t i, std::int32_t j) {
    pairs.insert({static_cast<std::size_t>(std::min(i, j)), static_cast<std::size_t>(std::max(i, j))});
  };
  for (const auto& b : s.bonds) add(b.i, b.j);
  for (const auto& a : s.angles) add(a.i, a.k);
  return pairs;
}

/// Adds an interaction along d, which points from j to i.
inline void act(ForceField& f, Sum& energy, std::size_t i, std::size_t j, const Vector& d, const Interaction& u,
                bool doubtful) {
  const long double r = length(d);
  for (std::size_t k = 0; k < 3; ++k) {
    const long double along = u.force * d[k] / r;
    f.force[i][k] += along;
    f.force[j][k] -= along;
  }
  for (std::size_t at : {i, j}) {
    f.bound[at].size += u.force_size;
    f.bound[at].slope += u.slope;
    if (doubtful) f.bound[at].doubt += std::fabs(u.force);
  }
  energy.value += u.energy;
  energy.size += u.energy_size;
  energy.slope += u.force_size;
  f.virial.value += r * u.force;
  f.virial.size += r * u.force_size;
  f.virial.slope += u.force_size + r * u.slope;
  if (doubtful) {
    energy.doubt += std::fabs(u.energy);
    f.virial.doubt += r * std::fabs(u.force);
  }
}

inline void add_pairs(ForceField& f, const dynamics::System& s, const dynamics::Model& model,
                      const std::vector<Vector>& x, long double edge) {
  const auto left_out = excluded(s, model);
  const long double rc = model.cutoff;
  const bool charged = !s.charges.empty() && model.electrostatics != dynamics::Electrostatics::none;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = i + 1; j < x.size(); ++j) {
      const Vector d = separation(s.box, x[i], x[j]);
      const long double r = length(d);
      if (r >= rc + edge || left_out.count({i, j})) continue;
      const bool doubtful = std::fabs(r - rc) < edge;
      const int a = type_of(s, i), b = type_of(s, j);
      Interaction u = model.pair ? own(model, a, b, r) : truncated(model, mix(model, a, b), r);
      Interaction v;
      if (charged)
        v = charges(model,
                    static_cast<long double>(s.units.coulomb) * s.charges[static_cast<std::ptrdiff_t>(i)] *
                        s.charges[static_cast<std::ptrdiff_t>(j)],
                    r);
      if (r >= rc) {  // only its doubt counts
        for (std::size_t at : {i, j}) f.bound[at].doubt += std::fabs(u.force) + std::fabs(v.force);
        f.pair.doubt += std::fabs(u.energy);
        f.coulomb.doubt += std::fabs(v.energy);
        f.virial.doubt += r * (std::fabs(u.force) + std::fabs(v.force));
        continue;
      }
      act(f, f.pair, i, j, d, u, doubtful);
      if (charged) act(f, f.coulomb, i, j, d, v, doubtful);
    }
}

inline void add_bonds(ForceField& f, const dynamics::System& s, const dynamics::Model& model,
                      const std::vector<Vector>& x) {
  for (const auto& bond : s.bonds) {
    const auto& p = model.bonds[static_cast<std::size_t>(bond.type)];
    const auto i = static_cast<std::size_t>(bond.i), j = static_cast<std::size_t>(bond.j);
    const Vector d = separation(s.box, x[i], x[j]);
    const long double r = length(d), off = r - p.length, both = r + p.length;
    act(f, f.bond, i, j, d, {p.k * off * off / 2, -p.k * off, p.k * both * both / 2, p.k * both, p.k * (1 + both / r)},
        false);
  }
}

inline void add_angles(ForceField& f, const dynamics::System& s, const dynamics::Model& model,
                       const std::vector<Vector>& x) {
  for (const auto& angle : s.angles) {
    const auto& p = model.angles[static_cast<std::size_t>(angle.type)];
    const auto i = static_cast<std::size_t>(angle.i), j = static_cast<std::size_t>(angle.j),
               k = static_cast<std::size_t>(angle.k);
    const Vector a = separation(s.box, x[i], x[j]), b = separation(s.box, x[k], x[j]);
    const Vector cross{a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
    const long double la = length(a), lb = length(b), area = length(cross);
    const long double theta = std::atan2(area, dot(a, b)), off = theta - p.angle, sine = area / (la * lb);
    f.angle.value += p.k * off * off / 2;
    // theta may well come from its cosine, which says little of it where the sine is small.
    const long double blind = 1 + 1 / std::fmax(sine, 1e-9L), nearest = std::fmin(la, lb);
    f.angle.size += p.k * (theta + p.angle + blind) * std::fabs(off);
    f.angle.slope += p.k * std::fabs(off) * blind / nearest;
    if (area == 0) continue;  // straight or folded: no direction to turn into
    // d theta / d x_i is 1/|a|, at right angles to a, away from b in the plane of both; likewise for k.
    Vector fi, fk;
    for (std::size_t c = 0; c < 3; ++c) {
      fi[c] = -p.k * off * (a[c] * dot(a, b) / (la * la) - b[c]) / area;
      fk[c] = -p.k * off * (b[c] * dot(a, b) / (lb * lb) - a[c]) / area;
      f.force[i][c] += fi[c];
      f.force[k][c] += fk[c];
      f.force[j][c] -= fi[c] + fk[c];
    }
    const long double force_size = p.k * (theta + p.angle + 1) * blind / nearest;
    for (std::size_t at : {i, j, k}) {
      f.bound[at].size += 2 * force_size;
      f.bound[at].slope += 2 * force_size * blind / nearest;
    }
    f.virial.value += dot(a, fi) + dot(b, fk);  // none, but for rounding
    f.virial.size += (la + lb) * force_size;
    f.virial.slope += (la + lb) * force_size * blind / nearest;
  }
}

/// source   Allen & Tildesley 2nd ed., 2.8; the integrals of r^2 U and r^3 U' from the cutoff on
inline void add_tail(ForceField& f, const dynamics::System& s, const dynamics::Model& model) {
  const long double volume = s.box.volume(), rc = model.cutoff, pi = std::numbers::pi_v<long double>;
  const std::size_t n = static_cast<std::size_t>(s.size());
  std::vector<long double> count(s.masses.size());
  for (std::size_t i = 0; i < n; ++i) ++count[static_cast<std::size_t>(type_of(s, i))];
  for (std::size_t a = 0; a < count.size(); ++a)
    for (std::size_t b = 0; b < count.size(); ++b) {
      const auto p = mix(model, static_cast<int>(a), static_cast<int>(b));
      const long double s3 = std::pow(static_cast<long double>(p.sigma), 3.0L), c3 = s3 / (rc * rc * rc);
      const long double pairs = count[a] * count[b] / volume, e = 4 * p.epsilon * s3;
      f.tail += 2 * pi * pairs * e * (c3 * c3 * c3 / 9 - c3 / 3);
      f.tail_pressure += 2 * pi / 3 * pairs / volume * e * (4 * c3 * c3 * c3 / 3 - 2 * c3);
    }
}

/// Forces and energies of particles at x.
///   edge   pairs so near the cutoff, length, are also counted as doubtful
inline ForceField forces(const dynamics::System& s, const dynamics::Model& model, const std::vector<Vector>& x,
                         long double edge = 0) {
  ForceField f;
  f.force.assign(x.size(), Vector{0, 0, 0});
  f.bound.assign(x.size(), Sum{});
  add_pairs(f, s, model, x, edge);
  add_bonds(f, s, model, x);
  add_angles(f, s, model, x);
  if (model.tail) add_tail(f, s, model);
  return f;
}

inline ForceField forces(const dynamics::System& s, const dynamics::Model& model, long double edge = 0) {
  return forces(s, model, vectors(s.positions, s.size()), edge);
}

/// Velocity Verlet. Positions are not brought back into the box.
struct Trajectory {
  const dynamics::System& system;
  const dynamics::Model& model;
  std::vector<Vector> x, v;
  ForceField now;

  Trajectory(const dynamics::System& s, const dynamics::Model& m)
      : system(s),
        model(m),
        x(vectors(s.positions, s.size())),
        v(vectors(s.velocities, s.size())),
        now(forces(s, m, x)) {}

  void step(long double dt) {
    kick(dt / 2);
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t k = 0; k < 3; ++k) {
        x[i][k] += dt * v[i][k];
        bounce(i, k);
      }
    now = forces(system, model, x);
    kick(dt / 2);
  }

  long double kinetic() const {
    long double sum = 0;
    for (std::size_t i = 0; i < v.size(); ++i) sum += mass(i) * dot(v[i], v[i]) / 2;
    return sum;
  }

 private:
  long double mass(std::size_t i) const { return system.masses[static_cast<std::size_t>(type_of(system, i))]; }
  void kick(long double dt) {
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t k = 0; k < 3; ++k) v[i][k] += dt * now.force[i][k] / mass(i);
  }
  void bounce(std::size_t i, std::size_t k) {
    if (system.box.boundary[k] != dynamics::Boundary::reflecting) return;
    const long double low = system.box.origin[k], high = low + system.box.length[k];
    if (x[i][k] < low || x[i][k] > high) {
      x[i][k] = 2 * (x[i][k] < low ? low : high) - x[i][k];
      v[i][k] = -v[i][k];
    }
  }
};

/// Neighbours of a particle in shells of equal width, over those of a uniform density of n - 1 others.
struct Shells {
  std::vector<std::int64_t> pairs;  ///< unordered, per shell
  std::vector<long double> g;
};
inline Shells shells(const dynamics::System& s, double radius, int bins) {
  Shells h{std::vector<std::int64_t>(static_cast<std::size_t>(bins)), {}};
  const auto x = vectors(s.positions, s.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = i + 1; j < x.size(); ++j) {
      const long double r = length(separation(s.box, x[i], x[j]));
      if (r < radius) ++h.pairs[std::min(h.pairs.size() - 1, static_cast<std::size_t>(r / radius * bins))];
    }
  const auto n = static_cast<long double>(x.size());
  for (std::size_t b = 0; b < h.pairs.size(); ++b) {
    const long double low = radius * static_cast<long double>(b) / bins,
                      high = radius * static_cast<long double>(b + 1) / bins;
    const long double shell = 4 * std::numbers::pi_v<long double> / 3 * (high * high * high - low * low * low);
    h.g.push_back(2 * static_cast<long double>(h.pairs[b]) / n / ((n - 1) / s.box.volume() * shell));
  }
  return h;
}

}  // namespace lagoon::reference
