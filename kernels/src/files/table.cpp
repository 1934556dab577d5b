// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/table.hpp>

#include <algorithm>
#include <cctype>
#include <limits>
#include <numeric>

namespace lagoon::files {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// Steps from a to b, each one letter changed, put in, left out, or swapped with the next; case costs nothing.
///   source  Damerau 1964, the restricted form (no letter is touched twice)
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::string_view name(Kind kind) noexcept {
  switch (kind) {
    case Kind::date: return "date";
    case Kind::text: return "text";
    case Kind::empty: return "empty";
  }
  return "invalid";
}

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
  const std::size_t reach = std::max<std::size_t>(1, word.size() / 3);
  std::size_t best = std::numeric_limits<std::size_t>::max();
  const std::string* found = nullptr;
  for (const std::string& candidate : candidates) {
    const std::size_t more = std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size());
    if (more > reach) continue;  // at least that many letters differ
    const std::size_t d = distance(word, candidate);
    if (d < best) {
      best = d;
      found = &candidate;
    }
  }
  return found && best <= reach ? *found : std::string();
}

const Column& Table::column(std::string_view wanted) const {
  std::vector<std::string> names;
  for (const Column& c : columns) {
    if (c.name == wanted) return c;
    names.push_back(c.name);
  }
  for (const SkippedColumn& s : skipped) {
    if (s.name != wanted) continue;
    std::string why = source + ": column '" + s.name + "' holds no numbers";
    if (s.line) why += " (line " + std::to_string(s.line) + ": '" + s.example + "')";
    throw Error(Errc::invalid_argument, why);
  }
  const std::string near = nearest(wanted, names);
  std::string why = source + ": no column '" + std::string(wanted) + "'";
  if (!near.empty()) why += "; did you mean '" + near + "'?";
  throw Error(Errc::not_found, why);
}

}  // namespace lagoon::files
