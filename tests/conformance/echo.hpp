// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/rpc.hpp>
#include <string>
#include <vector>

// The service that the conformance suite calls. A request carries what the handler is to do, so that the handler may
// live in another process and know nothing of the test.
namespace lagoon::conformance {

struct Entry {
  std::string key, value;
  LAGOON_FIELDS(Entry, key, value)
};

/// What a handler is asked to do with its call.
struct Order {
  std::vector<std::int64_t> sizes;  ///< bytes of each response, in order
  std::int64_t code = 0;            ///< Errc to end with after the responses; 0: ok
  std::string message;              ///< of that status
  std::vector<Entry> details;       ///< of that status
  std::vector<Entry> initial;       ///< metadata sent before the responses
  std::vector<Entry> trailing;      ///< metadata sent with the status
  std::int64_t after = -1;          ///< streams of requests: end after so many, though more may come
  std::int64_t hold = -1;           ///< before that response (0: before all) do nothing until told to stop
  bool throws = false;              ///< the status is thrown rather than returned
  bool half_duplex = false;         ///< bidirectional: all requests first, then all responses
  LAGOON_FIELDS(Order, sizes, code, message, details, initial, trailing, after, hold, throws, half_duplex)
};

struct Request {
  Order order;
  Frozen<std::uint8_t, 1> body;
  LAGOON_FIELDS(Request, order, body)
};

struct Response {
  Frozen<std::uint8_t, 1> body;
  std::int64_t requests = 0;       ///< that the handler had read by then
  std::int64_t request_bytes = 0;  ///< in their bodies
  std::vector<Entry> metadata;     ///< of the request
  std::int64_t left_ns = -1;       ///< until the deadline; -1: there is none
  std::int64_t trace = 0;
  LAGOON_FIELDS(Response, body, requests, request_bytes, metadata, left_ns, trace)
};

/// Handlers until now, over all methods of a service.
struct Counts {
  std::int64_t begun = 0, stopped = 0, ended = 0;
  LAGOON_FIELDS(Counts, begun, stopped, ended)
};

using One = Unary<"one", Request, Response>;
using Down = ServerStream<"down", Request, Response>;
using Up = ClientStream<"up", Request, Response>;
using Both = Bidirectional<"both", Request, Response>;
using Count = Unary<"count", Empty, Counts>;
using Missing = Unary<"missing", Request, Response>;
using MissingBoth = Bidirectional<"missingBoth", Request, Response>;

using FunctionEcho = Contract<"lagoon.conformance.Functions", One, Down, Up, Both, Count>;
using CoroutineEcho = Contract<"lagoon.conformance.Coroutines", One, Down, Up, Both, Count>;
/// What a caller of a later version believes of the same services.
using LaterFunctionEcho = Contract<"lagoon.conformance.Functions", One, Missing, MissingBoth>;
using LaterCoroutineEcho = Contract<"lagoon.conformance.Coroutines", One, Missing, MissingBoth>;
using NobodysEcho = Contract<"lagoon.conformance.Nobody", One, Both>;

Service function_echo();
Service coroutine_echo();

}  // namespace lagoon::conformance
