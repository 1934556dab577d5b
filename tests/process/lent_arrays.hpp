// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/wire_types.hpp>
#include <vector>

namespace lagoon::test {

/// Both sides of a memory that everybody sees: what is lent is found again at its address.
class LentArrays final : public detail::ArraySender, public detail::ArrayReceiver {
 public:
  bool in_line = false;  ///< everything is put into the message instead

  detail::Placed lend(const void* data, std::size_t bytes, const detail::BlockHandle& keep, bool unique) override {
    if (in_line) return {};
    lent_.push_back({const_cast<void*>(data), bytes, keep, unique});
    return {.kind = detail::Placed::lent, .region = kRegion, .token = last(), .offset = offset_of(last())};
  }
  detail::Allocation borrow(const detail::Placed& place, std::size_t bytes, bool unique) override {
    if (place.region != kRegion || place.token >= lent_.size() || place.offset != offset_of(place.token))
      throw Error(Errc::data_loss, "nothing was lent there");
    const Lent& lent = lent_[place.token];
    if (bytes > lent.bytes || unique != lent.unique) throw Error(Errc::data_loss, "another array was lent there");
    return {lent.keep, lent.data};
  }
  std::size_t count() const { return lent_.size(); }
  void forget() { lent_.clear(); }

 private:
  static constexpr std::uint32_t kRegion = 7;
  struct Lent {
    void* data;
    std::size_t bytes;
    detail::BlockHandle keep;
    bool unique;
  };
  std::uint32_t last() const { return static_cast<std::uint32_t>(lent_.size() - 1); }
  static std::uint64_t offset_of(std::uint32_t token) { return 64 * (token + std::uint64_t{1}); }
  std::vector<Lent> lent_;
};

/// Bytes of their own, so that a sanitizer sees what is read beside them.
template <class T>
std::vector<std::byte> encoded(const T& x, detail::ArraySender& arrays) {
  detail::Encoder out;
  out.begin(arrays);
  encode(out, x);
  return {out.bytes().begin(), out.bytes().end()};
}

template <class T>
T decoded(std::span<const std::byte> message, detail::ArrayReceiver& arrays) {
  detail::Decoder in;
  in.begin(message, arrays);
  T x{};
  decode(in, x);
  in.end();
  return x;
}

}  // namespace lagoon::test
