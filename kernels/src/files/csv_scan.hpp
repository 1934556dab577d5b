// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string_view>
#include <vector>

#include "csv_dialect.hpp"

namespace lagoon::files {

/// Consecutive whole rows of a file without quotes.
struct Segment {
  std::size_t begin = 0, end = 0;  // bytes
  std::size_t line = 0;            // of the first row
  std::size_t row = 0;             // its number, blank lines not counted
};

/// What one look at all bytes of the body shows.
struct Scan {
  std::size_t rows = 0;  ///< lines that are not blank; as many rows, when there are no quotes
  bool quotes = false;
  std::vector<Segment> segments;
};

/// Progress of one reading, from any thread; the callback sees one thread at a time.
class ProgressMeter {
 public:
  ProgressMeter(const ProgressCallback& callback, std::size_t total) : callback_(callback), total_(total) {}
  void begin(std::string_view stage);
  void add(std::size_t bytes);

 private:
  const ProgressCallback& callback_;
  std::size_t total_;
  std::string_view stage_;
  std::atomic<std::size_t> done_{0};
  std::mutex mutex_;
};

/// Counts rows and finds where to cut the body into pieces of about `piece` bytes, on all cores.
///   throws  invalid_argument naming line and column of a NUL byte
Scan scan_rows(const ByteSource& source, const Dialect& dialect, std::size_t piece, bool parallel,
               ProgressMeter& progress);

}  // namespace lagoon::files
