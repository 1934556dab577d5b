// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/lammps_data.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>
#include <numbers>
#include <utility>

#include "csv_error.hpp"
#include "lammps_sections.hpp"
#include "lammps_units.hpp"

namespace lagoon::files {
namespace {

struct Atom {
  std::int64_t id;
  std::int32_t type;
  double charge;
  std::array<double, 3> position;
};

class DataReader {
 public:
  DataReader(const ByteSource& source, const LammpsDataOptions& options)
      : lines_(source), words_(lines_.words()), options_(options) {}

  LammpsData read() {
    header_ = lines_.read_header(options_.max_particles);
    start();
    while (lines_.at_section()) {
      lines_.read_name();
      read_section(lines_.name(), lines_.hint());
    }
    if (header_.atoms > 0 && out_.system.positions.empty()) words_.fail("the file has no section Atoms");
    return std::move(out_);
  }

 private:
  /// What the header says.
  void start() {
    LammpsUnits units = options_.units.value_or(LammpsUnits::lj);
    if (!header_.units.empty()) {
      bool known = false;
      for (const LammpsUnits u : {LammpsUnits::lj, LammpsUnits::real, LammpsUnits::metal}) {
        if (header_.units != name_of(u)) continue;
        known = true;
        if (options_.units && *options_.units != u)
          words_.fail("the file is in units " + header_.units + ", " + name_of(*options_.units) + " were asked for");
        units = u;
      }
      if (!known) words_.fail("units " + in_quotes(header_.units) + " are not read; lj, real and metal are");
    }
    scale_ = scale_of(units);
    dynamics::System& s = out_.system;
    s.units = units == LammpsUnits::lj ? dynamics::Units::reduced() : dynamics::Units::nano();
    for (std::size_t d = 0; d < 3; ++d) {
      s.box.origin[d] = header_.low[d] * scale_.length;
      s.box.length[d] = (header_.high[d] - header_.low[d]) * scale_.length;
      if (!(s.box.length[d] > 0)) words_.fail("the box is too small to be told from none");
    }
    s.masses.assign(static_cast<std::size_t>(header_.atom_types), 1);
    out_.model.types.clear();
    out_.model.mixing = dynamics::Mixing::geometric;
  }

  void read_section(const std::string& name, const std::string& hint) {
    if (name == "Atoms") return read_atoms(hint);
    if (name == "Velocities") return read_velocities();
    if (name == "Masses") return read_masses();
    if (name == "Bonds") return read_bonds();
    if (name == "Angles") return read_angles();
    const bool pairs = name == "Pair Coeffs" || name == "PairIJ Coeffs";
    if (pairs && (hint.empty() || hint.starts_with("lj/cut"))) return read_pairs(name == "PairIJ Coeffs", hint);
    const bool harmonic = hint.empty() || hint == "harmonic";
    if (name == "Bond Coeffs" && harmonic) return read_bond_coefficients(hint);
    if (name == "Angle Coeffs" && harmonic) return read_angle_coefficients(hint);
    skip(hint, lines_.next());
  }

  /// Passes over the rest of a section whose first line is there already.
  void skip(const std::string& hint, bool more) {
    out_.skipped.push_back(lines_.name().substr(0, 100) + (hint.empty() ? "" : " # " + hint));
    while (more && !lines_.at_section()) more = lines_.next();
  }

  /// Reads `count` lines with body(k); when the first has none of the wanted numbers of words, the section is passed
  /// over and the answer is no.
  template <class Body>
  bool each(std::int64_t count, std::size_t fewest, std::size_t most, const std::string& hint, Body&& body) {
    for (std::int64_t k = 0; k < count; ++k) {
      if (k % 4096 == 0) throw_if_stopped();
      lines_.entry(k, count);
      if (k == 0 && (lines_.count_words() < fewest || lines_.count_words() > most)) {
        skip(hint, true);
        return false;
      }
      body();
      lines_.end_of_line();
    }
    end_section(count);
    return true;
  }
  template <class Body>
  void each(std::int64_t count, Body&& body) {
    each(count, 0, std::numeric_limits<std::size_t>::max(), "", body);
  }

  void end_section(std::int64_t count) {
    if (lines_.next() && !lines_.at_section())
      words_.fail(lines_.name() + " has more than the " + std::to_string(count) + " lines that the header says");
  }

  std::int32_t type(const char* what, std::int64_t types) {
    return static_cast<std::int32_t>(words_.integer(what, 1, types) - 1);
  }

  // Atoms

