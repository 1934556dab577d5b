// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <lagoon/core/fields.hpp>
#include <lagoon/kernels/dynamics/system.hpp>
#include <vector>

namespace lagoon::dynamics {

/// U(r) = 4 epsilon ((sigma/r)^12 - (sigma/r)^6)
struct LennardJones {
  double epsilon = 1;  ///< energy
  double sigma = 1;    ///< length
  LAGOON_FIELDS(LennardJones, epsilon, sigma)
};

/// How two types that differ meet: the mean of sigma and the geometric mean of epsilon (Lorentz and Berthelot), or the
/// geometric mean of both.
enum class Mixing { lorentz_berthelot, geometric };

/// Between types a and b, in place of what mixing says.
struct MixedPair {
  int a = 0, b = 0;
  LennardJones pair;
  LAGOON_FIELDS(MixedPair, a, b, pair)
};

/// What is done at the cutoff. With F(r) = -U'(r):
///   cut            U(r)
///   shifted        U(r) - U(rc): the energy is continuous
///   force_shifted  U(r) - U(rc) + (r - rc) F(rc): the force is, too
/// source   Allen & Tildesley 2nd ed., 5.2.3
enum class Truncation { cut, shifted, force_shifted };

/// Charges, all within the cutoff rc.
///   reaction_field        q q (1/r + k r^2 - c), k = (e - 1) / ((2e + 1) rc^3), c = 1/rc + k rc^2
///                         source   Tironi et al. 1995; e = `dielectric`, infinite: a conductor
///   damped_shifted_force  q q (erfc(a r)/r - erfc(a rc)/rc + (r - rc) (erfc(a rc)/rc^2
///                         + 2a/sqrt(pi) exp(-a^2 rc^2)/rc)), a = `damping`
///                         source   Fennell & Gezelter 2006
enum class Electrostatics { none, reaction_field, damped_shifted_force };

/// U(r) = 1/2 k (r - r0)^2
struct HarmonicBond {
  double k = 0;       ///< energy / length^2
  double length = 0;  ///< r0
  LAGOON_FIELDS(HarmonicBond, k, length)
};

/// U(theta) = 1/2 k (theta - theta0)^2
struct HarmonicAngle {
  double k = 0;      ///< energy / radian^2
  double angle = 0;  ///< theta0, radians
  LAGOON_FIELDS(HarmonicAngle, k, angle)
};

/// Pairs within the cutoff, for a potential of one's own to fill in.
struct PairBatch {
  std::size_t size = 0;
  const double* r2 = nullptr;            ///< squared distances
  const std::int32_t* type_a = nullptr;  ///< types of the first particles
  const std::int32_t* type_b = nullptr;  ///< and of the second
  double* energy = nullptr;              ///< to be written
  double* force_over_r = nullptr;        ///< to be written: -U'(r) / r; positive pushes apart
};
using PairFunction = std::function<void(const PairBatch&)>;

/// What a potential of one's own says of a distance.
struct PairValue {
  double energy, force;  ///< force = -U'(r)
};

/// A pair function from a formula for one pair: f(r) or f(r, type_a, type_b), each giving a PairValue. It is called
/// from several cores at once.
///
///   model.pair = pair_function([](double r) { return PairValue{std::exp(-r), std::exp(-r)}; });
template <class F>
PairFunction pair_function(F f) {
  return [f = std::move(f)](const PairBatch& batch) {
    for (std::size_t i = 0; i < batch.size; ++i) {
      const double r = std::sqrt(batch.r2[i]);
      PairValue v;
      if constexpr (std::is_invocable_r_v<PairValue, const F&, double, int, int>)
        v = f(r, batch.type_a[i], batch.type_b[i]);
      else
        v = f(r);
      batch.energy[i] = v.energy;
      batch.force_over_r[i] = v.force / r;
    }
  };
}

/// How particles act on one another.
struct Model {
  std::vector<LennardJones> types{{}};  ///< per type of the system
  double cutoff = 2.5;                  ///< rc, of Lennard-Jones, charges and `pair` alike, length
  Truncation truncation = Truncation::cut;
  bool tail = false;  ///< adds energy and pressure of what lies beyond rc, as if density were uniform there; needs
                      ///< `cut`, a periodic box, and no `pair`
  Mixing mixing = Mixing::lorentz_berthelot;
  std::vector<MixedPair> mixed{};
  Electrostatics electrostatics = Electrostatics::none;
  double dielectric = 78.5;  ///< of reaction_field, beyond the cutoff
  double damping = 0.2;      ///< of damped_shifted_force, 1 / length
  std::vector<HarmonicBond> bonds{};
  std::vector<HarmonicAngle> angles{};
  bool exclude_bonded = true;  ///< pairs that share a bond or the ends of an angle do not act by rc's potentials
  PairFunction pair{};         ///< in place of Lennard-Jones, untruncated: it is called for r < rc
};

/// Throws invalid_argument that names what does not go together: a type without parameters, a cutoff beyond half the
/// box along a periodic axis, an energy or length that makes no sense, bonds without parameters.
void check(const Model& model, const System& system);

}  // namespace lagoon::dynamics
