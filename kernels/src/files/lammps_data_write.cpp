// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/lammps_data.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/files/atomic_file.hpp>
#include <map>
#include <numbers>
#include <numeric>
#include <utility>

#include "lammps_units.hpp"
#include "words.hpp"

namespace lagoon::files {
namespace {

using dynamics::Boundary;
using dynamics::LennardJones;
using dynamics::Model;
using dynamics::System;

/// Who belongs together: molecules from 1, in the order of their first particles.
std::vector<std::int64_t> molecules(const System& s) {
  std::vector<std::int64_t> parent(static_cast<std::size_t>(s.size()));
  std::iota(parent.begin(), parent.end(), std::int64_t{0});
  const auto root = [&](std::int64_t i) {
    while (parent[static_cast<std::size_t>(i)] != i) {
      auto& up = parent[static_cast<std::size_t>(i)];
      up = parent[static_cast<std::size_t>(up)];
      i = up;
    }
    return i;
  };
  for (const auto& bond : s.bonds) {
    const auto a = root(bond.i), b = root(bond.j);
    parent[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
  }
  std::vector<std::int64_t> number(parent.size());
  std::int64_t count = 0;
  for (std::size_t i = 0; i < parent.size(); ++i) {
    const auto first = static_cast<std::size_t>(root(static_cast<std::int64_t>(i)));
    number[i] = first == i ? ++count : number[first];
  }
  return number;
}

template <class Members>
std::size_t types_of(const Members& members, std::size_t least) {
  for (const auto& m : members) least = std::max(least, static_cast<std::size_t>(m.type) + 1);
  return least;
}

class DataWriter {
 public:
  DataWriter(AtomicFile& file, const System& s, const Model* model, LammpsUnits units, AtomStyle style)
      : file_(file), s_(s), model_(model), units_(units), scale_(scale_of(units)), style_(style) {}

  void write() {
    write_header();
    section("Masses");
    for (std::size_t t = 0; t < s_.masses.size(); ++t) line({number(t + 1)}, {s_.masses[t]});
    if (model_) write_coefficients();
    write_atoms();
    write_velocities();
    write_members("Bonds", s_.bonds, [](const auto& b) { return std::vector{b.i, b.j}; });
    write_members("Angles", s_.angles, [](const auto& a) { return std::vector{a.i, a.j, a.k}; });
    flush();
  }

 private:
  static std::int64_t number(std::size_t n) { return static_cast<std::int64_t>(n); }

  void line(std::initializer_list<std::int64_t> integers, std::initializer_list<double> numbers = {}) {
    bool first = true;
    const auto space = [&] {
      if (!std::exchange(first, false)) text_ += ' ';
    };
    for (const std::int64_t n : integers) {
      space();
      append_number(text_, n);
    }
    for (const double x : numbers) {
      space();
      append_number(text_, x);
    }
    text_ += '\n';
    if (text_.size() >= 1 << 16) flush();
  }

  void flush() {
    throw_if_stopped();
    file_.write(text_);
    text_.clear();
  }

  void section(const std::string& name) { text_ += "\n" + name + "\n\n"; }

  void write_header() {
    const std::size_t bond_types = types_of(s_.bonds, model_ ? model_->bonds.size() : 0),
                      angle_types = types_of(s_.angles, model_ ? model_->angles.size() : 0);
    text_ += std::string("LAMMPS data file of Lagoon's, units = ") + name_of(units_) + "\n\n" +
             std::to_string(s_.size()) + " atoms\n" + std::to_string(s_.masses.size()) + " atom types\n";
    if (!s_.bonds.empty()) text_ += std::to_string(s_.bonds.size()) + " bonds\n";
    if (bond_types > 0) text_ += std::to_string(bond_types) + " bond types\n";
    if (!s_.angles.empty()) text_ += std::to_string(s_.angles.size()) + " angles\n";
    if (angle_types > 0) text_ += std::to_string(angle_types) + " angle types\n";
    text_ += '\n';
    for (std::size_t d = 0; d < 3; ++d) {
      const auto [low, high] = edges(d);
      append_number(text_, low);
      append_number(text_ += ' ', high);
      text_ += d == 0 ? " xlo xhi\n" : d == 1 ? " ylo yhi\n" : " zlo zhi\n";
    }
  }

  std::pair<double, double> edges(std::size_t d) const {
    const double length = s_.box.length[d] / scale_.length;
    double low = s_.box.origin[d] / scale_.length, high = low + length;
    // The number nearby whose distance is the length to the bit, where there is one.
    for (const double near : {std::nextafter(high, low), std::nextafter(high, high + length)})
      if (high - low != length && near - low == length) high = near;
    if (s_.box.boundary[d] == Boundary::periodic) return {low, high};
    // LAMMPS loses particles outside a box that does not repeat.
    for (std::ptrdiff_t i = 0; i < s_.size(); ++i) {
      low = std::min(low, s_.positions(i, static_cast<std::ptrdiff_t>(d)) / scale_.length);
      high = std::max(high, s_.positions(i, static_cast<std::ptrdiff_t>(d)) / scale_.length);
    }
    return {low, high};
  }

  void write_atoms() {
    section(std::string("Atoms # ") + name_of(style_));
    const bool with_molecule = style_ == AtomStyle::full || style_ == AtomStyle::molecular;
    const auto molecule = with_molecule ? molecules(s_) : std::vector<std::int64_t>();
    for (std::ptrdiff_t i = 0; i < s_.size(); ++i) {
      const std::int64_t id = i + 1, type = s_.types.empty() ? 1 : s_.types[i] + 1;
      const std::int64_t group = with_molecule ? molecule[static_cast<std::size_t>(i)] : 0;
      const double charge = s_.charges.empty() ? 0 : s_.charges[i];
      const double x = s_.positions(i, 0) / scale_.length, y = s_.positions(i, 1) / scale_.length,
                   z = s_.positions(i, 2) / scale_.length;
      switch (style_) {
        case AtomStyle::atomic: line({id, type}, {x, y, z}); break;
        case AtomStyle::charge: line({id, type}, {charge, x, y, z}); break;
        case AtomStyle::molecular: line({id, group, type}, {x, y, z}); break;
        case AtomStyle::full: line({id, group, type}, {charge, x, y, z}); break;
      }
    }
  }

  void write_velocities() {
    if (s_.velocities.empty()) return;
    section("Velocities");
    const auto v = [&](std::ptrdiff_t i, std::ptrdiff_t d) { return s_.velocities(i, d) / scale_.velocity; };
    for (std::ptrdiff_t i = 0; i < s_.size(); ++i) line({i + 1}, {v(i, 0), v(i, 1), v(i, 2)});
  }

  template <class Members, class Of>
  void write_members(const char* name, const Members& members, Of&& of) {
    if (members.empty()) return;
    section(name);
    std::int64_t id = 0;
    for (const auto& m : members) {
      const auto particles = of(m);
      if (particles.size() == 2)
        line({++id, m.type + 1, particles[0] + 1, particles[1] + 1});
      else
        line({++id, m.type + 1, particles[0] + 1, particles[1] + 1, particles[2] + 1});
    }
  }

  void write_coefficients() {
    write_pairs();
    if (!model_->bonds.empty()) section("Bond Coeffs # harmonic");
    for (std::size_t t = 0; t < model_->bonds.size(); ++t) {
      const auto& bond = model_->bonds[t];
      line({number(t + 1)}, {bond.k / 2 / scale_.bond(), bond.length / scale_.length});
    }
    if (!model_->angles.empty()) section("Angle Coeffs # harmonic");
    for (std::size_t t = 0; t < model_->angles.size(); ++t) {
      const auto& angle = model_->angles[t];
      line({number(t + 1)}, {angle.k / 2 / scale_.energy, angle.angle * (180 / std::numbers::pi)});
    }
  }

  void write_pairs() {
    const auto& types = model_->types;
    std::map<std::pair<int, int>, LennardJones> own;
    for (const auto& m : model_->mixed) own[{std::min(m.a, m.b), std::max(m.a, m.b)}] = m.pair;
    const auto pair = [&](std::size_t a, std::size_t b) {
      const auto found = own.find({static_cast<int>(a), static_cast<int>(b)});
      if (found != own.end()) return found->second;
      if (a == b) return types[a];
      const bool arithmetic = model_->mixing == dynamics::Mixing::lorentz_berthelot;
      return LennardJones{
          std::sqrt(types[a].epsilon * types[b].epsilon),
          arithmetic ? (types[a].sigma + types[b].sigma) / 2 : std::sqrt(types[a].sigma * types[b].sigma)};
    };
    section(types.size() == 1 ? "Pair Coeffs # lj/cut" : "PairIJ Coeffs # lj/cut");
    const double cutoff = model_->cutoff / scale_.length;
    for (std::size_t a = 0; a < types.size(); ++a)
      for (std::size_t b = a; b < types.size(); ++b) {
        const LennardJones p = pair(a, b);
        const double epsilon = p.epsilon / scale_.energy, sigma = p.sigma / scale_.length;
        if (types.size() == 1)
          line({1}, {epsilon, sigma, cutoff});
        else
          line({number(a + 1), number(b + 1)}, {epsilon, sigma, cutoff});
      }
  }

  AtomicFile& file_;
  const System& s_;
  const Model* model_;
  LammpsUnits units_;
  LammpsScale scale_;
  AtomStyle style_;
  std::string text_;
};

LammpsUnits units_for(const System& s, const LammpsWriteOptions& options, const std::string& path) {
  const bool nano = s.units.name == "nano";
  const LammpsUnits units = options.units.value_or(nano ? LammpsUnits::real : LammpsUnits::lj);
  if (nano == (units == LammpsUnits::lj))
    throw Error(Errc::invalid_argument,
                path + ": a system in " + s.units.name + " units cannot be written in units " + name_of(units));
  return units;
}

AtomStyle style_for(const System& s, const LammpsWriteOptions& options, const std::string& path) {
  const bool bonds = !s.bonds.empty() || !s.angles.empty(), charges = !s.charges.empty();
  const AtomStyle style = options.style.value_or(bonds || charges ? AtomStyle::full : AtomStyle::atomic);
  const bool holds_bonds = style == AtomStyle::full || style == AtomStyle::molecular,
             holds_charges = style == AtomStyle::full || style == AtomStyle::charge;
  if ((bonds && !holds_bonds) || (charges && !holds_charges))
    throw Error(Errc::invalid_argument, path + ": atom style " + name_of(style) + " holds no " +
                                            (bonds && !holds_bonds ? "bonds" : "charges") + "; full does");
  return style;
}

}  // namespace

void write_lammps_data(const std::string& path, const System& system, const Model* model,
                       const LammpsWriteOptions& options) {
  check(system);
  const LammpsUnits units = units_for(system, options, path);
  const AtomStyle style = style_for(system, options, path);
  if (model && model->types.size() != system.masses.size())
    throw Error(Errc::invalid_argument, path + ": the model has " + std::to_string(model->types.size()) +
                                            " types, the system has " + std::to_string(system.masses.size()));
  AtomicFile file(path);
  DataWriter(file, system, model, units, style).write();
  file.commit();
}

}  // namespace lagoon::files
