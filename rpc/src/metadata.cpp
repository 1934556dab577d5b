// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/metadata.hpp>

#include <lagoon/core/error.hpp>

namespace lagoon {

void Metadata::add(std::string key, std::string value) {
  if (key.empty()) throw Error(Errc::invalid_argument, "metadata: a key is empty");
  auto refuse = [&](const std::string& what, std::size_t have, std::size_t limit) {
    throw Error(Errc::resource_exhausted, "metadata: " + key + ": " + what + " would be " + std::to_string(have) +
                                              ", the limit is " + std::to_string(limit));
  };
  if (entries_.size() + 1 > kMaxEntries) refuse("the number of entries", entries_.size() + 1, kMaxEntries);
  if (value.size() > kMaxValue) refuse("bytes of the value", value.size(), kMaxValue);
  const std::size_t total = total_ + key.size() + value.size();
  if (total > kMaxTotal) refuse("bytes in all", total, kMaxTotal);
  entries_.emplace_back(std::move(key), std::move(value));
  total_ = total;
}

const std::string* Metadata::find(std::string_view key) const noexcept {
  for (const auto& [k, v] : entries_)
    if (k == key) return &v;
  return nullptr;
}

}  // namespace lagoon
