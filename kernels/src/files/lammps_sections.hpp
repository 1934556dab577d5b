// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lines.hpp"

namespace lagoon::files {

/// What stands before the first section of a data file; numbers as they are there.
struct LammpsHeader {
  std::string units;  ///< "" where the first line does not say
  std::int64_t atoms = 0, bonds = 0, angles = 0;
  std::int64_t atom_types = 0, bond_types = 0, angle_types = 0;
  std::array<double, 3> low{-0.5, -0.5, -0.5}, high{0.5, 0.5, 0.5};
};

/// The lines of a data file that say something, and the sections that they form.
class LammpsLines {
 public:
  explicit LammpsLines(const ByteSource& source) : lines_(source) {}

  /// Reads up to the first section, at whose name the lines stand then.
  LammpsHeader read_header(std::int64_t most_atoms);

  Lines& words() noexcept { return lines_; }

  /// On to the next line with words before a '#'; false at the end of the file.
  bool next();
  /// Whether the current line begins with a letter, as only names of sections do.
  bool at_section();
  /// The name of the section, "Pair Coeffs", and what its comment says, "lj/cut".
  std::string name() const { return name_; }
  std::string hint() const { return hint_; }
  void read_name();

  /// On to the next line of a section that promises so many; fails when there is none.
  void entry(std::int64_t k, std::int64_t count);
  /// Fails when words are left in this line.
  void end_of_line();
  /// How many words the current line has.
  std::size_t count_words() const;
  /// Fails when so many lines of at least so many bytes cannot be in what is left.
  void check_room(std::int64_t count, std::size_t bytes_each) const;

 private:
  void read_header_line(LammpsHeader& header, std::int64_t most_atoms);

  Lines lines_;
  bool ended_ = false;
  std::string name_, hint_;
};

}  // namespace lagoon::files
