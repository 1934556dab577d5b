// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace lagoon::bench {

/// Numbers in a file that another process reads and that is gone soon; in memory where there is room.
class Handover {
 public:
  Handover(const double* numbers, std::ptrdiff_t count);
  ~Handover();
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;
  std::string path() const { return path_.string(); }
  /// To write more behind what is there.
  void add(const double* numbers, std::ptrdiff_t count) const;

 private:
  std::filesystem::path path_;
};

}  // namespace lagoon::bench
