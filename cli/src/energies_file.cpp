// SPDX-License-Identifier: Apache-2.0
#include "energies_file.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <fstream>
#include <lagoon/core/error.hpp>
#include <limits>
#include <type_traits>

namespace lagoon::cli {
namespace {

std::string header() {
  std::string line;
  ObservationFacts o;
  for_each_field(o, [&](std::string_view name, const auto&) { line += (line.empty() ? "" : ",") + std::string(name); });
  return line;
}

std::string row_of(const ObservationFacts& o) {
  std::string line;
  for_each_field(o, [&](std::string_view, const auto& value) {
    if (!line.empty()) line += ',';
    if constexpr (std::is_floating_point_v<std::remove_cvref_t<decltype(value)>>) {
      if (std::isfinite(value)) fmt::format_to(std::back_inserter(line), "{}", value);
    } else {
      fmt::format_to(std::back_inserter(line), "{}", value);
    }
  });
  return line + '\n';
}

/// Whether the line is a row.
bool parse(std::string_view line, ObservationFacts& into) {
  bool sound = true, first = true;
  for_each_field(into, [&](std::string_view, auto& value) {
    if (!sound) return;
    if (!first) sound = line.starts_with(',');
    if (!sound) return;
    if (!first) line.remove_prefix(1);
    first = false;
    if constexpr (std::is_floating_point_v<std::remove_reference_t<decltype(value)>>) {
      if (line.empty() || line.front() == ',') {
        value = std::numeric_limits<double>::quiet_NaN();
        return;
      }
    }
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    sound = error == std::errc();
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  });
  return sound && line.empty();
}

/// The bytes of the file up to the end of the last row of at most that step; 0 without a file.
std::size_t bytes_until(const std::string& path, std::int64_t step,
                        const std::function<void(const ObservationFacts&)>& kept) {
  std::ifstream in(path, std::ios::binary);
  std::string line;
  if (!in || !std::getline(in, line)) return 0;
  if (line != header())
    throw Error(Errc::invalid_argument, fmt::format("{}:1: this is no table of energies of a run; its first line would "
                                                    "be {}",
                                                    path, header()));
  if (in.eof()) return 0;  // not even the header is whole
  std::size_t bytes = line.size() + 1;
  for (std::size_t number = 2; std::getline(in, line); ++number) {
    if (in.eof()) break;  // the last row was cut off when its writer ended
    ObservationFacts row;
    if (!parse(line, row))
      throw Error(Errc::invalid_argument, fmt::format("{}:{}: this is no row of energies", path, number));
    if (row.step > step) break;
    kept(row);
    bytes += line.size() + 1;
  }
  return bytes;
}

}  // namespace

EnergiesFile::EnergiesFile(const std::string& path, std::size_t keep)
    : file_(path, files::AppendFile::Begin::as_it_is) {
  file_.truncate(keep);
  if (file_.size() == 0) file_.append(header() + '\n');
}

EnergiesFile::EnergiesFile(const std::string& path) : EnergiesFile(path, 0) {}

EnergiesFile::EnergiesFile(const std::string& path, std::int64_t step,
                           const std::function<void(const ObservationFacts&)>& kept)
    : EnergiesFile(path, bytes_until(path, step, kept)) {}

void EnergiesFile::write(const ObservationFacts& moment) { file_.append(row_of(moment)); }

}  // namespace lagoon::cli
