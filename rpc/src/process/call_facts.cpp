// SPDX-License-Identifier: Apache-2.0
#include "call_facts.hpp"

#include <array>
#include <cstring>
#include <span>

namespace lagoon::detail {
namespace {

/// What a call says besides its trace; a bit each, and for those marked a number behind it.
enum Said : std::uint8_t {
  deadline = 1,  // number
  limit = 2,     // number
  windows = 4,   // two numbers
  depth = 8,     // number
  metadata = 16,
  counted = 32,
  never_shared = 64,
  never_copied = 128,
};

}  // namespace

void encode(Encoder& out, const CallFacts& facts) {
  std::array<std::uint64_t, 6> numbers{facts.trace};
  std::size_t count = 1;
  std::uint8_t said = 0;
  const auto say = [&](Said what, std::initializer_list<std::uint64_t> values) {
    said |= what;
    for (const std::uint64_t value : values) numbers[count++] = value;
  };
  if (facts.left_ns >= 0) say(deadline, {static_cast<std::uint64_t>(facts.left_ns)});
  if (facts.memory_limit != 0) say(limit, {facts.memory_limit});
  if (facts.window_items != 1 || facts.window_bytes != 1) say(windows, {facts.window_items, facts.window_bytes});
  if (facts.depth != 0) say(depth, {facts.depth});
  if (facts.has_metadata) say(metadata, {});
  if (facts.counted) say(counted, {});
  if (!facts.zero_copy) say(never_shared, {});
  if (!facts.may_copy) say(never_copied, {});
  std::array<std::byte, 1 + sizeof numbers> bytes;
  bytes[0] = std::byte{said};
  std::memcpy(bytes.data() + 1, numbers.data(), sizeof numbers);
  out.raw(bytes.data(), 1 + count * sizeof numbers[0]);
}

CallFacts decode_call_facts(Decoder& in) {
  CallFacts facts;
  std::array<std::byte, 1 + sizeof facts.trace> first;
  in.raw(first.data(), first.size());
  const auto said = std::to_integer<std::uint8_t>(first[0]);
  std::memcpy(&facts.trace, first.data() + 1, sizeof facts.trace);
  if (said & deadline) facts.left_ns = static_cast<std::int64_t>(in.natural(INT64_MAX));
  if (said & limit) facts.memory_limit = in.natural();
  if (said & windows) {
    facts.window_items = in.natural();
    facts.window_bytes = in.natural();
  }
  if (said & depth) facts.depth = static_cast<std::uint32_t>(in.natural(UINT32_MAX));
  facts.has_metadata = said & metadata;
  facts.counted = said & counted;
  facts.zero_copy = !(said & never_shared);
  facts.may_copy = !(said & never_copied);
  return facts;
}

}  // namespace lagoon::detail
