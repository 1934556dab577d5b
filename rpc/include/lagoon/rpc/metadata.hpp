// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lagoon {

/// Small facts that travel beside a request or reply: tokens, ids. Values may be binary.
///   limits  128 entries, 8 KiB a value, 64 KiB in all; more is an error where it is added, never a silent loss
class Metadata {
 public:
  static constexpr std::size_t kMaxEntries = 128;
  static constexpr std::size_t kMaxValue = 8 << 10;
  static constexpr std::size_t kMaxTotal = 64 << 10;

  /// Appends; a key may occur more than once.
  ///   throws  Error(resource_exhausted) naming the limit; invalid_argument (empty key)
  void add(std::string key, std::string value);
  /// First value of the key, or null.
  const std::string* find(std::string_view key) const noexcept;

  bool empty() const noexcept { return entries_.empty(); }
  std::size_t size() const noexcept { return entries_.size(); }
  auto begin() const noexcept { return entries_.begin(); }
  auto end() const noexcept { return entries_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
  std::size_t total_ = 0;
};

}  // namespace lagoon
