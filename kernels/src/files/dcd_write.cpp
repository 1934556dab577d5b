// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/dcd.hpp>

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <lagoon/core/error.hpp>
#include <lagoon/kernels/files/append_file.hpp>
#include <limits>
#include <utility>

#include "dcd_header.hpp"

static_assert(std::endian::native == std::endian::little, "DCD files are written as little-endian");

namespace lagoon::files {
namespace {

using dynamics::Boundary;
using dynamics::System;

constexpr std::int64_t kMostSteps = std::numeric_limits<std::int32_t>::max();

template <class T>
void append(std::string& bytes, T value) {
  std::array<char, sizeof(T)> raw;
  std::memcpy(raw.data(), &value, sizeof(T));
  bytes.append(raw.data(), raw.size());
}

/// Bytes between two marks that say how many they are.
template <class Body>
void append_record(std::string& bytes, std::int32_t size, Body&& body) {
  append(bytes, size);
  body();
  append(bytes, size);
}

void check_options(const DcdOptions& options) {
  if (options.every < 1 || options.every > kMostSteps || !(options.time_step > 0) || !std::isfinite(options.time_step))
    throw Error(Errc::invalid_argument, "dcd: frames every " + std::to_string(options.every) + " steps of " +
                                            std::to_string(options.time_step) + "; both must be positive");
}

float delta_of(const DcdOptions& options, const System& s) {
  return static_cast<float>(s.units.name == "nano" ? options.time_step / dcd::kPsPerAkma : options.time_step);
}

void append_header(std::string& bytes, const System& s, std::int64_t step, const DcdOptions& options) {
  append_record(bytes, dcd::kControlBytes, [&] {
    std::array<std::int32_t, 20> control{};
    control[dcd::first_step] = control[dcd::last_step] = static_cast<std::int32_t>(step);
    control[dcd::every] = static_cast<std::int32_t>(options.every);
    control[dcd::delta] = std::bit_cast<std::int32_t>(delta_of(options, s));
    control[dcd::cell] = 1;
    control[dcd::version] = 24;  // CHARMM's, of which readers know that there may be a cell
    bytes += "CORD";
    for (const std::int32_t value : control) append(bytes, value);
  });
  append_record(bytes, 84, [&] {
    std::string title = s.units.name == "nano" ? "Lagoon, Angstrom" : "Lagoon, reduced units";
    title.resize(80, ' ');
    append(bytes, std::int32_t{1});
    bytes += title;
  });
  append_record(bytes, 4, [&] { append(bytes, static_cast<std::int32_t>(s.size())); });
}

void append_frame(std::string& bytes, const System& s) {
  const double factor = s.units.name == "nano" ? 10 : 1;
  const auto edge = [&](std::size_t d) { return s.box.boundary[d] == Boundary::open ? 0 : s.box.length[d] * factor; };
  append_record(bytes, dcd::kCellBytes, [&] {
    for (const double value : {edge(0), 0.0, edge(1), 0.0, 0.0, edge(2)}) append(bytes, value);
  });
  for (std::ptrdiff_t d = 0; d < 3; ++d)
    append_record(bytes, static_cast<std::int32_t>(4 * s.size()), [&] {
      for (std::ptrdiff_t i = 0; i < s.size(); ++i) {
        const double value = s.positions(i, d) * factor;
        if (std::abs(value) > std::numeric_limits<float>::max())
          throw Error(Errc::out_of_range,
                      "dcd: particle " + std::to_string(i) + " is beyond single precision along " + "xyz"[d]);
        append(bytes, static_cast<float>(value));
      }
    });
}

}  // namespace

struct DcdWriter::Impl {
  AppendFile file;
  DcdOptions options;
  std::size_t frames = 0, particles = 0;  // particles are known from the first frame on
  std::int64_t first_step = 0;
  std::string bytes{};  // of a frame; kept, so that its memory is

  /// Brings the header up to date with the frames that are there.
  void say_frames() {
    const auto say = [&](dcd::Control where, std::int64_t value) {
      std::string number;
      append(number, static_cast<std::int32_t>(value));
      file.overwrite(dcd::place(where), number);
    };
    say(dcd::last_step, first_step + static_cast<std::int64_t>(frames - 1) * options.every);
    say(dcd::frames, static_cast<std::int64_t>(frames));
  }

  void check_fits(const System& s, std::int64_t step) const {
    const auto fail = [&](const std::string& what) { throw Error(Errc::invalid_argument, file.path() + ": " + what); };
    const std::int64_t next = first_step + static_cast<std::int64_t>(frames) * options.every;
    if (frames > 0 && static_cast<std::size_t>(s.size()) != particles)
      fail(std::to_string(s.size()) + " particles; frames of this file have " + std::to_string(particles));
    if (frames > 0 && step != next)
      fail("step " + std::to_string(step) + "; the next frame of this file is of step " + std::to_string(next));
    if (step < 0 || step > kMostSteps || s.size() > (kMostSteps - 8) / 4)
      throw Error(Errc::out_of_range, file.path() + ": step " + std::to_string(step) + " of " +
                                          std::to_string(s.size()) + " particles; DCD files count with 32 bits");
  }
};

DcdWriter::DcdWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DcdWriter::DcdWriter(const std::string& path, const DcdOptions& options) {
  check_options(options);
  impl_.reset(new Impl{AppendFile(path, AppendFile::Begin::empty), options});  // NOLINT: an aggregate
}
DcdWriter::DcdWriter(DcdWriter&&) noexcept = default;
DcdWriter::~DcdWriter() = default;

DcdWriter DcdWriter::continuing(const std::string& path, std::int64_t step, const DcdOptions& options) {
  check_options(options);
  dcd::Header h;
  std::size_t kept = 0;
  if (::access(path.c_str(), F_OK) == 0) {
    const ByteSource source = ByteSource::open(path);
    if (source.size() > 0) {
      h = dcd::read_header(source);
      if (h.swapped || !h.has_cell) dcd::fail(source, 0, "files that other programs wrote are not continued");
      if (h.every != options.every)
        dcd::fail(source, dcd::place(dcd::every),
                  "its frames come every " + std::to_string(h.every) + " steps, " + std::to_string(options.every) +
                      " were asked for");
      if (step >= h.first_step)
        kept = std::min(h.frames, static_cast<std::size_t>((step - h.first_step) / h.every) + 1);
    }
  }
  auto impl = std::unique_ptr<Impl>(
      new Impl{AppendFile(path, AppendFile::Begin::as_it_is), options, kept, h.particles, h.first_step});
  impl->file.truncate(kept == 0 ? 0 : h.bytes + kept * dcd::frame_bytes(h.particles, true));
  if (kept > 0) impl->say_frames();
  return DcdWriter(std::move(impl));
}

void DcdWriter::write(const System& system, std::int64_t step) {
  Impl& w = *impl_;
  check(system);
  w.check_fits(system, step);
  w.bytes.clear();
  if (w.frames == 0) append_header(w.bytes, system, step, w.options);
  append_frame(w.bytes, system);
  w.file.append(w.bytes);
  if (w.frames++ == 0) {
    w.particles = static_cast<std::size_t>(system.size());
    w.first_step = step;
  }
  w.say_frames();
}

void DcdWriter::sync() { impl_->file.sync(); }
void DcdWriter::close() { impl_->file.close(); }
std::size_t DcdWriter::frames() const noexcept { return impl_->frames; }

}  // namespace lagoon::files
