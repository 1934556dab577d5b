// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/xyz.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/stop.hpp>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "csv_error.hpp"
#include "elements.hpp"
#include "enclose.hpp"
#include "xyz_header.hpp"

namespace lagoon::files {
namespace {

using Is = XyzColumn::Is;
constexpr double kAngstrom = 0.1;  // nm

/// Species and the numbers of their types, as far as the file was read.
struct SpeciesTable {
  std::vector<std::string> names;
  std::unordered_map<std::string, std::int32_t> numbers;

  std::int32_t number(const Lines& line, std::string_view name) {
    // Neighbours are mostly of one species.
    if (last < names.size() && names[last] == name) return static_cast<std::int32_t>(last);
    const auto [at, fresh] = numbers.try_emplace(std::string(name), static_cast<std::int32_t>(names.size()));
    if (fresh && static_cast<std::int64_t>(names.size()) >= kMaxTypes)
      line.fail("more than " + std::to_string(kMaxTypes) + " species");
    if (fresh) names.emplace_back(name);
    last = static_cast<std::size_t>(at->second);
    return at->second;
  }
  std::size_t last = 0;
};

/// The number of particles in the current line.
std::ptrdiff_t read_count(Lines& lines, std::ptrdiff_t most) {
  const std::int64_t n = lines.integer("the number of particles", 0);
  if (lines.has_word()) lines.fail(in_quotes(lines.word()) + " after the number of particles");
  if (n > most)
    lines.fail("a frame of " + counted(static_cast<std::size_t>(n), "particle") + "; " +
                   grouped(static_cast<std::size_t>(most)) + " are allowed",
               Errc::resource_exhausted);
  return n;
}

/// Whether so many particles can be in what is left: each word takes a letter and what separates it.
bool may_hold(const Lines& lines, const XyzHeader& header, std::ptrdiff_t n) {
  return static_cast<std::size_t>(n) <= (lines.left() + 1) / (2 * header.words);
}

[[noreturn]] void fail_cut_off(const Lines& lines, std::ptrdiff_t n) {
  lines.fail("the file ends within a frame of " + counted(static_cast<std::size_t>(n), "particle"));
}

/// Reads the particles of one frame.
class FrameReader {
 public:
  FrameReader(Lines& lines, XyzHeader header, std::ptrdiff_t n, SpeciesTable& table, const XyzOptions& options)
      : lines_(lines), header_(std::move(header)), n_(n), table_(table) {
    System& s = frame_.system;
    if (options.units && !header_.units.empty() && options.units->name != header_.units)
      lines_.fail("the file is in " + header_.units + " units, " + options.units->name + " were asked for");
    s.units = options.units             ? *options.units
              : header_.units == "nano" ? dynamics::Units::nano()
                                        : dynamics::Units::reduced();
    if (s.units.name == "nano") length_ = kAngstrom;
    s.positions = Tensor<double, 2>({n, 3});
    if (header_.has(Is::velocity)) s.velocities = Tensor<double, 2>({n, 3});
    if (header_.has(Is::charge)) s.charges = Tensor<double, 1>({n});
    if (header_.has(Is::species) || header_.has(Is::type)) s.types = Tensor<std::int32_t, 1>({n});
    if (header_.has(Is::id)) ids_.reserve(static_cast<std::size_t>(n));
  }

  XyzFrame read() {
    for (std::ptrdiff_t i = 0; i < n_; ++i) {
      if (!lines_.next()) fail_cut_off(lines_, n_);
      read_particle(i);
    }
    sort_by_id();
    set_types();
    set_box();
    frame_.info = header_.info;
    return std::move(frame_);
  }

 private:
  using System = dynamics::System;

  void read_vector(Tensor<double, 2>& to, std::ptrdiff_t i, const char* what) {
    for (std::ptrdiff_t d = 0; d < 3; ++d) to(i, d) = lines_.real(what, length_);
  }

