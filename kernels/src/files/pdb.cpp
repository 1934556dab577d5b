// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/pdb.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <unordered_map>
#include <utility>

#include "csv_error.hpp"
#include "elements.hpp"
#include "enclose.hpp"
#include "pdb_fields.hpp"

namespace lagoon::files {
namespace {

constexpr double kAngstrom = 0.1;  // nm

class PdbReader {
 public:
  PdbReader(const ByteSource& source, std::ptrdiff_t most) : lines_(source), most_(static_cast<std::size_t>(most)) {}

  PdbStructure read() {
    while (lines_.next()) {
      const std::string_view record = pdb::field(lines_, 1, 6);
      if (record == "ATOM" || record == "HETATM") {
        if (!past_model_) read_atom();
      } else if (record == "ENDMDL") {
        past_model_ = true;
      } else if (record == "CRYST1") {
        read_cell();
      } else if (record == "CONECT") {
        read_bonds();
      }
    }
    if (out_.atoms.empty()) lines_.fail("the file has no ATOM or HETATM");
    finish();
    return std::move(out_);
  }

 private:
  void read_atom() {
    std::int64_t residue_number = 0;
    pdb::try_serial(pdb::field(lines_, 23, 26), 4, residue_number);
    const std::string residue(lines_.line().substr(std::min<std::size_t>(21, lines_.line().size()), 6));
    const char alternate = pdb::letter(lines_, 17);
    if (residue != residue_) {
      residue_ = residue;
      alternate_ = ' ';
    }
    if (alternate_ == ' ') alternate_ = alternate;
    if (alternate != ' ' && alternate != alternate_) return;
    if (out_.atoms.size() == most_)
      lines_.fail("more than the " + grouped(most_) + " particles that are allowed", Errc::resource_exhausted);
    for (std::size_t d = 0; d < 3; ++d) {
      const char* const what[] = {"x", "y", "z"};
      positions_.push_back(pdb::real(lines_, 31 + 8 * d, 38 + 8 * d, what[d]) * kAngstrom);
    }
    types_.push_back(type_of(pdb::element(lines_)));
    PdbAtom atom{0, std::string(pdb::field(lines_, 13, 16)), std::string(pdb::field(lines_, 18, 21)), residue_number,
                 pdb::letter(lines_, 22)};
    if (pdb::try_serial(pdb::field(lines_, 7, 11), 5, atom.serial))
      index_.emplace(atom.serial, static_cast<std::int32_t>(out_.atoms.size()));
    out_.atoms.push_back(std::move(atom));
  }

  std::int32_t type_of(std::string element) {
    auto& names = out_.system.type_names;  // at most as many as there are elements
    const auto number = static_cast<std::size_t>(std::find(names.begin(), names.end(), element) - names.begin());
    if (number == names.size()) names.push_back(std::move(element));
    return static_cast<std::int32_t>(number);
  }

  void read_cell() {
    dynamics::Box box;
    bool unit = true;
    for (std::size_t d = 0; d < 3; ++d) {
      const char* const edges[] = {"edge a", "edge b", "edge c"};
      const char* const angles[] = {"angle alpha", "angle beta", "angle gamma"};
      const double edge = pdb::real(lines_, 7 + 9 * d, 15 + 9 * d, edges[d]);
      const double angle = pdb::real(lines_, 34 + 7 * d, 40 + 7 * d, angles[d]);
      unit &= edge == 1;
      if (!(edge >= 0)) lines_.fail(std::string(edges[d]) + " of the cell is " + std::to_string(edge));
      if (edge == 0) return;  // what some programs write for no cell
      if (std::abs(angle - 90) > 1e-3)
        lines_.fail("the cell is triclinic; only boxes with edges along x, y and z are read");
      box.length[d] = edge * kAngstrom;
    }
    if (unit) return;
    out_.system.box = box;
    has_cell_ = true;
  }

  void read_bonds() {
    std::int64_t from = 0;
    if (!pdb::try_serial(pdb::field(lines_, 7, 11), 5, from)) lines_.fail("columns 7-11: no serial number of an atom");
    const auto i = index_.find(from);
    for (std::size_t column = 12; column <= 27; column += 5) {
      const std::string_view text = pdb::field(lines_, column, column + 4);
      std::int64_t to = 0;
      if (text.empty()) continue;
      if (!pdb::try_serial(text, 5, to))
        lines_.fail("columns " + std::to_string(column) + "-" + std::to_string(column + 4) + ": " + in_quotes(text) +
                    " in place of a serial number");
      const auto j = index_.find(to);
      // Atoms of other alternate locations, or that were cut out of the file, are not there to be bonded.
      if (i == index_.end() || j == index_.end() || i->second == j->second) continue;
      out_.system.bonds.push_back({std::min(i->second, j->second), std::max(i->second, j->second), 0});
    }
  }

  void finish() {
    dynamics::System& s = out_.system;
    const auto n = static_cast<std::ptrdiff_t>(out_.atoms.size());
    s.units = dynamics::Units::nano();
    s.positions = Tensor<double, 2>::copy_of(View<const double, 2>(positions_.data(), {n, 3}));
    s.types = Tensor<std::int32_t, 1>::copy_of(View<const std::int32_t, 1>(types_.data(), {n}));
    s.masses.clear();
    for (const std::string& element : s.type_names) s.masses.push_back(atomic_weight(element).value_or(1));
    if (!has_cell_ && !enclose(s)) lines_.fail("the atoms are farther apart than numbers go");
    // Each bond stands at both of its atoms, and double bonds twice at each.
    const auto ends = [](const dynamics::Bond& b) { return std::pair(b.i, b.j); };
    std::sort(s.bonds.begin(), s.bonds.end(), [&](const auto& a, const auto& b) { return ends(a) < ends(b); });
    s.bonds.erase(
        std::unique(s.bonds.begin(), s.bonds.end(), [&](const auto& a, const auto& b) { return ends(a) == ends(b); }),
        s.bonds.end());
  }

  Lines lines_;
  std::size_t most_;
  PdbStructure out_;
  std::vector<double> positions_;
  std::vector<std::int32_t> types_;
  std::unordered_map<std::int64_t, std::int32_t> index_;  // of the first atom with that serial number
  std::string residue_;                                   // columns 22-27 of the last atom
  char alternate_ = ' ';                                  // which locations of this residue are taken
  bool past_model_ = false, has_cell_ = false;
};

}  // namespace

PdbStructure read_pdb(const std::string& path, std::ptrdiff_t max_particles) {
  const ByteSource source = ByteSource::open(path);
  return PdbReader(source, max_particles).read();
}

PdbStructure parse_pdb(std::string_view text, const std::string& name, std::ptrdiff_t max_particles) {
  const ByteSource source = ByteSource::over(text, name);
  return PdbReader(source, max_particles).read();
}

}  // namespace lagoon::files
