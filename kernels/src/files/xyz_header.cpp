// SPDX-License-Identifier: Apache-2.0
#include "xyz_header.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace lagoon::files {
namespace {

using Is = XyzColumn::Is;

constexpr std::size_t kMostWords = 1 << 12;  // of a particle

struct Pair {
  std::string key;  // in lower case
  std::string_view value;
};

/// key=value, key="two words", key={...}, key (nothing follows). What does not fit is passed over: the line may be a
/// sentence.
std::vector<Pair> pairs_of(std::string_view line) {
  constexpr std::string_view kOpen = "\"'{[", kClose = "\"'}]";
  std::vector<Pair> pairs;
  std::size_t at = 0;
  while (at < line.size()) {
    while (at < line.size() && is_space(line[at])) ++at;
    const std::size_t key = at;
    while (at < line.size() && line[at] != '=' && !is_space(line[at])) ++at;
    Pair pair{lower(line.substr(key, at - key)), {}};
    if (at < line.size() && line[at] == '=') {
      ++at;
      const std::size_t bracket = at < line.size() ? kOpen.find(line[at]) : std::string_view::npos;
      std::size_t end = at;
      if (bracket != std::string_view::npos) {
        end = std::min(line.find(kClose[bracket], ++at), line.size());
      } else {
        while (end < line.size() && !is_space(line[end])) ++end;
      }
      pair.value = line.substr(at, end - at);
      at = end + (bracket != std::string_view::npos ? 1 : 0);
    }
    if (!pair.key.empty()) pairs.push_back(std::move(pair));
  }
  return pairs;
}

std::vector<std::string_view> split(std::string_view text, std::string_view marks) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = std::min(text.find_first_not_of(marks, at), text.size());
    at = std::min(text.find_first_of(marks, begin), text.size());
    if (at > begin) words.push_back(text.substr(begin, at - begin));
  }
  return words;
}

/// All words as finite numbers, or nothing.
std::vector<double> numbers_of(std::string_view text) {
  std::vector<double> numbers;
  for (const std::string_view word : split(text, " \t,[]")) {
    double value = 0;
    if (!parse_number(word, value) || !std::isfinite(value)) return {};
    numbers.push_back(value);
  }
  return numbers;
}

class HeaderReader {
 public:
  explicit HeaderReader(const Lines& line) : line_(line), pairs_(pairs_of(line.line())) {}

  XyzHeader read() {
    const Pair* properties = find("properties");
    header_.plain = !properties;
    if (properties) {
      read_columns(properties->value);
    } else {
      header_.columns = {{Is::species, 1}, {Is::position, 3}};
      header_.words = 4;
    }
    strict_ = properties || find("lattice");
    read_box();
    read_info();
    read_types();
    return std::move(header_);
  }

