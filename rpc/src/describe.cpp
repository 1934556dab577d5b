// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/describe.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lagoon {

std::string to_string(const TypeDescription& type) {
  std::string text = type.name;
  if (type.fields.empty()) return text;
  const char* before = " {";
  for (const auto& field : type.fields) {
    text += before + field.name + ": " + to_string(field.type);
    before = ", ";
  }
  return text + "}";
}

std::uint64_t detail::fingerprint(std::string_view text) noexcept { return XXH3_64bits(text.data(), text.size()); }

}  // namespace lagoon
