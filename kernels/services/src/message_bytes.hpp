// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/stop.hpp>
#include <string_view>
#include <utility>

// Bytes as messages have them, from and to what kernels call them.
namespace lagoon::services {

/// A copy in an array of the call's memory.  throws  cancelled, deadline_exceeded
inline Frozen<std::uint8_t, 1> message_bytes(const void* bytes, std::size_t size) {
  Tensor<std::uint8_t, 1> kept({static_cast<std::ptrdiff_t>(size)});
  const auto* from = static_cast<const std::uint8_t*>(bytes);
  for (std::size_t done = 0; done < size;) {
    throw_if_stopped();
    const std::size_t part = std::min<std::size_t>(size - done, 1 << 18);
    std::memcpy(kept.data() + done, from + done, part);
    done += part;
  }
  return std::move(kept).freeze();
}
inline Frozen<std::uint8_t, 1> message_bytes(std::string_view text) { return message_bytes(text.data(), text.size()); }

/// The bytes of a message as text: in place, or a copy where they lie apart.
class MessageText {
 public:
  explicit MessageText(const Frozen<std::uint8_t, 1>& bytes)
      : whole_(bytes.view().is_contiguous() ? bytes : Frozen<std::uint8_t, 1>::copy_of(bytes.view())) {}
  operator std::string_view() const noexcept {  // NOLINT: it is one, with what it looks at
    return {reinterpret_cast<const char*>(whole_.view().data()), static_cast<std::size_t>(whole_.size())};
  }

 private:
  const Frozen<std::uint8_t, 1> whole_;
};

}  // namespace lagoon::services
