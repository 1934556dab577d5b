// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace lagoon::files::dcd {

// A DCD file is records of Fortran: a length of 32 bits, the bytes, the length again. The first has "CORD" and 20
// integers, the second titles, the third the number of particles; then per frame a unit cell (A, cos gamma, B, cos
// beta, cos alpha, C in double) and x, y, z in float.
//   source  CHARMM's and NAMD's writers agree on it; VMD's plugin documents the variants

inline constexpr std::int32_t kControlBytes = 84;
inline constexpr std::int32_t kCellBytes = 48;
inline constexpr std::size_t kMark = 4;

/// Places among the 20 integers.
enum Control {
  frames = 0,
  first_step = 1,
  every = 2,
  last_step = 3,
  fixed = 8,
  delta = 9,
  cell = 10,
  fourth = 11,
  version = 19
};

/// Byte of one of the integers in the file.
inline constexpr std::size_t place(Control which) { return kMark + 4 + 4 * static_cast<std::size_t>(which); }

/// Of time in CHARMM's units.
inline constexpr double kPsPerAkma = 0.0488882129;

/// Bytes of a frame.
inline std::size_t frame_bytes(std::size_t particles, bool with_cell) {
  return (with_cell ? static_cast<std::size_t>(kCellBytes) + 2 * kMark : 0) + 3 * (4 * particles + 2 * kMark);
}

}  // namespace lagoon::files::dcd