  AtomStyle style_of(const std::string& hint, std::size_t words) const {
    std::optional<AtomStyle> said;
    for (const AtomStyle s : {AtomStyle::atomic, AtomStyle::charge, AtomStyle::molecular, AtomStyle::full})
      if (hint == name_of(s)) said = s;
    if (hint == "bond" || hint == "angle") said = AtomStyle::molecular;
    if (!hint.empty() && !said && !options_.style)
      words_.fail("atom style " + in_quotes(hint) + " is not read; atomic, charge, molecular and full are");
    if (said && options_.style && *said != *options_.style)
      words_.fail("the file says atom style " + hint + ", " + name_of(*options_.style) + " was asked for");
    if (said) return *said;
    if (options_.style) return *options_.style;
    if (words == 5 || words == 8) return AtomStyle::atomic;
    if (words == 7 || words == 10) return AtomStyle::full;
    words_.fail("lines of " + std::to_string(words) +
                " words may be of atom style charge, molecular or another; say which, or write 'Atoms # charge'");
  }

  void read_atoms(const std::string& hint) {
    const std::int64_t n = header_.atoms;
    if (!ids_.empty()) words_.fail("a second section Atoms");
    if (n > 0 && header_.atom_types == 0) words_.fail("the header does not say how many atom types there are");
    lines_.check_room(n, 10);
    Tensor<Atom, 1> atoms({n});
    AtomStyle style = AtomStyle::atomic;
    std::ptrdiff_t k = 0;
    each(n, [&] {
      if (k == 0) style = style_of(hint, lines_.count_words());
      atoms[k++] = read_atom(style);
    });
    keep(atoms, style);
  }

  Atom read_atom(AtomStyle style) {
    Atom a{};
    a.id = words_.integer("an atom's id", 1);
    if (style == AtomStyle::molecular || style == AtomStyle::full) words_.integer("a molecule's id");
    a.type = type("an atom's type", header_.atom_types);
    if (style == AtomStyle::charge || style == AtomStyle::full) a.charge = words_.real("a charge");
    for (double& x : a.position) x = words_.real("a coordinate", scale_.length);
    if (!words_.has_word()) return a;
    for (std::size_t d = 0; d < 3; ++d) {
      constexpr std::int64_t kMostTurns = std::int64_t{1} << 30;
      const auto turns = words_.integer("an image flag", -kMostTurns, kMostTurns);
      if (!options_.unwrap) continue;
      a.position[d] += static_cast<double>(turns) * out_.system.box.length[d];
      if (!std::isfinite(a.position[d])) words_.fail("a coordinate with its image flag is beyond all numbers");
    }
    return a;
  }

  void keep(Tensor<Atom, 1>& atoms, AtomStyle style) {
    std::sort(atoms.data(), atoms.data() + atoms.size(), [](const Atom& a, const Atom& b) { return a.id < b.id; });
    dynamics::System& s = out_.system;
    const std::ptrdiff_t n = atoms.size();
    s.positions = Tensor<double, 2>({n, 3});
    s.types = Tensor<std::int32_t, 1>({n});
    if (style == AtomStyle::charge || style == AtomStyle::full) s.charges = Tensor<double, 1>({n});
    ids_ = Tensor<std::int64_t, 1>({n});
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      const Atom& a = atoms[i];
      if (i > 0 && ids_[i - 1] == a.id) words_.fail("atom " + std::to_string(a.id) + " is there twice in Atoms");
      ids_[i] = a.id;
      s.types[i] = a.type;
      if (!s.charges.empty()) s.charges[i] = a.charge;
      for (std::size_t d = 0; d < 3; ++d) s.positions(i, static_cast<std::ptrdiff_t>(d)) = a.position[d];
    }
  }

  /// The row of the atom with the id that comes next in the line.
  std::int32_t row() {
    const std::int64_t id = words_.integer("an atom's id");
    const std::int64_t* const begin = ids_.data();
    const std::int64_t* const end = begin + ids_.size();
    // Mostly ids are 1 to n.
    if (id >= 1 && id <= ids_.size() && begin[id - 1] == id) return static_cast<std::int32_t>(id - 1);
    const std::int64_t* const at = std::lower_bound(begin, end, id);
    if (at == end || *at != id) words_.fail("atom " + std::to_string(id) + " is not among Atoms");
    return static_cast<std::int32_t>(at - begin);
  }

  void need_atoms() {
    if (header_.atoms > 0 && ids_.empty()) words_.fail(lines_.name() + " stands before Atoms");
  }

  void read_velocities() {
    need_atoms();
    dynamics::System& s = out_.system;
    s.velocities = Tensor<double, 2>({ids_.size(), 3});
    std::vector<bool> seen(static_cast<std::size_t>(ids_.size()));
    each(ids_.size(), [&] {
      const std::int32_t i = row();
      if (seen[static_cast<std::size_t>(i)]) words_.fail("a second velocity of atom " + std::to_string(ids_[i]));
      seen[static_cast<std::size_t>(i)] = true;
      for (std::ptrdiff_t d = 0; d < 3; ++d) s.velocities(i, d) = words_.real("a velocity", scale_.velocity);
    });
  }

