// SPDX-License-Identifier: Apache-2.0
#include "toml_reader.hpp"

#include <lagoon/kernels/files/table.hpp>

#include <algorithm>
#include <cmath>

namespace lagoon::dynamics::detail {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return text;
}

std::string either(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "'" : i + 1 == words.size() ? " or '" : ", '") + words[i] + "'";
  return text;
}

std::string perhaps(const std::string& word, const std::vector<std::string>& known) {
  if (word.size() > 64) return "";  // nobody meant that
  const std::string near = files::nearest(word, known);
  return near.empty() ? "" : "; did you mean '" + near + "'?";
}

}  // namespace

TomlReader::TomlReader(const Toml& table, Place place, std::string file, std::string name,
                       std::vector<std::string> keys)
    : table_(table.as<Toml::Table>()), place_(place), file_(std::move(file)), name_(std::move(name)) {
  if (!table_) fail(table.place, name_ + " is " + table.shown() + "; wanted: a table with " + joined(keys));
  for (const TomlEntry& e : *table_) {
    if (std::find(keys.begin(), keys.end(), e.key) != keys.end()) continue;
    const std::string hint = perhaps(e.key, keys);
    fail(e.place, (name_.empty() ? "there is no section '" : name_ + " has no key '") + printable(e.key) + "'" +
                      (hint.empty() ? "; there are " + joined(keys) : hint));
  }
}

const TomlEntry* TomlReader::find(std::string_view key) const {
  for (const TomlEntry& e : *table_)
    if (e.key == key) return &e;
  return nullptr;
}

const TomlEntry& TomlReader::get(std::string_view key) const {
  if (const TomlEntry* e = find(key)) return *e;
  fail(place_, name_.empty() ? "the section [" + std::string(key) + "] is missing"
                             : name_ + " lacks '" + std::string(key) + "'");
}

void TomlReader::fail(std::string_view key, const std::string& what) const {
  const TomlEntry* e = find(key);
  fail(e ? e->place : place_, what);
}

void TomlReader::refuse(const Toml& value, std::string_view key, const std::string& wanted) const {
  fail(value.place, std::string(key) + " is " + value.shown() + "; wanted: " + wanted);
}

double TomlReader::number_of(const Toml& value, std::string_view key, Range range, bool infinite) const {
  const char* wanted = range == Range::positive       ? "a number above 0"
                       : range == Range::not_negative ? "a number, 0 or above"
                                                      : "a number";
  double x = std::numeric_limits<double>::quiet_NaN();
  if (const auto* i = value.as<std::int64_t>()) x = static_cast<double>(*i);
  if (const auto* d = value.as<double>()) x = *d;
  const bool sound = std::isfinite(x) || (infinite && std::isinf(x));
  if (!sound || (range == Range::positive && !(x > 0)) || (range == Range::not_negative && !(x >= 0)))
    refuse(value, key, wanted);
  return x;
}

double TomlReader::number(std::string_view key, Range range) const { return number_of(get(key).value, key, range); }

double TomlReader::number_or(std::string_view key, Range range, double otherwise) const {
  return has(key) ? number(key, range) : otherwise;
}

std::int64_t TomlReader::integer_of(const Toml& value, std::string_view key, std::int64_t least,
                                    std::int64_t most) const {
  const auto* i = value.as<std::int64_t>();
  if (!i || *i < least || *i > most)
    refuse(value, key,
           "a whole number, " + (most == std::numeric_limits<std::int64_t>::max()
                                     ? std::to_string(least) + " or above"
                                     : std::to_string(least) + " to " + std::to_string(most)));
  return *i;
}

std::int64_t TomlReader::integer(std::string_view key, std::int64_t least, std::int64_t most) const {
  return integer_of(get(key).value, key, least, most);
}

std::int64_t TomlReader::integer_or(std::string_view key, std::int64_t least, std::int64_t most,
                                    std::int64_t otherwise) const {
  return has(key) ? integer(key, least, most) : otherwise;
}

bool TomlReader::flag_or(std::string_view key, bool otherwise) const {
  const TomlEntry* e = find(key);
  if (!e) return otherwise;
  const bool* b = e->value.as<bool>();
  if (!b) refuse(e->value, key, "true or false");
  return *b;
}

std::string TomlReader::text(std::string_view key) const {
  const Toml& value = get(key).value;
  const auto* s = value.as<std::string>();
  const bool sound = s && !s->empty() && s->size() < 4096 &&
                     std::none_of(s->begin(), s->end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (!sound) refuse(value, key, "a text in quotes");
  return *s;
}

std::string TomlReader::text_or(std::string_view key, std::string otherwise) const {
  return has(key) ? text(key) : std::move(otherwise);
}

std::size_t TomlReader::index_of(const Toml& value, std::string_view key, const std::vector<std::string>& names) const {
  const auto* s = value.as<std::string>();
  if (!s) refuse(value, key, either(names));
  const auto found = std::find(names.begin(), names.end(), *s);
  if (found == names.end()) refuse(value, key, either(names) + perhaps(*s, names));
  return static_cast<std::size_t>(found - names.begin());
}

std::vector<TomlReader> TomlReader::tables(std::string_view key, const std::vector<std::string>& keys) const {
  std::vector<TomlReader> all;
  const TomlEntry* e = find(key);
  if (!e) return all;
  const auto* items = e->value.as<Toml::Array>();
  if (!items) refuse(e->value, key, "an array of tables, as " + std::string(key) + " = [{" + keys.front() + " = ...}]");
  for (std::size_t i = 0; i < items->size(); ++i)
    all.emplace_back((*items)[i], (*items)[i].place, file_, std::string(key) + "[" + std::to_string(i) + "]", keys);
  return all;
}

std::optional<TomlReader> TomlReader::table(std::string_view key, const std::vector<std::string>& keys) const {
  const TomlEntry* e = find(key);
  if (!e) return std::nullopt;
  return TomlReader(e->value, e->place, file_, name_.empty() ? "[" + std::string(key) + "]" : std::string(key), keys);
}

}  // namespace lagoon::dynamics::detail
