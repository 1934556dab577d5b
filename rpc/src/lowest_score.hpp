// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/rpc/balancer.hpp>
#include <limits>

namespace lagoon::detail {

/// The worker that a call goes to: of equals the one whose turn it is. score_of(i) is asked for one worker after the
/// other; nothing is better than 0, so an idle pool is asked for one only. A score that is no number is the worst.
template <class ScoreOf>
std::size_t lowest_score(const CallToPlace& call, ScoreOf score_of) {
  const std::size_t first = call.number % call.workers;
  std::size_t best = first;
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < call.workers && lowest > 0; ++k) {
    const std::size_t i = first + k < call.workers ? first + k : first + k - call.workers;
    if (const double score = score_of(i); score < lowest) {
      best = i;
      lowest = score;
    }
  }
  return best;
}

}  // namespace lagoon::detail
