// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include "exit_code.hpp"

namespace lagoon::cli {
namespace {

/// A number and what follows it, spaces dropped and in lower case.
std::pair<double, std::string> number_and_unit(std::string_view text, std::string_view option, const char* wanted) {
  double value = 0;
  const auto answer = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string unit;
  for (const char* p = answer.ptr; p != text.data() + text.size(); ++p)
    if (*p != ' ') unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*p)));
  if (answer.ec != std::errc() || !(value >= 0) || std::isinf(value))
    throw UsageError(fmt::format("{}: '{}' is not a {}", option, text, wanted));
  return {value, unit};
}

}  // namespace

std::string human_bytes(double bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t u = 0;
  while (bytes >= 1024 && u + 1 < kUnits.size()) {
    bytes /= 1024;
    ++u;
  }
  return u == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.{}f} {}", bytes, bytes < 100 ? 1 : 0, kUnits[u]);
}

std::string human_duration(double s) {
  if (!(s >= 0)) return "?";
  if (s < 1e-3) return fmt::format("{:.0f} us", s * 1e6);
  if (s < 1) return fmt::format("{:.1f} ms", s * 1e3);
  if (s < 60) return fmt::format("{:.2f} s", s);
  const auto whole = static_cast<long long>(std::llround(s));
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02} h", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string grouped(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::string remaining(double s) {
  if (!(s >= 0)) return "?";
  if (s < 60) return fmt::format("{:.0f} s", std::ceil(s));
  return human_duration(s);
}

std::string counted(std::uint64_t n, std::string_view singular) {
  return fmt::format("{} {}{}", grouped(n), singular, n == 1 ? "" : "s");
}

std::string number(double x, int digits) {
  if (std::isnan(x)) return "-";
  if (x == 0) return "0";
  return fmt::format("{:.{}g}", x, digits);
}

std::size_t parse_size(std::string_view text, std::string_view option) {
  const auto [value, unit] = number_and_unit(text, option, "size like 2GiB or 500MB");
  struct Unit {
    std::string_view name;
    double bytes;
  };
  constexpr std::array<Unit, 16> kUnits = {{{"", 1},
                                            {"b", 1},
                                            {"k", 0x1p10},
                                            {"m", 0x1p20},
                                            {"g", 0x1p30},
                                            {"t", 0x1p40},
                                            {"kib", 0x1p10},
                                            {"mib", 0x1p20},
                                            {"gib", 0x1p30},
                                            {"tib", 0x1p40},
                                            {"kb", 1e3},
                                            {"mb", 1e6},
                                            {"gb", 1e9},
                                            {"tb", 1e12},
                                            {"byte", 1},
                                            {"bytes", 1}}};
  for (const Unit& u : kUnits) {
    const double bytes = value * u.bytes;
    if (u.name == unit && bytes < 0x1p63) return static_cast<std::size_t>(bytes);
  }
  throw UsageError(fmt::format("{}: '{}' is not a size like 2GiB or 500MB", option, text));
}

std::chrono::nanoseconds parse_duration(std::string_view text, std::string_view option) {
  const auto [value, unit] = number_and_unit(text, option, "time like 30s or 5m");
  double seconds = -1;
  if (unit.empty() || unit == "s") seconds = value;
  if (unit == "ms") seconds = value / 1e3;
  if (unit == "m" || unit == "min") seconds = value * 60;
  if (unit == "h") seconds = value * 3600;
  if (seconds < 0 || seconds > 1e9)
    throw UsageError(fmt::format("{}: '{}' is not a time like 30s or 5m", option, text));
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string fitted(std::string_view text, std::size_t width) {
  const std::size_t have = width_of(text);
  if (have <= width) return std::string(text) + std::string(width - have, ' ');
  std::string cut;
  std::size_t columns = 0;
  for (char c : text) {
    const bool starts = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (starts && columns + 1 >= width) break;
    columns += starts;
    cut += c;
  }
  return width ? cut + "\u2026" : "";
}

std::string aligned(const std::vector<std::vector<std::string>>& rows, std::string_view indent) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    text += indent;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string fill(widths[i] - width_of(row[i]), ' ');
      if (i > 0)
        text += "  " + fill + row[i];
      else
        text += row.size() > 1 ? row[i] + fill : row[i];
    }
    text += '\n';
  }
  return text;
}

}  // namespace lagoon::cli
