// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <lagoon/kernels/files/append_file.hpp>
#include <string>

#include "md_facts.hpp"

namespace lagoon::cli {

/// Observations as rows of a CSV table, with all digits; a number that there is none of (a pressure where space is
/// open) is an empty cell.
class EnergiesFile {
 public:
  /// A new file in place of what is there.
  explicit EnergiesFile(const std::string& path);
  /// Behind the last row of at most this step; what follows it is cut off. A file that is not there begins anew.
  ///   kept    is given each row that stays
  ///   throws  invalid_argument with file and line, and the file is as it was: other columns, a row that is none
  EnergiesFile(const std::string& path, std::int64_t step, const std::function<void(const ObservationFacts&)>& kept);

  void write(const ObservationFacts& moment);
  void sync() { file_.sync(); }

 private:
  EnergiesFile(const std::string& path, std::size_t keep);

  files::AppendFile file_;
};

}  // namespace lagoon::cli
