// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a peer writes to its page and ring, step by step, between the steps of this side: messages within
// the ring, or Error(data_loss).
#include <lagoon/core/error.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "process/ring.hpp"

using namespace lagoon::detail;

namespace {

constexpr std::uint32_t kRing = 256;

/// A page and its ring, on the heap for the sanitizer to know their ends.
struct Side {
  std::unique_ptr<RingPage> page = std::make_unique<RingPage>();
  std::unique_ptr<std::uint64_t[]> words = std::make_unique<std::uint64_t[]>(kRing / 8);
  std::span<std::byte> data() const { return {reinterpret_cast<std::byte*>(words.get()), kRing}; }
};

void must(bool condition) {
  if (!condition) std::abort();
}

bool inside(const Side& side, const std::byte* begin, std::size_t bytes) {
  return begin >= side.data().data() && begin + bytes <= side.data().data() + kRing;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Side own, peer;
  // The first byte says where all indices begin, so that 2^32 is near.
  const std::uint32_t start = size > 0 ? 0u - data[0] * kRingLine : 0;
  own.page->tail = own.page->head = peer.page->tail = peer.page->head = start;
  RingWriter writer(*own.page, own.data(), *peer.page);
  RingReader reader(*own.page, peer.data(), *peer.page);
  for (std::size_t at = 1; at + 5 <= size; at += 5) {
    std::uint32_t number;
    std::memcpy(&number, data + at + 1, sizeof number);
    const std::uint8_t step = data[at];
    const std::uint32_t place = step / 8 * 8;  // for the steps that write to the ring
    try {
      switch (step % 8) {
        case 0: peer.page->tail = number; break;
        case 1: peer.page->tail += number % (kRing / 8 + 2) * 8; break;
        case 2: peer.page->head = number; break;
        case 3: peer.page->head += number % (kRing / 8 + 2) * 8; break;
        case 4: std::memcpy(peer.data().data() + place, &number, sizeof number); break;
        case 5: peer.page->listening = number; break;
        case 6: {
          const std::size_t bytes = 1 + number % writer.most();
          std::byte* const to = writer.try_reserve(bytes);
          if (!to) break;
          must(inside(own, to, bytes));
          std::memset(to, 0xff, bytes);
          if (step & 8) writer.commit();
          break;
        }
        default: {
          const auto message = reader.try_next();
          if (message.empty()) break;
          must(inside(peer, message.data(), message.size()) && message.size() <= kRing / 4);
          std::byte copy[kRing];
          std::memcpy(copy, message.data(), message.size());
          if (step & 8) reader.take();
          if (step & 16) reader.set_listening(static_cast<Listening>(number % 4));
          break;
        }
      }
    } catch (const lagoon::Error& error) {
      must(error.code() == lagoon::Errc::data_loss);
      break;
    }
  }
  return 0;
}