  void read_particle(std::ptrdiff_t i) {
    System& s = frame_.system;
    std::string_view species;
    std::int64_t type = 0;
    for (const XyzColumn& column : header_.columns) {
      switch (column.is) {
        case Is::position: read_vector(s.positions, i, "a coordinate"); break;
        case Is::velocity: read_vector(s.velocities, i, "a velocity"); break;
        case Is::charge: s.charges[i] = lines_.real("a charge"); break;
        case Is::id: ids_.push_back(lines_.integer("an id")); break;
        case Is::type: type = lines_.integer("a type", 1, kMaxTypes); break;
        case Is::species:
          species = lines_.word();
          if (species.empty()) lines_.fail("the line ends before a species");
          break;
        case Is::other:
          for (std::size_t k = 0; k < column.words; ++k)
            if (lines_.word().empty()) lines_.fail("the line has fewer words than Properties say");
      }
    }
    if (!header_.plain && lines_.has_word()) lines_.fail(in_quotes(lines_.word()) + " is more than Properties say");
    if (type > 0)
      set_type(i, static_cast<std::int32_t>(type - 1), species);
    else if (!species.empty())
      s.types[i] = table_.number(lines_, species);
  }

  /// Types that are numbers take their names from the species beside them.
  void set_type(std::ptrdiff_t i, std::int32_t type, std::string_view species) {
    frame_.system.types[i] = type;
    const auto t = static_cast<std::size_t>(type);
    if (t >= names_.size()) names_.resize(t + 1);
    if (names_[t].empty()) names_[t] = species;
    if (names_[t] != species)
      lines_.fail("a particle of type " + std::to_string(type + 1) + " is " + in_quotes(species) + ", one above is " +
                  in_quotes(names_[t]));
  }

  void sort_by_id() {
    if (std::is_sorted(ids_.begin(), ids_.end(), std::less_equal<>())) return;
    std::vector<std::ptrdiff_t> order(ids_.size());
    std::iota(order.begin(), order.end(), std::ptrdiff_t{0});
    const auto id = [&](std::ptrdiff_t i) { return ids_[static_cast<std::size_t>(i)]; };
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return id(a) < id(b); });
    for (std::size_t k = 1; k < order.size(); ++k)
      if (id(order[k]) == id(order[k - 1]))
        lines_.fail("id " + std::to_string(id(order[k])) + " is there twice in the frame that ends here");
    System& s = frame_.system;
    const auto rows = [&](Tensor<double, 2>& a) {
      if (a.empty()) return;
      Tensor<double, 2> sorted(a.extents());
      for (std::ptrdiff_t i = 0; i < n_; ++i)
        for (std::ptrdiff_t d = 0; d < 3; ++d) sorted(i, d) = a(order[static_cast<std::size_t>(i)], d);
      a = std::move(sorted);
    };
    const auto elements = [&](auto& a) {
      if (a.empty()) return;
      std::remove_reference_t<decltype(a)> sorted(a.extents());
      for (std::ptrdiff_t i = 0; i < n_; ++i) sorted[i] = a[order[static_cast<std::size_t>(i)]];
      a = std::move(sorted);
    };
    rows(s.positions);
    rows(s.velocities);
    elements(s.charges);
    elements(s.types);
  }

  void set_types() {
    System& s = frame_.system;
    const bool numbered = header_.has(Is::type);
    s.type_names = numbered ? names_ : header_.has(Is::species) ? table_.names : std::vector<std::string>();
    // X is what programs write who know no name.
    if (std::all_of(s.type_names.begin(), s.type_names.end(), [](const auto& n) { return n.empty() || n == "X"; })) {
      if (!numbered && s.type_names.size() == 1) s.types = {};
      s.type_names.resize(std::max<std::size_t>(s.type_names.size(), 1));
      set_masses();
      s.type_names.clear();
    } else {
      for (std::string& name : s.type_names)
        if (name.empty()) name = "X";
      set_masses();
    }
    if (!header_.names.empty()) s.type_names = header_.names;
    if (s.masses.size() == 1) s.types = {};
  }

  void set_masses() {
    System& s = frame_.system;
    const std::size_t types = s.type_names.size();
    if (header_.masses.size() >= types) {
      s.masses = header_.masses;
      if (!s.type_names.empty()) s.type_names.resize(s.masses.size(), "X");
      return;
    }
    if (!header_.masses.empty())
      lines_.fail("masses are there for " + std::to_string(header_.masses.size()) + " of the " + std::to_string(types) +
                  " types of the frame that ends here");
    s.masses.assign(types, 1);
    for (std::size_t t = 0; t < types && s.units.name == "nano"; ++t)
      s.masses[t] = atomic_weight(s.type_names[t]).value_or(1);
  }

