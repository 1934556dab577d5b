// SPDX-License-Identifier: Apache-2.0
#include "bonded.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <set>
#include <utility>

namespace lagoon::dynamics::detail {
namespace {

constexpr std::ptrdiff_t kGrain = 1024;  // slots per task

using Vector = std::array<double, 3>;

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// Lists by particle, from pairs (particle, entry).
void by_particle(const std::vector<std::pair<std::int32_t, std::int32_t>>& entries, std::ptrdiff_t particles,
                 std::vector<std::int32_t>& first, std::vector<std::int32_t>& of) {
  first.assign(static_cast<std::size_t>(particles) + 1, 0);
  for (const auto& [i, entry] : entries) ++first[static_cast<std::size_t>(i) + 1];
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
  std::vector<std::int32_t> next(first);
  of.resize(entries.size());
  for (const auto& [i, entry] : entries) of[static_cast<std::size_t>(next[static_cast<std::size_t>(i)]++)] = entry;
}

/// From particle b to particle a, the short way.
Vector apart(const Particles& p, std::ptrdiff_t a, std::ptrdiff_t b) {
  Vector r;
  for (std::size_t d = 0; d < 3; ++d) {
    r[d] = p.x[d][a] - p.x[d][b];
    if (p.box.boundary[d] == Boundary::periodic) r[d] -= p.box.length[d] * std::nearbyint(r[d] / p.box.length[d]);
  }
  return r;
}

}  // namespace

Bonded::Bonded(const System& s, const Model& m)
    : bonds_(s.bonds), angles_(s.angles), bond_types_(m.bonds), angle_types_(m.angles) {
  std::vector<std::pair<std::int32_t, std::int32_t>> bonds, angles;
  std::set<std::pair<std::int32_t, std::int32_t>> partners;
  for (std::size_t k = 0; k < bonds_.size(); ++k) {
    const Bond& b = bonds_[k];
    for (const std::int32_t i : {b.i, b.j}) bonds.emplace_back(i, static_cast<std::int32_t>(k));
    partners.insert({{b.i, b.j}, {b.j, b.i}});
  }
  for (std::size_t k = 0; k < angles_.size(); ++k) {
    const Angle& a = angles_[k];
    for (const std::int32_t i : {a.i, a.j, a.k}) angles.emplace_back(i, static_cast<std::int32_t>(k));
    partners.insert({{a.i, a.k}, {a.k, a.i}});
  }
  by_particle(bonds, s.size(), first_bond_, bond_of_);
  by_particle(angles, s.size(), first_angle_, angle_of_);
  if (m.exclude_bonded && !partners.empty())
    by_particle({partners.begin(), partners.end()}, s.size(), first_partner_, partner_of_);
}

Grid::Exclusions Bonded::exclusions(const Particles& p, std::span<const std::int32_t> slot_of) const {
  Grid::Exclusions e;
  if (first_partner_.empty()) return e;
  e.first.reserve(static_cast<std::size_t>(p.slots) + 1);
  e.slots.reserve(partner_of_.size());
  for (std::ptrdiff_t slot = 0; slot < p.slots; ++slot) {
    e.first.push_back(static_cast<std::int32_t>(e.slots.size()));
    if (p.id[slot] < 0) continue;
    const auto i = static_cast<std::size_t>(p.id[slot]);
    for (auto k = first_partner_[i]; k < first_partner_[i + 1]; ++k)
      e.slots.push_back(slot_of[static_cast<std::size_t>(partner_of_[static_cast<std::size_t>(k)])]);
  }
  e.first.push_back(static_cast<std::int32_t>(e.slots.size()));
  return e;
}

void Bonded::act_on(Particles& p, std::span<const std::int32_t> slot_of, std::ptrdiff_t slot, Sums& sums) const {
  const std::int32_t me = p.id[slot];
  const auto at = static_cast<std::size_t>(me);
  const auto where = [&](std::int32_t i) -> std::ptrdiff_t { return slot_of[static_cast<std::size_t>(i)]; };
  Vector force{};
  for (auto k = first_bond_[at]; k < first_bond_[at + 1]; ++k) {
    const Bond& b = bonds_[static_cast<std::size_t>(bond_of_[static_cast<std::size_t>(k)])];
    const HarmonicBond& type = bond_types_[static_cast<std::size_t>(b.type)];
    const Vector r = apart(p, slot, where(me == b.i ? b.j : b.i));
    const double length = std::sqrt(dot(r, r)), stretch = length - type.length;
    for (std::size_t d = 0; d < 3; ++d) force[d] -= type.k * stretch / length * r[d];
    if (me != b.i) continue;
    sums.bond += 0.5 * type.k * stretch * stretch;
    sums.virial -= type.k * stretch * length;
  }
  for (auto k = first_angle_[at]; k < first_angle_[at + 1]; ++k) {
    const Angle& a = angles_[static_cast<std::size_t>(angle_of_[static_cast<std::size_t>(k)])];
    const HarmonicAngle& type = angle_types_[static_cast<std::size_t>(a.type)];
    const Vector u = apart(p, where(a.i), where(a.j)), w = apart(p, where(a.k), where(a.j));
    const double uu = dot(u, u), ww = dot(w, w), both = std::sqrt(uu * ww);
    const double cosine = std::clamp(dot(u, w) / both, -1.0, 1.0);
    // A straight angle has no plane to bend in; there the sine is kept from zero.
    const double sine = std::max(std::sqrt(1 - cosine * cosine), 1e-8);
    const double bend = std::acos(cosine) - type.angle, torque = type.k * bend / sine;
    for (std::size_t d = 0; d < 3; ++d) {
      const double on_i = torque * (w[d] / both - cosine * u[d] / uu);
      const double on_k = torque * (u[d] / both - cosine * w[d] / ww);
      force[d] += me == a.i ? on_i : me == a.k ? on_k : -(on_i + on_k);
    }
    if (me == a.j) sums.angle += 0.5 * type.k * bend * bend;  // its virial is zero: it does not change with size
  }
  for (std::size_t d = 0; d < 3; ++d) p.f[d][slot] += force[d];
}

void Bonded::act(Particles& p, std::span<const std::int32_t> slot_of, Energies& energies) const {
  if (empty()) return;
  const Sums all = parallel_reduce<Sums>(
      p.slots, {kGrain},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        Sums sums;
        for (std::ptrdiff_t i = begin; i < end; ++i)
          if (p.id[i] >= 0) act_on(p, slot_of, i, sums);
        return sums;
      },
      [](Sums a, Sums b) {
        return Sums{a.bond + b.bond, a.angle + b.angle, a.virial + b.virial};
      });
  energies.bond += all.bond;
  energies.angle += all.angle;
  energies.virial += all.virial;
}

}  // namespace lagoon::dynamics::detail
