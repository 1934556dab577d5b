// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "forest_model.hpp"
#include "forest_steps.hpp"
#include "forest_targets.hpp"

namespace lagoon::learning::detail {

/// How trees grow: ForestOptions, checked and made explicit.
struct Growth {
  std::int64_t features = 1, depth = 0, leaf = 1, split = 2;
  bool bootstrap = true;
  std::uint64_t seed = 1;
};

/// What a tree leaves behind for the forest.
struct TreeRecord {
  std::span<double> importances;        ///< shares of the columns, written; all 0 when nothing was split
  std::span<std::uint64_t> left_out{};  ///< a bit per row that it did not draw, set; none without bootstrap
};

/// Grows one tree; its bits depend on its number and the seed, not on who grows it.
///   throws  cancelled, deadline_exceeded: polled per node and within great ones; resource_exhausted
template <class Code, class Target>
Tree grow_tree(const CodedTable<Code>& table, Target target, const Growth& growth, std::uint32_t number,
               TreeRecord record);

}  // namespace lagoon::learning::detail