  void read_masses() {
    std::vector<double>& masses = out_.system.masses;
    std::fill(masses.begin(), masses.end(), 0);
    each(header_.atom_types, [&] {
      const auto t = static_cast<std::size_t>(type("an atom's type", header_.atom_types));
      masses[t] = words_.real("a mass");
      if (!(masses[t] > 0)) words_.fail("the mass of type " + std::to_string(t + 1) + " is not positive");
    });
    const auto none = std::find(masses.begin(), masses.end(), 0.0);
    if (none != masses.end())
      words_.fail("Masses end without that of type " + std::to_string(none - masses.begin() + 1));
    out_.has_masses = true;
  }

  void read_bonds() {
    need_atoms();
    lines_.check_room(header_.bonds, 8);
    auto& bonds = out_.system.bonds;
    bonds.clear();
    bonds.reserve(static_cast<std::size_t>(header_.bonds));
    each(header_.bonds, [&] {
      words_.integer("a bond's id");
      const std::int32_t t = type("a bond's type", header_.bond_types), i = row(), j = row();
      if (i == j) words_.fail("a bond of atom " + std::to_string(ids_[i]) + " with itself");
      bonds.push_back({i, j, t});
    });
  }

  void read_angles() {
    need_atoms();
    lines_.check_room(header_.angles, 10);
    auto& angles = out_.system.angles;
    angles.clear();
    angles.reserve(static_cast<std::size_t>(header_.angles));
    each(header_.angles, [&] {
      words_.integer("an angle's id");
      const std::int32_t t = type("an angle's type", header_.angle_types), i = row(), j = row(), k = row();
      if (i == j || j == k || i == k) words_.fail("an angle that names an atom twice");
      angles.push_back({i, j, k, t});
    });
  }

  // Coefficients

  void read_pairs(bool all, const std::string& hint) {
    const std::int64_t types = header_.atom_types, count = all ? types * (types + 1) / 2 : types;
    dynamics::Model& m = out_.model;
    m.types.assign(static_cast<std::size_t>(types), {0, 0});
    m.mixed.clear();
    const std::size_t words = all ? 4 : 3;
    out_.has_pairs = each(count, words, words + 1, hint, [&] {
      const std::int32_t a = type("an atom's type", types), b = all ? type("an atom's type", types) : a;
      const double epsilon = words_.real("epsilon", scale_.energy), sigma = words_.real("sigma", scale_.length);
      if (words_.has_word()) take_cutoff(words_.real("a cutoff", scale_.length));
      if (a == b)
        m.types[static_cast<std::size_t>(a)] = {epsilon, sigma};
      else
        m.mixed.push_back({a, b, {epsilon, sigma}});
    });
    if (!out_.has_pairs) m.types.clear();
  }

  void take_cutoff(double cutoff) {
    if (!(cutoff > 0)) words_.fail("a cutoff that is not positive");
    if (out_.has_cutoff && cutoff != out_.model.cutoff)
      words_.fail("pairs with cutoffs that differ; one for all is wanted");
    out_.model.cutoff = cutoff;
    out_.has_cutoff = true;
  }

  // U = K (x - x0)^2 there, 1/2 k (x - x0)^2 here.

  void read_bond_coefficients(const std::string& hint) {
    auto& bonds = out_.model.bonds;
    bonds.assign(static_cast<std::size_t>(header_.bond_types), {});
    const bool read = each(header_.bond_types, 3, 3, hint, [&] {
      auto& bond = bonds[static_cast<std::size_t>(type("a bond's type", header_.bond_types))];
      bond.k = words_.real("K", 2 * scale_.bond());
      bond.length = words_.real("a length", scale_.length);
    });
    if (!read) bonds.clear();
  }

  void read_angle_coefficients(const std::string& hint) {
    auto& angles = out_.model.angles;
    angles.assign(static_cast<std::size_t>(header_.angle_types), {});
    const bool read = each(header_.angle_types, 3, 3, hint, [&] {
      auto& angle = angles[static_cast<std::size_t>(type("an angle's type", header_.angle_types))];
      angle.k = words_.real("K", 2 * scale_.energy);
      angle.angle = words_.real("an angle", (std::numbers::pi / 180));
    });
    if (!read) angles.clear();
  }

  LammpsLines lines_;
  Lines& words_;
  const LammpsDataOptions& options_;
  LammpsHeader header_;
  LammpsScale scale_;
  LammpsData out_;
  Tensor<std::int64_t, 1> ids_;  // in ascending order, as the rows of the system
};

}  // namespace

LammpsData read_lammps_data(const std::string& path, const LammpsDataOptions& options) {
  const ByteSource source = ByteSource::open(path);
  return DataReader(source, options).read();
}

LammpsData parse_lammps_data(std::string_view text, const std::string& name, const LammpsDataOptions& options) {
  const ByteSource source = ByteSource::over(text, name);
  return DataReader(source, options).read();
}

}  // namespace lagoon::files
