// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace lagoon::detail {

/// The name nearest to a mistyped one by edit distance, or "" when none is near enough to be meant.
///   source   Levenshtein 1966; one row of the usual table
inline std::string_view nearest(std::string_view typed, const std::vector<std::string_view>& names) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, typed.size() / 3) + 1;
  std::vector<std::size_t> row;
  for (std::string_view name : names) {
    row.resize(name.size() + 1);
    for (std::size_t j = 0; j <= name.size(); ++j) row[j] = j;
    for (std::size_t i = 0; i < typed.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < name.size(); ++j) {
        const std::size_t change = diagonal + (typed[i] == name[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
      }
    }
    // A name that the other begins with is meant too, however much is missing.
    const bool begins =
        std::min(name.size(), typed.size()) >= 2 && (name.starts_with(typed) || typed.starts_with(name));
    if (row.back() < least || (begins && best.empty())) {
      least = row.back();
      best = name;
    }
  }
  return best;
}

}  // namespace lagoon::detail
