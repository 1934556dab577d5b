// SPDX-License-Identifier: Apache-2.0
#include "csv_columns.hpp"

#include <lagoon/engine/engine.hpp>
#include <lagoon/kernels/files/timestamp.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "csv_error.hpp"

namespace lagoon::files {
namespace {

constexpr std::size_t kExampleBytes = 40;

/// At most 40 bytes, on one line, not cut inside a character of UTF-8.
std::string shortened(std::string_view cell) {
  std::string text(cell.substr(0, kExampleBytes));
  if (cell.size() > kExampleBytes) {
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.pop_back();
    text += "...";
  }
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 127) c = ' ';
  return text;
}

bool says_date(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name.find("date") != std::string::npos;
}

std::string bytes_text(double bytes) {
  const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t u = 0;
  for (; bytes >= 1024 && u < 5; ++u) bytes /= 1024;
  std::string text = std::to_string(bytes);
  return text.substr(0, text.find('.') + (u ? 2 : 0)) + " " + units[u];
}

}  // namespace

ColumnSet::ColumnSet(std::string file, const Dialect& dialect, const CsvOptions& options)
    : file_(std::move(file)),
      dialect_(dialect),
      max_columns_(options.max_columns),
      fields_(dialect.names.size()),
      reads_(dialect.names.size(), 1),
      out_(dialect.names.size(), nullptr) {
  for (Field& f : fields_) f.wanted = options.columns.empty();
  for (const std::string& name : options.columns) named(name).wanted = true;
  for (const std::string& name : options.times) {
    Field& f = named(name);
    f.wanted = f.is_time = true;
  }
  for (std::size_t i = 0; i < fields_.size(); ++i) reads_[i] = fields_[i].wanted;
}

ColumnSet::Field& ColumnSet::named(const std::string& name) {
  const auto found = std::find(dialect_.names.begin(), dialect_.names.end(), name);
  if (found == dialect_.names.end()) {
    const std::string near = nearest(name, dialect_.names);
    std::string why = file_ + ": no column '" + name + "'";
    if (!near.empty()) why += "; did you mean '" + near + "'?";
    if (!dialect_.has_header) why += "; the file has no header, its columns are called column_1, column_2...";
    throw Error(Status(Errc::not_found, why).with_detail("file", file_).with_detail("column", name));
  }
  Field& f = fields_[static_cast<std::size_t>(found - dialect_.names.begin())];
  f.named = true;
  return f;
}

CellIs ColumnSet::read(std::size_t field, std::string_view cell, double& value) const {
  if (fields_[field].is_time && !is_missing(cell, dialect_.cells)) {
    if (const std::optional<double> seconds = parse_timestamp(cell)) {
      value = *seconds;
      std::atomic_ref(fields_[field].dates_seen).store(1, std::memory_order_relaxed);  // only ever raised
      return CellIs::number;
    }
  }
  return classify(cell, dialect_.cells, value);
}

void ColumnSet::keep_first(Bad& bad, std::size_t line, std::string_view cell) {
  if (bad.line != 0 && bad.line <= line) return;
  bad.line = line;
  bad.cell = shortened(cell);
}

void ColumnSet::look_at(std::size_t line, const std::vector<std::string_view>& cells) {
  if (cells.size() != fields_.size()) fail_ragged(line, cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!fields_[i].wanted) continue;
    double value = 0;
    const CellIs what = read(i, cells[i], value);
    fields_[i].numbers_seen |= what == CellIs::number && fields_[i].other.line == 0;
    fields_[i].texts_seen |= what == CellIs::text;
    if (what != CellIs::number && what != CellIs::missing) note(i, line, what, cells[i]);
  }
}

void ColumnSet::note(std::size_t field, std::size_t line, CellIs what, std::string_view cell) {
  std::lock_guard lock(mutex_);
  Field& f = fields_[field];
  if (what == CellIs::overflow) return keep_first(f.overflow, line, cell);
  if (f.named)
    fail_at(Errc::invalid_argument, file_, line,
            "column " + grouped(field + 1) + " '" + dialect_.names[field] + "': '" + shortened(cell) +
                (f.is_time ? "' is neither a time nor a number" : "' is not a number"));
  if (f.other.line == 0 || line < f.other.line) f.what = what;
  keep_first(f.other, line, cell);
  std::atomic_ref(reads_[field]).store(0, std::memory_order_relaxed);
}

