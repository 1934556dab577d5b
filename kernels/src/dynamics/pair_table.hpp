// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/dynamics/model.hpp>
#include <type_traits>
#include <vector>

namespace lagoon::dynamics::detail {

/// A polynomial on [0, end] in terms of Chebyshev, of the fewest terms that reach a tolerance.
struct Chebyshev {
  std::vector<double> terms;
  double end = 1;
  /// source   Clenshaw 1955; Press et al., Numerical Recipes 3rd ed., 5.8
  static Chebyshev fit(const std::function<double(double)>& f, double end, double tolerance);
};

/// How the inner loop is made; each is faster than the next.
enum class PairForm {
  one_type,       ///< Lennard-Jones of one type, cut or shifted
  several_types,  ///< of several
  general         ///< with charges, or forces shifted
};

/// What inner loops multiply by, in their own precision. Rows of types a, columns of types b.
template <class T>
struct Coefficients {
  std::vector<T> twelve;       ///< 12 * 4 epsilon sigma^12: -U'(r) / r = (twelve r^-12 - six r^-6) r^-2
  std::vector<T> six;          ///< 6 * 4 epsilon sigma^6
  std::vector<T> shift;        ///< taken off the energy
  std::vector<T> force_shift;  ///< F(rc), where forces are shifted
};

/// The model in numbers for the inner loop.
struct PairTable {
  PairForm form = PairForm::one_type;
  std::ptrdiff_t types = 1;
  double cutoff2 = 0;
  Coefficients<double> f64;
  Coefficients<float> f32;  ///< the same, rounded
  bool forces_shifted = false;

  Electrostatics electrostatics = Electrostatics::none;
  double coulomb = 1;                  ///< q q of charges becomes energy * length
  double field = 0, constant = 0;      ///< reaction field: k, c
  double force_constant = 0;           ///< damped shifted force: what is taken off the force
  Chebyshev screened, screened_slope;  ///< erf(a sqrt(u)) / sqrt(u) and its derivative, of u = r^2

  PairTable(const Model& model, const System& system);
};

/// Energy and pressure beyond the cutoff, as if particles were spread evenly there.
///   source   Allen & Tildesley 2nd ed., 2.8
struct Tail {
  double energy_volume = 0;     ///< energy times volume
  double pressure_volume2 = 0;  ///< pressure times volume^2
};
Tail tail_of(const Model& model, const System& system);

/// epsilon and sigma of two types.
LennardJones mix(const Model& model, int a, int b);

}  // namespace lagoon::dynamics::detail
