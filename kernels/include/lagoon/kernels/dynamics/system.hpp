// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/dynamics/units.hpp>
#include <string>
#include <vector>

namespace lagoon::dynamics {

/// What happens where the box ends, per axis: it begins again, particles bounce, or space goes on.
enum class Boundary { periodic, reflecting, open };

/// A box with edges along the axes.
struct Box {
  std::array<double, 3> origin{0, 0, 0};  ///< its lowest corner
  std::array<double, 3> length{1, 1, 1};  ///< along an open axis only a hint of where particles are
  std::array<Boundary, 3> boundary{Boundary::periodic, Boundary::periodic, Boundary::periodic};

  double volume() const noexcept { return length[0] * length[1] * length[2]; }
};

/// Particles i and j joined by `Model::bonds[type]`.
struct Bond {
  std::int32_t i = 0, j = 0, type = 0;
  LAGOON_FIELDS(Bond, i, j, type)
};

/// The angle at j between i and k, by `Model::angles[type]`.
struct Angle {
  std::int32_t i = 0, j = 0, k = 0, type = 0;
  LAGOON_FIELDS(Angle, i, j, k, type)
};

/// Particles, where they are and how they move. A value: moved, or copied by `copy`.
struct System {
  Units units = Units::reduced();
  Box box;
  Tensor<double, 2> positions;          ///< n x 3, length; along a periodic axis anywhere, the box repeats
  Tensor<double, 2> velocities;         ///< n x 3, length / time; without elements: at rest
  Tensor<std::int32_t, 1> types;        ///< n, from 0; without elements: all 0
  Tensor<double, 1> charges;            ///< n, charge; without elements: none
  std::vector<double> masses{1.0};      ///< per type
  std::vector<std::string> type_names;  ///< per type, or none: chemical symbols, for files
  std::vector<Bond> bonds;
  std::vector<Angle> angles;

  std::ptrdiff_t size() const noexcept { return positions.extent(0); }
  System copy() const;
};

/// Throws invalid_argument that names the first thing that does not go together: shapes, a type without a mass, a mass
/// that is not positive, a position or velocity that is not finite, a bond to a particle that is not there.
void check(const System& system);

struct LatticeOptions {
  std::array<int, 3> cells{1, 1, 1};
  double spacing = 1;  ///< edge of the cubic cell, length
  Units units = Units::reduced();
  double mass = 1;
};
/// Particles of one type at rest on a face-centred cubic lattice, 4 per cell, in a periodic box.
///   throws   invalid_argument (no cells, spacing or mass not positive), out_of_range (more than 2^30 particles)
System fcc(const LatticeOptions& options);

/// The edge of an fcc cell with so many particles per volume: (4 / density)^(1/3).
double fcc_spacing(double density);

/// Velocities drawn from a Maxwell distribution, without motion of the centre of mass, scaled to exactly this
/// temperature.
///   seed     the same seed gives the same bits, with any number of cores
///   throws   invalid_argument (temperature negative or not finite)
void set_temperature(System& system, double temperature, std::uint64_t seed);

/// 3n - 3 where the centre of mass is free to move, 3n otherwise; what temperatures divide by.
double degrees_of_freedom(const System& system);

}  // namespace lagoon::dynamics
