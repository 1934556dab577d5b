// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc.hpp>
#include <lagoon/rpc/process.hpp>

#include <cstdint>
#include <string>
#include <vector>

// The service of lab_worker.cpp: its handlers do to their process what a request says, so that a test can see what
// that costs the program that called.
namespace lagoon::test {

/// What a handler does, and to itself.
struct Order {
  std::string deed{};       ///< see deeds in lab_service.cpp; empty: it answers
  std::int64_t number = 0;  ///< of bytes, milliseconds, items; as the deed has it
  std::string path{};       ///< file that every handler that has begun adds a byte to, or that a deed takes
  Frozen<double, 1> values{};
  LAGOON_FIELDS(Order, deed, number, path, values)
};

struct Answer {
  Frozen<double, 1> values{};  ///< those of the order, unless the deed makes some
  double sum = 0;              ///< of the order's
  std::int64_t number = 0;     ///< of the order; streams: which answer it is
  std::int64_t process = 0;    ///< of the handler
  std::string text{};          ///< what else the deed has to say
  LAGOON_FIELDS(Answer, values, sum, number, process, text)
};

/// An array that is handed over for good.
struct Parcel {
  Tensor<double, 1> values;
  double sum = 0;
  LAGOON_FIELDS(Parcel, values, sum)
};

/// An item that refers to nothing.
struct Tick {
  std::int64_t number = 0;
  LAGOON_FIELDS(Tick, number)
};

using Do = Unary<"do", Order, Answer>;
using Ask = Unary<"ask", Order, Answer, Idempotent>;
using Read = ServerStream<"read", Order, Answer>;
using Write = ClientStream<"write", Order, Answer>;
using Talk = Bidirectional<"talk", Order, Answer>;
using Carry = Unary<"carry", Parcel, Parcel, Idempotent>;
using CarryAll = Bidirectional<"carryAll", Parcel, Parcel>;
using Count = ServerStream<"count", Order, Tick>;
using Mirror = Bidirectional<"mirror", Tick, Tick>;
using MirrorInTurns = Bidirectional<"mirrorInTurns", Tick, Tick>;
using ProcessLab =
    Contract<"test.ProcessLab", Do, Ask, Read, Write, Talk, Carry, CarryAll, Count, Mirror, MirrorInTurns>;

/// The program with these handlers; here they are never run.
Service process_lab();

/// A FaultPlan in words, for the environment of a worker: "point:nth:action", action one of kill, abort, throw,
/// bad_alloc, stop. With kFaultOnce, only the process that can remove that file does it: its successor does not.
inline constexpr const char* kFault = "LAGOON_LAB_FAULT";
inline constexpr const char* kFaultOnce = "LAGOON_LAB_FAULT_ONCE";
/// Every point now and then, any action; each adds a byte to the file that this names.
inline constexpr const char* kChaos = "LAGOON_LAB_CHAOS";

}  // namespace lagoon::test