 private:
  const Pair* find(std::string_view key) const {
    const auto found = std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& p) { return p.key == key; });
    return found == pairs_.end() ? nullptr : &*found;
  }

  Is meaning(std::string_view name, std::string_view type, std::size_t words) const {
    const bool real = type == "R" || type == "I", vector = words == 3 && real, one = words == 1;
    if ((name == "pos" || name == "positions") && vector) return Is::position;
    if ((name == "vel" || name == "velo" || name == "velocities") && vector) return Is::velocity;
    if ((name == "species" || name == "element") && one && type == "S") return Is::species;
    if ((name == "charge" || name == "charges") && one && real) return Is::charge;
    if (name == "id" && one && type == "I") return Is::id;
    if (name == "type" && one && type == "I") return Is::type;
    return Is::other;
  }

  void read_columns(std::string_view properties) {
    const auto parts = split(properties, ":");
    if (parts.empty() || parts.size() % 3 != 0)
      line_.fail("Properties are " + in_quotes(properties) + "; name:type:words:name:type:words... is wanted");
    for (std::size_t k = 0; k < parts.size(); k += 3) {
      std::int64_t words = 0;
      if (!parse_integer(parts[k + 2], words) || words < 1 || words > static_cast<std::int64_t>(kMostWords))
        line_.fail("property " + in_quotes(parts[k]) + " has " + in_quotes(parts[k + 2]) + " words");
      const auto count = static_cast<std::size_t>(words);
      const Is is = meaning(lower(parts[k]), parts[k + 1], count);
      if (is != Is::other && header_.has(is)) line_.fail("property " + in_quotes(parts[k]) + " is there twice");
      header_.columns.push_back({is, count});
      header_.words += count;
      if (header_.words > kMostWords) line_.fail("Properties have more than " + std::to_string(kMostWords) + " words");
    }
    if (!header_.has(Is::position)) line_.fail("Properties name no pos:R:3");
  }

  /// The numbers of a key; none when it is not there, or when a comment only looks as if it were.
  std::vector<double> numbers(std::string_view key, std::size_t wanted) const {
    const Pair* pair = find(key);
    if (!pair) return {};
    auto found = numbers_of(pair->value);
    if (found.size() == wanted) return found;
    if (strict_)
      line_.fail(std::string(key) + " is " + in_quotes(pair->value) + "; " + std::to_string(wanted) +
                 (wanted == 1 ? " number is wanted" : " numbers are wanted"));
    return {};
  }

  void read_box() {
    header_.boundary.fill(dynamics::Boundary::open);
    if (const auto a = numbers("lattice", 9); !a.empty()) {
      const double longest = std::max({a[0], a[4], a[8]});
      for (const std::size_t k : {1, 2, 3, 5, 6, 7})
        // Programs that rotate lattices leave roundings there.
        if (std::abs(a[k]) > 1e-9 * longest)
          line_.fail("the lattice is triclinic; only boxes with edges along x, y and z are read");
      set_lattice({a[0], a[4], a[8]});
    }
    if (header_.plain && !header_.lattice) read_cell();
    if (const auto o = numbers("origin", 3); !o.empty()) header_.origin = {o[0], o[1], o[2]};
    if (header_.lattice) read_boundaries();
  }

  void set_lattice(const std::array<double, 3>& edges) {
    for (const double edge : edges)
      if (!(edge > 0)) line_.fail("an edge of the box is " + std::to_string(edge) + " long");
    header_.lattice = edges;
    header_.boundary.fill(dynamics::Boundary::periodic);
  }

  /// "cell: 8.0 8.0 8.0", as NIST's reference configurations have it, around 0.
  void read_cell() {
    std::string_view rest = line_.line();
    while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
    if (lower(rest.substr(0, 5)) != "cell:") return;
    const auto edges = numbers_of(rest.substr(5));
    if (edges.size() != 3) return;
    set_lattice({edges[0], edges[1], edges[2]});
    header_.origin = {-edges[0] / 2, -edges[1] / 2, -edges[2] / 2};
  }

  void read_boundaries() {
    if (const Pair* pbc = find("pbc")) {
      const auto words = split(pbc->value, " \t,[]");
      for (std::size_t d = 0; d < 3; ++d) {
        const std::string word = words.size() == 3 ? lower(words[d]) : "";
        const bool yes = word == "t" || word == "true" || word == "1",
                   no = word == "f" || word == "false" || word == "0";
        if (!yes && !no) line_.fail("pbc is " + in_quotes(pbc->value) + "; three of T and F are wanted");
        header_.boundary[d] = yes ? dynamics::Boundary::periodic : dynamics::Boundary::open;
      }
    }
    if (const Pair* walls = find("reflecting")) {  // this library's: pbc has no letter for it
      const auto words = split(walls->value, " \t,[]");
      for (std::size_t d = 0; d < 3 && words.size() == 3; ++d)
        if (lower(words[d]) == "t") header_.boundary[d] = dynamics::Boundary::reflecting;
    }
  }

  void read_info() {
    if (const Pair* step = find("step")) {
      std::int64_t value = 0;
      if (parse_integer(step->value, value))
        header_.info.step = value;
      else if (strict_)
        line_.fail("Step is " + in_quotes(step->value) + "; an integer is wanted");
    }
    if (const auto time = numbers("time", 1); !time.empty()) header_.info.time = time[0];
    if (const auto energy = numbers("energy", 1); !energy.empty()) header_.info.energy = energy[0];
  }

  void read_types() {
    if (const Pair* units = find("units"); units && (units->value == "nano" || units->value == "reduced"))
      header_.units = units->value;
    if (!strict_) return;
    if (const Pair* masses = find("masses")) {
      header_.masses = numbers_of(masses->value);
      const auto bad = [](double m) { return !(m > 0); };
      if (header_.masses.empty() || static_cast<std::int64_t>(header_.masses.size()) > kMaxTypes ||
          std::any_of(header_.masses.begin(), header_.masses.end(), bad))
        line_.fail("masses are " + in_quotes(masses->value) + "; a positive number per type is wanted");
    }
    if (const Pair* names = find("names"))
      for (const std::string_view name : split(names->value, " \t")) header_.names.emplace_back(name);
    if (!header_.names.empty() && header_.names.size() != header_.masses.size())
      line_.fail(std::to_string(header_.names.size()) + " names for " + std::to_string(header_.masses.size()) +
                 " masses of types");
  }

  const Lines& line_;
  std::vector<Pair> pairs_;
  XyzHeader header_;
  bool strict_ = false;  // a comment that only looks like keys is no error
};

}  // namespace

bool XyzHeader::has(Is what) const {
  return std::any_of(columns.begin(), columns.end(), [&](const XyzColumn& c) { return c.is == what; });
}

XyzHeader parse_xyz_header(const Lines& line) { return HeaderReader(line).read(); }

}  // namespace lagoon::files
