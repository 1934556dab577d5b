// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "toml_tree.hpp"

namespace lagoon::dynamics::detail {

/// What a number may be.
enum class Range { any, positive, not_negative };

/// Takes the keys of one table apart, each by its type and range; every fault names its line and what is allowed there.
///
///   TomlReader run(table, file, "run", {"steps", "seed"});   // other keys are refused here, the nearest is suggested
///   std::int64_t steps = run.integer("steps", 0, kMost);     // throws when it is not there
class TomlReader {
 public:
  /// table  refused when it is none
  /// name   of the table, for messages
  TomlReader(const Toml& table, Place place, std::string file, std::string name, std::vector<std::string> keys);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  const TomlEntry* find(std::string_view key) const;
  /// The value of a key that must be there.
  const TomlEntry& get(std::string_view key) const;

  double number(std::string_view key, Range range) const;
  double number_or(std::string_view key, Range range, double otherwise) const;
  std::int64_t integer(std::string_view key, std::int64_t least, std::int64_t most) const;
  std::int64_t integer_or(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t otherwise) const;
  bool flag_or(std::string_view key, bool otherwise) const;
  /// A text that is not empty and has no control characters.
  std::string text(std::string_view key) const;
  std::string text_or(std::string_view key, std::string otherwise) const;

  /// One of some words, as what it stands for.
  template <class T>
  T choice(std::string_view key, const std::vector<std::pair<std::string, T>>& words) const {
    return word(get(key).value, key, words);
  }
  template <class T>
  T choice_or(std::string_view key, const std::vector<std::pair<std::string, T>>& words, T otherwise) const {
    return has(key) ? choice(key, words) : otherwise;
  }
  template <class T>
  T word(const Toml& value, std::string_view key, const std::vector<std::pair<std::string, T>>& words) const {
    std::vector<std::string> names;
    for (const auto& w : words) names.push_back(w.first);
    return words[index_of(value, key, names)].second;
  }
  /// The tables of an array of tables; none when the key is not there.
  std::vector<TomlReader> tables(std::string_view key, const std::vector<std::string>& keys) const;
  std::optional<TomlReader> table(std::string_view key, const std::vector<std::string>& keys) const;

  [[noreturn]] void fail(std::string_view key, const std::string& what) const;
  [[noreturn]] void fail(Place place, const std::string& what) const { fail_at(file_, place, what); }
  /// "cutoff is -1; wanted: a number above 0"
  [[noreturn]] void refuse(const Toml& value, std::string_view key, const std::string& wanted) const;

  double number_of(const Toml& value, std::string_view key, Range range, bool infinite = false) const;
  std::int64_t integer_of(const Toml& value, std::string_view key, std::int64_t least, std::int64_t most) const;

  Place place() const noexcept { return place_; }
  const std::string& name() const noexcept { return name_; }

 private:
  std::size_t index_of(const Toml& value, std::string_view key, const std::vector<std::string>& names) const;

  const Toml::Table* table_;
  Place place_;
  std::string file_, name_;
};

}  // namespace lagoon::dynamics::detail
