// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <lagoon/core/tensor.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon::files {

/// A column of numbers; what is missing in the file is NaN here.
struct Column {
  std::string name;
  Frozen<double, 1> values;
  std::size_t missing = 0;
  bool dates = false;  ///< values are seconds since 1970-01-01T00:00:00Z, which the file has as dates
};

/// Why a column is not among the numbers.
enum class Kind { date, text, empty };
/// "date", "text", "empty".
std::string_view name(Kind kind) noexcept;

/// A column that was read over, with the first cell that is no number.
struct SkippedColumn {
  std::string name;
  Kind kind = Kind::text;
  std::string example;            ///< that cell, shortened to 40 bytes; "" when all cells are missing
  std::size_t line = 0;           ///< where it stands, from 1; 0 when all cells are missing
  bool began_as_numbers = false;  ///< numbers stand above it: perhaps a marker for missing cells, or a slip
};

/// More columns than that are an error unless the reader is told otherwise: each costs memory of its own.
inline constexpr std::size_t kMaxColumns = 100'000;

/// Named columns of numbers of the same length, and what else the file had.
struct Table {
  std::string source;  ///< the file's name, as it was given
  std::size_t rows = 0;
  std::vector<Column> columns;
  std::vector<SkippedColumn> skipped;

  /// The column of that name.
  ///   throws  not_found (with the nearest name), invalid_argument (the column holds dates or text)
  const Column& column(std::string_view name) const;
};

/// How far a reader is. `stage` is a text for people ("counting rows"), `done` and `total` are bytes.
struct ReadProgress {
  std::string_view stage;
  std::size_t done = 0, total = 0;
};
/// Called by one thread at a time, not always the same; what it throws ends the reading.
using ProgressCallback = std::function<void(const ReadProgress&)>;

/// The candidate that a person who wrote `word` most likely meant, or "" when none is near.
///   cost  O(|word| * total length of candidates)
std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace lagoon::files
