// SPDX-License-Identifier: Apache-2.0
#include "lammps_sections.hpp"

#include <cctype>
#include <cmath>
#include <vector>

#include "csv_error.hpp"
#include "xyz_header.hpp"

namespace lagoon::files {
namespace {

/// Words with one space between them.
std::string joined(std::string_view text) {
  std::string words;
  for (const char c : text) {
    if (!is_space(c))
      words += c;
    else if (!words.empty() && words.back() != ' ')
      words += ' ';
  }
  if (words.ends_with(' ')) words.pop_back();
  return words;
}

/// "real" of "LAMMPS data file via write_data, version ..., units = real".
std::string units_of(std::string_view line) {
  constexpr std::string_view kKey = "units = ";
  const std::size_t at = line.find(kKey);
  if (at == std::string_view::npos) return {};
  line = line.substr(at + kKey.size());
  std::size_t end = 0;
  while (end < line.size() && std::isalpha(static_cast<unsigned char>(line[end]))) ++end;
  return std::string(line.substr(0, end));
}

}  // namespace

bool LammpsLines::next() {
  while (lines_.next()) {
    hint_ = joined(lines_.cut('#').substr(0, 200));
    if (lines_.has_word()) return true;
  }
  ended_ = true;
  return false;
}

bool LammpsLines::at_section() { return !ended_ && std::isalpha(static_cast<unsigned char>(lines_.peek())); }

void LammpsLines::read_name() { name_ = joined(lines_.line()); }

LammpsHeader LammpsLines::read_header(std::int64_t most_atoms) {
  LammpsHeader header;
  if (!lines_.next()) lines_.fail("the file is empty");
  header.units = units_of(lines_.line());
  while (next() && !at_section()) read_header_line(header, most_atoms);
  for (std::size_t d = 0; d < 3; ++d)
    if (!(header.high[d] > header.low[d]) || !std::isfinite(header.high[d] - header.low[d]))
      lines_.fail(std::string("the box ends at ") + std::to_string(header.high[d]) + " along " + "xyz"[d] +
                  " and begins at " + std::to_string(header.low[d]));
  return header;
}

void LammpsLines::read_header_line(LammpsHeader& header, std::int64_t most_atoms) {
  const std::string line = joined(lines_.line().substr(0, 1000));
  const auto ends = [&](const char* keyword) { return line.ends_with(std::string(" ") + keyword); };
  for (std::size_t d = 0; d < 3; ++d)
    if (ends(d == 0 ? "xlo xhi" : d == 1 ? "ylo yhi" : "zlo zhi")) {
      header.low[d] = lines_.real("where the box begins");
      header.high[d] = lines_.real("where the box ends");
      return;
    }
  if (ends("xy xz yz")) {
    for (int k = 0; k < 3; ++k)
      if (lines_.real("a tilt factor") != 0)
        lines_.fail("the box is triclinic (tilt factors); only boxes with edges along x, y and z are read");
    return;
  }
  if (ends("avec") || ends("bvec") || ends("cvec"))
    lines_.fail("the box is triclinic (avec, bvec, cvec); only boxes with edges along x, y and z are read");
  const auto count = [&](const char* what, std::int64_t& to, std::int64_t most) {
    if (!ends(what) || line.find(' ') + 1 != line.size() - std::string_view(what).size()) return;
    to = lines_.integer((std::string("the number of ") + what).c_str(), 0);
    if (to > most)
      lines_.fail(grouped(static_cast<std::size_t>(to)) + " " + what + "; " + grouped(static_cast<std::size_t>(most)) +
                      " are allowed",
                  Errc::resource_exhausted);
  };
  constexpr std::int64_t kMostBonds = std::int64_t{1} << 40;  // how many fit is looked at in their section
  count("atoms", header.atoms, most_atoms);
  count("bonds", header.bonds, kMostBonds);
  count("angles", header.angles, kMostBonds);
  count("atom types", header.atom_types, kMaxTypes);
  count("bond types", header.bond_types, kMaxTypes);
  count("angle types", header.angle_types, kMaxTypes);
}

void LammpsLines::entry(std::int64_t k, std::int64_t count) {
  if (!next() || at_section())
    lines_.fail(name_ + " ends after " + std::to_string(k) + " lines; " + std::to_string(count) + " are promised");
}

void LammpsLines::end_of_line() {
  if (lines_.has_word()) lines_.fail(in_quotes(lines_.word()) + " is more than a line of " + name_ + " has");
}

std::size_t LammpsLines::count_words() const {
  std::size_t words = 0;
  bool inside = false;
  for (const char c : lines_.line()) {
    words += !inside && !is_space(c);
    inside = !is_space(c);
  }
  return words;
}

void LammpsLines::check_room(std::int64_t count, std::size_t bytes_each) const {
  if (static_cast<std::size_t>(count) > (lines_.left() + 1) / bytes_each)
    lines_.fail(std::to_string(count) + " lines of " + name_ + " do not fit into the " + grouped(lines_.left()) +
                " bytes that are left");
}

}  // namespace lagoon::files