void ColumnSet::fail_ragged(std::size_t line, std::size_t cells) const {
  std::string why = counted(cells, "field") + ", the " + (dialect_.has_header ? "header" : "first row") + " has " +
                    grouped(fields_.size());
  if (!dialect_.has_header && line <= dialect_.body_line + 1) why += "; are there lines to skip before the data?";
  fail_at(Errc::invalid_argument, file_, line, why);
}

void ColumnSet::allocate(std::size_t rows) {
  const auto columns = static_cast<std::size_t>(std::count(reads_.begin(), reads_.end(), 1));
  if (columns > max_columns_)
    fail_at(Errc::resource_exhausted, file_, dialect_.has_header ? dialect_.body_line - 1 : dialect_.body_line,
            counted(columns, "column") + " of numbers; the limit is " + grouped(max_columns_) +
                " (name the columns you want, or raise the limit)");
  const double bytes = 8.0 * static_cast<double>(rows) * static_cast<double>(columns);
  const std::string need =
      file_ + ": " + counted(rows, "row") + " x " + counted(columns, "column") + " need " + bytes_text(bytes);
  const auto usable = static_cast<double>(usable_memory());
  if (bytes > usable) throw Error(Errc::resource_exhausted, need + "; this process may use " + bytes_text(usable));
  try {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (!reads_[i]) continue;
      fields_[i].values = Tensor<double, 1>({static_cast<std::ptrdiff_t>(rows)});
      out_[i] = fields_[i].values.data();
    }
  } catch (const Error& e) {
    if (e.code() != Errc::resource_exhausted) throw;
    throw Error(Status(Errc::resource_exhausted, need + "; " + e.status().message()).with_cause(e.status()));
  }
  allocated_ = rows;
}

SkippedColumn ColumnSet::skipped(std::size_t field, Kind kind) const {
  const Field& f = fields_[field];
  return {dialect_.names[field], kind, f.other.cell, f.other.line, f.numbers_seen};
}

bool ColumnSet::holds_packed_dates(std::size_t field, std::size_t rows) const {
  if (!fields_[field].is_time && !says_date(dialect_.names[field])) return false;
  const double* values = out_[field];
  return std::all_of(values, values + rows, [](double v) { return std::isnan(v) || is_packed_date(v); }) &&
         std::any_of(values, values + rows, [](double v) { return !std::isnan(v); });
}

/// Seconds in place of dates such as 19580329.
void ColumnSet::unpack_dates(std::size_t field, std::size_t rows) {
  for (double* v = out_[field]; v != out_[field] + rows; ++v) {
    if (std::isnan(*v)) continue;
    std::string text = std::to_string(static_cast<std::int64_t>(*v));
    text.insert(6, "-").insert(4, "-");
    *v = parse_timestamp(text).value_or(std::numeric_limits<double>::quiet_NaN());
  }
  fields_[field].dates_seen = 1;
}

Table ColumnSet::finish(std::size_t rows) && {
  Table table;
  table.source = file_;
  table.rows = rows;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    Field& f = fields_[i];
    if (!f.wanted) continue;
    if (!reads_[i]) {
      table.skipped.push_back(skipped(i, f.what == CellIs::date && !f.texts_seen ? Kind::date : Kind::text));
      continue;
    }
    if (f.overflow.line)
      fail_at(Errc::out_of_range, file_, f.overflow.line,
              "column " + grouped(i + 1) + " '" + dialect_.names[i] + "': '" + f.overflow.cell +
                  "' is beyond the largest double, 1.8e308");
    if (f.missing == rows && !f.named) {
      table.skipped.push_back(skipped(i, Kind::empty));
      continue;
    }
    if (!f.named && holds_packed_dates(i, rows)) {
      const double* first = std::find_if(out_[i], out_[i] + rows, [](double v) { return !std::isnan(v); });
      f.other = {dialect_.body_line + static_cast<std::size_t>(first - out_[i]), std::to_string(std::int64_t(*first))};
      table.skipped.push_back(skipped(i, Kind::date));
      table.skipped.back().began_as_numbers = false;
      continue;
    }
    if (f.is_time && !f.dates_seen && holds_packed_dates(i, rows)) unpack_dates(i, rows);
    Frozen<double, 1> values = std::move(f.values).freeze();
    // Rows were counted by lines, and quoted cells may hold newlines: a little is left over, or much.
    const auto n = static_cast<std::ptrdiff_t>(rows);
    if (rows < allocated_) values = values.slice(0, 0, n);
    if (rows < allocated_ - allocated_ / 8) values = Frozen<double, 1>::copy_of(values);
    table.columns.push_back({dialect_.names[i], std::move(values), f.missing, f.dates_seen != 0});
  }
  return table;
}

}  // namespace lagoon::files
