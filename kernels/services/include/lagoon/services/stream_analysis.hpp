// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/kernels/streaming/watcher.hpp>
#include <lagoon/rpc/contract.hpp>
#include <lagoon/rpc/service.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lagoon::services {

/// What goes up the stream of `watch`: first the options, if others than usual are wanted, then points.
struct WatchItem {
  streaming::Point point{};
  std::optional<streaming::WatcherOptions> options{};  ///< with the first item only
  /// With the first item: what an earlier stream gave as its state, to go on from. Options are those of that stream.
  Frozen<std::uint8_t, 1> state{};
  bool no_point = false;  ///< the item has none: it brings options or state, or asks for the state
  /// Answered, after the verdicts that are due, by one item with the state. When the stream ends with that, points
  /// that wait for late ones get their verdicts from who goes on from the state.
  bool want_state = false;
  LAGOON_FIELDS(WatchItem, point, options, state, no_point, want_state)
};
/// What comes down: one verdict per point, those of a series in the order of time.
struct WatchReply {
  streaming::Verdict verdict{};
  Frozen<std::uint8_t, 1> state{};  ///< instead of a verdict, when it was asked for
  LAGOON_FIELDS(WatchReply, verdict, state)
};

/// A whole series at once, judged as if it came point by point.
struct DetectRequest {
  Frozen<double, 1> values{};
  Frozen<double, 1> times{};  ///< never falling; without elements: 0, 1, 2 ...
  streaming::DetectorOptions options{};
  LAGOON_FIELDS(DetectRequest, values, times, options)
};
struct DetectReply {
  Frozen<double, 1> scores{};  ///< 0 to 1; 0.5 is the edge of an anomaly
  Frozen<double, 1> expected{};
  std::vector<std::int64_t> anomalies{};  ///< numbers of the points, from 0
  LAGOON_FIELDS(DetectReply, scores, expected, anomalies)
};

using WatchStream = Bidirectional<"watch", WatchItem, WatchReply,
                                  Doc<"Points of many series in, a verdict per point out: anomaly, trend, window">>;
using Detect = Unary<"detect", DetectRequest, DetectReply, Idempotent, CpuBound,
                     Doc<"Anomalies of a whole series, found as if it were live">>;

using StreamAnalysis = Contract<"lagoon.StreamAnalysis", WatchStream, Detect>;

Service stream_analysis_service();

}  // namespace lagoon::services
