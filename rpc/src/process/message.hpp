// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

namespace lagoon::detail {

/// What the two ends of a link say to each other, call by call.
enum class MessageKind : std::uint8_t {
  call = 1,      ///< to the worker: CallFacts, metadata, request
  items,         ///< of a stream, either way
  end_of_items,  ///< to the worker: no more requests
  cancel,        ///< to the worker
  credit,        ///< Credit: items taken from a stream, either way
  reader_gone,   ///< nobody reads that stream any more, either way
  done,          ///< from the worker: DoneFacts, arrays let go of, status or response, metadata, copies
  asleep,        ///< from the worker: the handler sleeps for somebody else
  awake,         ///< from the worker: it has woken up
  release,       ///< a token: the array is not looked at any more, either way
};
inline constexpr std::uint8_t kLastKind = static_cast<std::uint8_t>(MessageKind::release);

struct MessageHead {
  MessageKind kind{};
  std::uint8_t large = 0;  ///< what follows is a LargeBody instead of the body
  std::uint16_t method = 0;
  std::uint32_t number = 0;  ///< of a release: its token; of items: how many
  std::uint64_t call = 0;    ///< number in the caller's table, and above it how often that place was used
};

/// A body that is too large for the ring.
struct LargeBody {
  std::uint64_t offset = 0, bytes = 0;
  std::uint32_t token = 0, unused = 0;
};

struct Credit {
  std::uint64_t items = 0, bytes = 0;
};

struct DoneFacts {
  std::uint8_t released = 0;  ///< arrays that are let go of: their tokens follow
  std::uint8_t ok = 0, has_metadata = 0, has_copies = 0;
};

static_assert(std::has_unique_object_representations_v<MessageHead> && sizeof(MessageHead) == 16);

}  // namespace lagoon::detail
