// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/xyz.hpp>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/files/append_file.hpp>
#include <lagoon/kernels/files/atomic_file.hpp>
#include <utility>

#include "words.hpp"
#include "xyz_header.hpp"

namespace lagoon::files {
namespace {

using dynamics::Boundary;
using dynamics::System;

constexpr std::ptrdiff_t kRun = 4096;  // particles between polls and writes

double angstrom_per_length(const System& s) { return s.units.name == "nano" ? 10 : 1; }

void check_names(const System& s) {
  for (std::size_t t = 0; t < s.type_names.size(); ++t) {
    const std::string& name = s.type_names[t];
    const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) { return c > ' ' && c != '"'; });
    if (name.empty() || !plain)
      throw Error(Errc::invalid_argument, "the name " + in_quotes(name) + " of type " + std::to_string(t) +
                                              " is empty or has a space or quote, which XYZ files cannot hold");
  }
  if (!s.type_names.empty() && s.type_names.size() != s.masses.size())
    throw Error(Errc::invalid_argument,
                std::to_string(s.type_names.size()) + " names for " + std::to_string(s.masses.size()) + " types");
}

void append_vector(std::string& text, const std::array<double, 3>& v, double factor) {
  for (std::size_t d = 0; d < 3; ++d) {
    if (d > 0) text += ' ';
    append_number(text, v[d] * factor);
  }
}

void append_box(std::string& text, const System& s) {
  const double factor = angstrom_per_length(s);
  text += "Lattice=\"";
  for (std::size_t d = 0; d < 3; ++d) {
    if (d > 0) text += " 0 0 0 ";
    append_number(text, s.box.length[d] * factor);
  }
  text += "\" Origin=\"";
  append_vector(text, s.box.origin, factor);
  text += '"';
  const auto flags = [&](const char* key, Boundary which) {
    text += std::string(" ") + key + "=\"";
    for (std::size_t d = 0; d < 3; ++d)
      text += std::string(d > 0 ? " " : "") + (s.box.boundary[d] == which ? 'T' : 'F');
    text += '"';
  };
  flags("pbc", Boundary::periodic);
  if (std::count(s.box.boundary.begin(), s.box.boundary.end(), Boundary::reflecting) > 0)
    flags("reflecting", Boundary::reflecting);
}

/// The first two lines of a frame.
std::string header_of(const System& s, const FrameInfo& info) {
  std::string text = std::to_string(s.size()) + "\n";
  append_box(text, s);
  text += " Properties=species:S:1:pos:R:3";
  if (!s.velocities.empty()) text += ":vel:R:3";
  if (!s.charges.empty()) text += ":charge:R:1";
  if (s.masses.size() > 1) text += ":type:I:1";
  text += " masses=\"";
  for (std::size_t t = 0; t < s.masses.size(); ++t) {
    if (t > 0) text += ' ';
    append_number(text, s.masses[t]);
  }
  text += '"';
  for (std::size_t t = 0; t < s.type_names.size(); ++t) text += (t == 0 ? " names=\"" : " ") + s.type_names[t];
  if (!s.type_names.empty()) text += '"';
  text += " units=" + s.units.name;
  if (info.step) text += " Step=" + std::to_string(*info.step);
  // What is not finite no reader would take.
  if (info.time && std::isfinite(*info.time)) append_number(text += " Time=", *info.time);
  if (info.energy && std::isfinite(*info.energy)) append_number(text += " energy=", *info.energy);
  return text += '\n';
}

void append_particles(std::string& text, const System& s, std::ptrdiff_t begin, std::ptrdiff_t end) {
  const double factor = angstrom_per_length(s);
  const auto row = [&](const Tensor<double, 2>& a, std::ptrdiff_t i) {
    text += ' ';
    append_vector(text, {a(i, 0), a(i, 1), a(i, 2)}, factor);
  };
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    const std::int32_t type = s.types.empty() ? 0 : s.types[i];
    if (s.type_names.empty())
      text += 'X';
    else
      text += s.type_names[static_cast<std::size_t>(type)];
    row(s.positions, i);
    if (!s.velocities.empty()) row(s.velocities, i);
    if (!s.charges.empty()) append_number(text += ' ', s.charges[i]);
    if (s.masses.size() > 1) append_number(text += ' ', std::int64_t{type} + 1);
    text += '\n';
  }
}

template <class Out>
void write_frame(const System& s, const FrameInfo& info, Out&& out) {
  check(s);
  check_names(s);
  out(header_of(s, info));
  std::string text;
  for (std::ptrdiff_t i = 0; i < s.size(); i += kRun) {
    throw_if_stopped();
    append_particles(text, s, i, std::min(i + kRun, s.size()));
    out(text);
    text.clear();
  }
}

}  // namespace

void write_xyz(const std::string& path, const System& system, const FrameInfo& info) {
  AtomicFile file(path);
  write_frame(system, info, [&](std::string_view text) { file.write(text); });
  file.commit();
}

struct XyzWriter::Impl {
  AppendFile file;
  std::optional<std::int64_t> last_step{};
  std::string frame{};  // kept, so that its memory is
};

XyzWriter::XyzWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
XyzWriter::XyzWriter(const std::string& path)
    : impl_(new Impl{AppendFile(path, AppendFile::Begin::empty)}) {}  // NOLINT: an aggregate
XyzWriter::XyzWriter(XyzWriter&&) noexcept = default;
XyzWriter::~XyzWriter() = default;

XyzWriter XyzWriter::continuing(const std::string& path, std::int64_t step) {
  XyzPart part;
  if (::access(path.c_str(), F_OK) == 0) part = xyz_part_until(path, step);
  auto impl = std::unique_ptr<Impl>(new Impl{AppendFile(path, AppendFile::Begin::as_it_is), part.last_step});
  impl->file.truncate(part.bytes);
  return XyzWriter(std::move(impl));
}

void XyzWriter::write(const System& system, const FrameInfo& info) {
  impl_->frame.clear();
  write_frame(system, info, [&](std::string_view text) { impl_->frame += text; });
  impl_->file.append(impl_->frame);
  impl_->last_step = info.step;
}

void XyzWriter::sync() { impl_->file.sync(); }
void XyzWriter::close() { impl_->file.close(); }
std::optional<std::int64_t> XyzWriter::last_step() const noexcept { return impl_->last_step; }

}  // namespace lagoon::files
