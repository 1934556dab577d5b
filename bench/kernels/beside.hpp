// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "rivals/candidate.hpp"
#include "runner/row.hpp"

namespace lagoon::bench {

/// Ours beside the fastest of the rivals, whose results agree with ours.
///   work        what one call gets done, in the row's unit before its scale
///   tolerance   of the results, relative to the largest
///   missing     why there is no Python, for the row's remark
///   only        the beginning of the name of who may be the rival, where the goal says who; others are a remark
Pair beside_fastest(const rivals::Candidate& ours, const std::vector<rivals::Candidate>& others, double work,
                    double tolerance, const std::string& missing = {}, const std::string& only = {});

}  // namespace lagoon::bench
