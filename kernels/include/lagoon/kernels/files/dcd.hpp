// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <lagoon/kernels/dynamics/system.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lagoon::files {

/// Positions at one step of a DCD file, which holds neither velocities nor types.
struct DcdFrame {
  Tensor<double, 2> positions;                 ///< n x 3, length; from float, as they are in the file
  std::optional<std::array<double, 3>> edges;  ///< of the box, length; none where the file has no unit cell
  std::int64_t step = 0;
  double time = 0;  ///< time
};

/// Frames of a DCD file (CHARMM, NAMD, X-PLOR; either byte order), any of them at any time.
///
///   DcdReader reader("run.dcd", dynamics::Units::nano());
///   for (std::size_t k = 0; k < reader.frames(); ++k) print(reader.read(k).time);
///
///   units   nano: the file's Angstrom become nm, and its times ps; reduced: numbers as they are
///   throws  all members: not_found, permission_denied; invalid_argument naming the file and byte: no DCD file, fixed
///           atoms, a fourth dimension, a triclinic cell, lengths of records that contradict each other; out_of_range
///           (frame); resource_exhausted (budget)
class DcdReader {
 public:
  explicit DcdReader(const std::string& path, const dynamics::Units& units = dynamics::Units::reduced());
  /// Over bytes in memory, which must outlive the reader.
  static DcdReader over(std::string_view bytes, const std::string& name,
                        const dynamics::Units& units = dynamics::Units::reduced());
  DcdReader(DcdReader&&) noexcept;
  ~DcdReader();

  std::ptrdiff_t particles() const noexcept;
  /// Those that are whole, whatever the header says: it is wrong after a writer that was killed.
  std::size_t frames() const noexcept;
  DcdFrame read(std::size_t frame) const;

  struct Impl;

 private:
  explicit DcdReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What a DCD file says once for all frames.
struct DcdOptions {
  std::int64_t every = 1;  ///< steps between frames
  double time_step = 1;    ///< time
};

/// A trajectory of positions in single precision: 12 bytes per particle and frame.
///
///   DcdWriter trajectory("run.dcd", {.every = 100, .time_step = 0.002});
///   trajectory.write(run.system(), run.step());
///
/// CHARMM's layout, with the box as unit cell and in Angstrom where units are nano; programs such as VMD read it. The
/// box's origin is not in it. Others may read the file meanwhile; a frame that cannot be written whole is taken back.
///   throws  all members: invalid_argument (see dynamics::check; another number of particles or another step than the
///           frames before it lead to; `every` or the time step not positive); out_of_range (a step of 2^31 or more, a
///           position beyond single precision); not_found (folder), permission_denied, resource_exhausted (disk full)
class DcdWriter {
 public:
  /// Begins a new file in place of what is there.
  explicit DcdWriter(const std::string& path, const DcdOptions& options = {});
  /// Goes on behind the last frame of at most this step; what is later or cut off is removed. A file that is not there
  /// begins empty.
  ///   throws  invalid_argument, and the file is as it was: it is no DCD file of this byte order, its frames come at
  ///           other intervals
  static DcdWriter continuing(const std::string& path, std::int64_t step, const DcdOptions& options = {});
  DcdWriter(DcdWriter&&) noexcept;
  ~DcdWriter();

  void write(const dynamics::System& system, std::int64_t step);
  void sync();                          ///< what was written is on disk
  void close();                         ///< the destructor does it too, but cannot tell of errors
  std::size_t frames() const noexcept;  ///< in the file

  struct Impl;

 private:
  explicit DcdWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lagoon::files