  void set_box() {
    System& s = frame_.system;
    s.box.boundary = header_.boundary;
    if (header_.lattice) {
      for (std::size_t d = 0; d < 3; ++d) {
        s.box.length[d] = (*header_.lattice)[d] * length_;
        if (header_.origin) s.box.origin[d] = (*header_.origin)[d] * length_;
        if (!(s.box.length[d] > 0)) lines_.fail("the box is too small to be told from none");
      }
    } else if (!enclose(s)) {
      lines_.fail("the particles of the frame that ends here are farther apart than numbers go");
    }
  }

  Lines& lines_;
  XyzHeader header_;
  std::ptrdiff_t n_;
  SpeciesTable& table_;
  double length_ = 1;
  XyzFrame frame_;
  std::vector<std::int64_t> ids_;
  std::vector<std::string> names_;
};

}  // namespace

struct XyzReader::Impl {
  Impl(ByteSource from, const XyzOptions& how) : source(std::move(from)), lines(source), options(how) {}

  /// The count and header of the next frame; false at the end of the file.
  bool begin() {
    if (!lines.next_filled()) return false;
    n = read_count(lines, options.max_particles);
    if (!lines.next()) fail_cut_off(lines, n);
    header = parse_xyz_header(lines);
    if (!may_hold(lines, header, n)) fail_cut_off(lines, n);
    return true;
  }

  ByteSource source;
  Lines lines;
  XyzOptions options;
  SpeciesTable table;
  std::ptrdiff_t n = 0;
  XyzHeader header;
};

XyzReader::XyzReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
XyzReader::XyzReader(const std::string& path, const XyzOptions& options)
    : impl_(std::make_unique<Impl>(ByteSource::open(path), options)) {}
XyzReader XyzReader::over(std::string_view text, const std::string& name, const XyzOptions& options) {
  return XyzReader(std::make_unique<Impl>(ByteSource::over(text, name), options));
}
XyzReader::XyzReader(XyzReader&&) noexcept = default;
XyzReader::~XyzReader() = default;

std::optional<XyzFrame> XyzReader::next() {
  if (!impl_->begin()) return std::nullopt;
  return FrameReader(impl_->lines, std::move(impl_->header), impl_->n, impl_->table, impl_->options).read();
}

std::optional<FrameInfo> XyzReader::skip() {
  if (!impl_->begin()) return std::nullopt;
  for (std::ptrdiff_t i = 0; i < impl_->n; ++i)
    if (!impl_->lines.next()) fail_cut_off(impl_->lines, impl_->n);
  return impl_->header.info;
}

namespace {

XyzFrame last_frame(const ByteSource& source, const XyzOptions& options) {
  Lines lines(source);
  std::size_t begin = 0, line = 0;  // of the last frame; lines count from 1
  while (lines.next_filled()) {
    begin = lines.begin();
    line = lines.number();
    const std::ptrdiff_t n = read_count(lines, options.max_particles);
    for (std::ptrdiff_t i = -1; i < n; ++i)
      if (!lines.next()) fail_cut_off(lines, n);
  }
  if (line == 0) lines.fail("the file has no frame");
  Lines again(source, begin, line);
  again.next();
  const std::ptrdiff_t n = read_count(again, options.max_particles);
  again.next();
  XyzHeader header = parse_xyz_header(again);
  if (!may_hold(again, header, n)) fail_cut_off(again, n);
  SpeciesTable table;
  return FrameReader(again, std::move(header), n, table, options).read();
}

}  // namespace

XyzFrame read_xyz(const std::string& path, const XyzOptions& options) {
  return last_frame(ByteSource::open(path), options);
}

XyzFrame parse_xyz(std::string_view text, const std::string& name, const XyzOptions& options) {
  return last_frame(ByteSource::over(text, name), options);
}

XyzPart xyz_part_until(const std::string& path, std::int64_t step) {
  const ByteSource source = ByteSource::open(path);
  Lines lines(source);
  XyzPart part;
  while (lines.next_filled()) {
    if (!lines.complete()) return part;
    const std::ptrdiff_t n = read_count(lines, kMaxParticles);
    if (!lines.next() || !lines.complete()) return part;
    const FrameInfo info = parse_xyz_header(lines).info;
    if (!info.step) lines.fail("this frame has no Step, so that the trajectory cannot be continued");
    if (*info.step > step) return part;
    for (std::ptrdiff_t i = 0; i < n; ++i)
      if (!lines.next() || !lines.complete()) return part;
    part = {lines.end(), info.step};
  }
  return part;
}

}  // namespace lagoon::files
