// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "runner/row.hpp"
#include "runner/runner.hpp"

namespace lagoon::bench {

/// The table on the terminal, line by line as rows end, and the same as JSON.
class Report {
 public:
  explicit Report(const nlohmann::ordered_json& machine);
  void begin(const Row& row);
  void add(const Row& row, const Outcome& outcome);
  void end();
  /// Writes FILE as a whole or not at all.  throws  std::runtime_error
  void write_json(const std::string& file, const nlohmann::ordered_json& machine) const;

 private:
  std::vector<std::string> rows_;  // as JSON text
  std::size_t with_goal_ = 0, met_ = 0, without_ratio_ = 0;
};

}  // namespace lagoon::bench
