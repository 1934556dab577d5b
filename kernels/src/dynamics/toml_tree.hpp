// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <lagoon/core/error.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lagoon::dynamics::detail {

/// Where something stands in a text, both from 1.
struct Place {
  std::size_t line = 1, column = 1;
};

/// Throws "argon.toml:12:8: what", with file, line and column as details.
[[noreturn]] void fail_at(const std::string& file, Place place, const std::string& what);

/// Text of a file as messages show it: control characters replaced, long ones cut.
std::string printable(std::string_view text, std::size_t most = 60);

struct TomlEntry;

/// A value of a TOML document that knows where it stands. A thin copy of the parser's own tree, so that only one source
/// pays for the parser's headers.
struct Toml {
  struct Date {};  ///< dates and times, which nothing here takes
  using Array = std::vector<Toml>;
  using Table = std::vector<TomlEntry>;

  Place place;
  std::variant<bool, std::int64_t, double, std::string, Date, Array, Table> value;

  template <class T>
  const T* as() const noexcept {
    return std::get_if<T>(&value);
  }
  /// "3", "'langevin'", "a table": for messages.
  std::string shown() const;
};

struct TomlEntry {
  std::string key;
  Place place;
  Toml value;
};

/// The document's table.
///   file    for messages
///   throws  invalid_argument naming file, line, column
Toml parse_toml(std::string_view text, const std::string& file);

}  // namespace lagoon::dynamics::detail
