// SPDX-License-Identifier: Apache-2.0
// Any bytes as a message: a value that can be looked at from end to end and says the same bytes again, or data_loss.
#include <lagoon/rpc/wire_types.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "process/rich_message.hpp"

using namespace lagoon;

namespace {

/// A page that the peer may have lent any part of; arrays are sent in line.
class Page final : public detail::ArraySender, public detail::ArrayReceiver {
 public:
  bool borrowed = false;

  detail::Placed lend(const void*, std::size_t, const detail::BlockHandle&, bool) override { return {}; }
  detail::Allocation borrow(const detail::Placed& place, std::size_t bytes, bool) override {
    const auto size = static_cast<std::size_t>(page_.size());
    if (place.offset > size || bytes > size - place.offset) throw Error(Errc::data_loss, "beyond the page");
    borrowed = true;
    return {detail::ArrayAccess::block_of(page_), const_cast<std::byte*>(page_.data()) + place.offset};
  }

 private:
  Frozen<std::byte, 1> page_ = Tensor<std::byte, 1>::zeros({256}).freeze();
};

template <class Read>
void check(std::span<const std::byte> message, Read read) {
  Page page;
  detail::Decoder in;
  detail::Encoder out;
  in.begin(message, page);
  out.begin(page);
  try {
    const auto x = read(in);
    in.end();
    encode(out, x);  // every field and element is read
  } catch (const Error& e) {
    if (e.code() != Errc::data_loss) std::abort();
    return;
  }
  if (!page.borrowed && !std::ranges::equal(out.bytes(), message)) std::abort();
}

}  // namespace

/// The first byte chooses the kind of message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto message = std::as_bytes(std::span(data + 1, size - 1));
  switch (data[0] % 3) {
    case 0:
      check(message, [](detail::Decoder& in) {
        test::Rich rich;
        decode(in, rich);
        return rich;
      });
      break;
    case 1: check(message, detail::decode_status); break;
    default: check(message, detail::decode_metadata);
  }
  return 0;
}
