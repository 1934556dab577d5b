// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>

namespace lagoon::detail {

inline constexpr std::size_t kNobody = std::numeric_limits<std::size_t>::max();

/// Who of so many has the lowest score, searched from `first` on; kNobody when all are infinite or no numbers.
/// score_of(i) is asked for one after the other; nothing is better than 0, so an idle pool is asked for one only.
template <class ScoreOf>
std::size_t lowest_score(std::size_t first, std::size_t many, ScoreOf score_of) {
  std::size_t best = kNobody;
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < many && lowest > 0; ++k) {
    const std::size_t i = first + k < many ? first + k : first + k - many;
    if (const double score = score_of(i); score < lowest) {
      best = i;
      lowest = score;
    }
  }
  return best;
}

}  // namespace lagoon::detail
