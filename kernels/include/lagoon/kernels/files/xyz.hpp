// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <lagoon/kernels/dynamics/system.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lagoon::files {

/// The most particles that a file may ask for, unless the reader is told otherwise.
inline constexpr std::ptrdiff_t kMaxParticles = std::ptrdiff_t{1} << 30;

/// What a frame of a trajectory says of itself, beside its particles.
struct FrameInfo {
  std::optional<std::int64_t> step{};
  std::optional<double> time{};    ///< time
  std::optional<double> energy{};  ///< energy; as it is in the file
};

struct XyzFrame {
  dynamics::System system;  ///< without bonds and angles, of which XYZ knows nothing
  FrameInfo info;
};

/// How to read XYZ.
struct XyzOptions {
  /// In nano the file's lengths are Angstrom and its velocities Angstrom/ps, and become nm and nm/ps; in reduced units
  /// all numbers stay as they are. None: as the file says (units=nano), else reduced.
  std::optional<dynamics::Units> units{};
  std::ptrdiff_t max_particles = kMaxParticles;
};

/// Frames of an XYZ file, one after another, with one of them in memory.
///
///   XyzReader reader("run.xyz");
///   while (auto frame = reader.next()) print(frame->info.step, dynamics::temperature(frame->system));
///
/// Extended XYZ: Lattice="ax 0 0 0 by 0 0 0 cz", Origin="x y z", pbc="T T F" (an axis with F is open),
/// Properties=species:S:1:pos:R:3:vel:R:3:charge:R:1:id:I:1:type:I:1 in any order, other columns passed over, Step,
/// Time, energy. Particles come in the order of their ids where there are any. Types are the `type` column, which
/// counts from 1, or species in the order in which they appear in the file. Masses are what the file says (masses="..."
/// per type, as this library writes), else atomic weights in nano, else 1. Plain XYZ: an open box around the particles,
/// or a periodic one around 0 with a comment such as "cell: 8 8 8".
///   throws  all members: not_found, permission_denied; invalid_argument with file and line: a triclinic lattice, a
///           number that is none, a frame that is cut off, an id twice, units that are not those asked for;
///           resource_exhausted: max_particles, budget; cancelled, deadline_exceeded
///   source  Bernstein et al., the extended XYZ specification (libAtoms/extxyz)
class XyzReader {
 public:
  explicit XyzReader(const std::string& path, const XyzOptions& options = {});
  /// Over a text in memory, which must outlive the reader; `name` stands for the file in errors.
  static XyzReader over(std::string_view text, const std::string& name, const XyzOptions& options = {});
  XyzReader(XyzReader&&) noexcept;
  ~XyzReader();

  /// The next frame, or none at the end of the file.
  std::optional<XyzFrame> next();
  /// What the next frame says of itself; its particles are counted and not looked at.
  std::optional<FrameInfo> skip();

  struct Impl;

 private:
  explicit XyzReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The last frame of a file, which may be the only one; those before it are passed over.
///   throws  what XyzReader throws; invalid_argument: no frame
XyzFrame read_xyz(const std::string& path, const XyzOptions& options = {});
/// The same of a text in memory.
XyzFrame parse_xyz(std::string_view text, const std::string& name, const XyzOptions& options = {});

/// One frame as an extended XYZ file, with digits that read back as the same numbers: all of a system in reduced units
/// but bonds and angles comes back to the bit. In nano units lengths are written in Angstrom.
///   throws  invalid_argument (see dynamics::check; a type name with a space or quote); not_found (folder),
///           permission_denied, resource_exhausted (disk full): then `path` is as it was
void write_xyz(const std::string& path, const dynamics::System& system, const FrameInfo& info = {});

/// A trajectory that grows frame by frame.
///
///   XyzWriter trajectory("run.xyz");
///   trajectory.write(run.system(), {.step = run.step(), .time = run.time()});
///   trajectory.sync();     // before a checkpoint is written
///
///   auto again = XyzWriter::continuing("run.xyz", checkpoint_step);   // later frames are cut off
///
/// Others may read the file meanwhile. A frame that cannot be written whole (disk full) is taken back.
///   throws  what write_xyz throws
class XyzWriter {
 public:
  /// Begins a new file in place of what is there.
  explicit XyzWriter(const std::string& path);
  /// Goes on behind the last frame of at most this step; later ones, and one that was cut off when its writer ended,
  /// are removed. A file that is not there begins empty.
  ///   throws  invalid_argument, and the file is as it was: it is no XYZ file, or a frame has no Step
  static XyzWriter continuing(const std::string& path, std::int64_t step);
  XyzWriter(XyzWriter&&) noexcept;
  ~XyzWriter();

  void write(const dynamics::System& system, const FrameInfo& info = {});
  void sync();                                             ///< what was written is on disk
  void close();                                            ///< the destructor does it too, but cannot tell of errors
  std::optional<std::int64_t> last_step() const noexcept;  ///< of the last frame of the file, when it has one

  struct Impl;

 private:
  explicit XyzWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lagoon::files
