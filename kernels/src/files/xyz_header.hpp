// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <lagoon/kernels/files/xyz.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lines.hpp"

namespace lagoon::files {

/// The most types of particles, bonds or angles that a file may name: each frame costs as much as there are types.
inline constexpr std::int64_t kMaxTypes = 1 << 12;

/// Words that belong together in the line of a particle.
struct XyzColumn {
  enum class Is { species, position, velocity, charge, id, type, other };
  Is is = Is::other;
  std::size_t words = 1;
};

/// What the second line of a frame says; numbers as they are in the file.
struct XyzHeader {
  bool plain = true;  ///< no Properties: species x y z, and whatever follows is passed over
  std::vector<XyzColumn> columns;
  std::size_t words = 0;  ///< in all columns
  std::optional<std::array<double, 3>> lattice, origin;
  std::array<dynamics::Boundary, 3> boundary{};  ///< periodic; open without a lattice
  std::vector<double> masses;
  std::vector<std::string> names;
  std::string units;  ///< "nano", "reduced", or "" where the file does not say
  FrameInfo info;

  bool has(XyzColumn::Is what) const;
};

/// Reads the current line. Errors name it.
XyzHeader parse_xyz_header(const Lines& line);

/// How much of a trajectory belongs to steps up to `step`.
struct XyzPart {
  std::size_t bytes = 0;
  std::optional<std::int64_t> last_step;
};
/// Looks at headers alone; what is cut off at the end of the file does not count.
///   throws  invalid_argument: no XYZ, or a frame without a step
XyzPart xyz_part_until(const std::string& path, std::int64_t step);

}  // namespace lagoon::files
