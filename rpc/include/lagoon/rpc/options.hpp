// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lagoon/engine/stop.hpp>
#include <lagoon/rpc/metadata.hpp>
#include <string>

namespace lagoon {

/// Where the array bytes of a call went. A call never copies in silence.
struct CopyReport {
  std::size_t shared_bytes = 0;  ///< passed by a shared handle (Frozen)
  std::size_t moved_bytes = 0;   ///< handed over (Tensor, vector, string)
  std::size_t copied_bytes = 0;  ///< copied, because of `why`
  std::string why;

  /// Adds what another message did; of reasons the last stays.
  CopyReport& operator+=(const CopyReport& part) {
    shared_bytes += part.shared_bytes;
    moved_bytes += part.moved_bytes;
    copied_bytes += part.copied_bytes;
    if (!part.why.empty()) why = part.why;
    return *this;
  }
};

/// What the caller learns beside the answer.
struct CallReport {
  std::string isolate;                     ///< who answered; empty when nobody did
  std::chrono::nanoseconds queued{0};      ///< from the call to the handler's start, or to its end if it never started
  std::chrono::nanoseconds processing{0};  ///< in the handler
  Metadata initial;                        ///< sent by the handler before its answer
  Metadata trailing;                       ///< sent with the status
  CopyReport copies;
  std::uint64_t trace_id = 0;
};

/// Among calls that wait for a worker of a pool. The less urgent get one turn in sixteen at least.
enum class Priority : std::uint8_t { high, normal, low };

/// How one call is made. All defaults: no deadline, inherit the caller's own, share arrays.
struct CallOptions {
  std::chrono::nanoseconds timeout{0};  ///< 0: none. The earlier of timeout, deadline and the parent call's wins
  TimePoint deadline = kNever;
  Metadata metadata{};
  bool zero_copy = true;           ///< false: arrays are copied on the way, to test and to show the difference
  bool require_zero_copy = false;  ///< fail with invalid_argument rather than copy an array
  bool detached = false;           ///< true: the parent call's deadline and cancellation do not reach this call
  std::size_t memory_limit = 0;    ///< bytes the call may hold; 0: the isolate's call_limit
  Priority priority = Priority::normal;
  std::size_t window_bytes = 4 << 20;  ///< bytes of stream items, with the arrays they refer to, in flight
  std::size_t window_items = 1024;     ///< stream items in flight
  bool count_copies = false;           ///< fill the copy report of a reply; done anyway when `report` is set
  const StopControl* stop = nullptr;   ///< instead of the parent call's: ends the call early; outlives the call
  CallReport* report = nullptr;        ///< filled by blocking calls
};

}  // namespace lagoon
