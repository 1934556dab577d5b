// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/model.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <string>

namespace lagoon::dynamics {
namespace {

[[noreturn]] void fail(const std::string& what) { throw Error(Errc::invalid_argument, "model: " + what); }

void check_pair(const LennardJones& p, const std::string& of) {
  if (!(p.epsilon >= 0) || !std::isfinite(p.epsilon) || !(p.sigma >= 0) || !std::isfinite(p.sigma))
    fail("epsilon " + std::to_string(p.epsilon) + " and sigma " + std::to_string(p.sigma) + of +
         "; both are finite and not negative");
}

void check_tail(const Model& m, const System& s) {
  if (m.truncation != Truncation::cut) fail("the tail beyond the cutoff is of a potential that is cut, not shifted");
  if (m.pair) fail("the tail beyond the cutoff of a function of one's own is not known");
  for (const Boundary b : s.box.boundary)
    if (b != Boundary::periodic) fail("the tail beyond the cutoff needs a box that is periodic along all axes");
}

void check_bonded(const Model& m, const System& s) {
  for (std::size_t k = 0; k < s.bonds.size(); ++k)
    if (s.bonds[k].type >= static_cast<std::int32_t>(m.bonds.size()))
      fail("bond " + std::to_string(k) + " is of type " + std::to_string(s.bonds[k].type) +
           "; there are parameters for " + std::to_string(m.bonds.size()));
  for (std::size_t k = 0; k < s.angles.size(); ++k)
    if (s.angles[k].type >= static_cast<std::int32_t>(m.angles.size()))
      fail("angle " + std::to_string(k) + " is of type " + std::to_string(s.angles[k].type) +
           "; there are parameters for " + std::to_string(m.angles.size()));
  for (const HarmonicBond& b : m.bonds)
    if (!(b.k >= 0) || !std::isfinite(b.k) || !(b.length >= 0) || !std::isfinite(b.length))
      fail("a bond of k " + std::to_string(b.k) + " and length " + std::to_string(b.length));
  for (const HarmonicAngle& a : m.angles)
    if (!(a.k >= 0) || !std::isfinite(a.k) || !std::isfinite(a.angle))
      fail("an angle of k " + std::to_string(a.k) + " and " + std::to_string(a.angle) + " radians");
}

}  // namespace

void check(const Model& m, const System& s) {
  if (!(m.cutoff > 0) || !std::isfinite(m.cutoff))
    fail("the cutoff is " + std::to_string(m.cutoff) + "; it must be positive");
  for (std::size_t d = 0; d < 3; ++d)
    if (s.box.boundary[d] == Boundary::periodic && 2 * m.cutoff > s.box.length[d] * (1 + 1e-12))
      fail("the cutoff " + std::to_string(m.cutoff) + " is more than half the periodic box, " +
           std::to_string(s.box.length[d]) + " along " + "xyz"[d] + "; a particle would meet two images of another");
  const auto types = static_cast<int>(s.masses.size());
  if (!m.pair && static_cast<int>(m.types.size()) < types)
    fail("there are parameters for " + std::to_string(m.types.size()) + " types; the system has " +
         std::to_string(types));
  for (std::size_t t = 0; t < m.types.size(); ++t) check_pair(m.types[t], " of type " + std::to_string(t));
  for (const MixedPair& p : m.mixed) {
    if (p.a < 0 || p.b < 0 || p.a >= types || p.b >= types)
      fail("a mixed pair names types " + std::to_string(p.a) + " and " + std::to_string(p.b) + " of " +
           std::to_string(types));
    check_pair(p.pair, " of types " + std::to_string(p.a) + " and " + std::to_string(p.b));
  }
  if (m.electrostatics == Electrostatics::reaction_field && !(m.dielectric >= 1))
    fail("the dielectric constant is " + std::to_string(m.dielectric) + "; it is at least 1");
  if (m.electrostatics == Electrostatics::damped_shifted_force && !(m.damping >= 0 && m.damping * m.cutoff <= 6))
    fail("the damping is " + std::to_string(m.damping) + "; damping times cutoff lies between 0 and 6");
  if (m.tail) check_tail(m, s);
  check_bonded(m, s);
}

}  // namespace lagoon::dynamics
