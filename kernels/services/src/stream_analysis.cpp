// SPDX-License-Identifier: Apache-2.0
#include <lagoon/services/stream_analysis.hpp>

#include <lagoon/engine/stop.hpp>
#include <lagoon/rpc/serve.hpp>

#include <utility>

#include "message_bytes.hpp"

namespace lagoon::services {
namespace {

using streaming::Detector;
using streaming::Verdict;
using streaming::Watcher;

/// A watcher by what the first item says.
Watcher watcher_of(const WatchItem& first) {
  if (first.state.empty()) return Watcher(first.options.value_or(streaming::WatcherOptions{}));
  if (first.options)
    throw Error(Errc::invalid_argument, "watch: options and a state are given; a state has options of its own");
  return Watcher::from_state(MessageText(first.state));
}

void watch(Reader<WatchItem> in, Writer<WatchReply> out) {
  std::optional<WatchItem> item;
  if (!in.read_into(item)) return;
  Watcher watcher = watcher_of(*item);
  bool wanted = true;
  const Watcher::Sink sink = [&](const Verdict& verdict) { wanted = wanted && out.write({.verdict = verdict}); };
  bool first = true;
  bool handed_over = false;  // with the state as the last thing asked for, what waits is for who goes on from it
  do {
    if (!first && (item->options || !item->state.empty()))
      throw Error(Errc::invalid_argument, "watch: options and state come with the first item, not later");
    first = false;
    if (!item->no_point) watcher.add(item->point, sink);
    handed_over = item->want_state;
    if (item->want_state) wanted = wanted && out.write({.state = message_bytes(watcher.state())});
  } while (wanted && in.read_into(item));
  if (wanted && !handed_over) watcher.flush(sink);
}

constexpr std::ptrdiff_t kBetweenPolls = 1024;

DetectReply detect(const DetectRequest& r) {
  const View<const double, 1> values = r.values, times = r.times;
  const std::ptrdiff_t n = values.extent(0);
  if (!r.times.empty() && times.extent(0) != n)
    throw Error(Errc::invalid_argument,
                "detect: " + std::to_string(n) + " values have " + std::to_string(times.extent(0)) + " times");
  Detector detector(r.options);
  Tensor<double, 1> scores({n}), expected({n});
  DetectReply reply;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    if (i % kBetweenPolls == 0) throw_if_stopped();
    const double time = r.times.empty() ? static_cast<double>(i) : times[i];
    if (i > 0 && !r.times.empty() && !(time >= times[i - 1]))
      throw Error(Errc::invalid_argument, "detect: time " + std::to_string(i) + " is earlier than the one before it");
    const streaming::Judgement j = detector.add(time, values[i]);
    scores[i] = j.score;
    expected[i] = j.expected;
    if (j.anomaly) reply.anomalies.push_back(i);
  }
  reply.scores = std::move(scores).freeze();
  reply.expected = std::move(expected).freeze();
  return reply;
}

}  // namespace

Service stream_analysis_service() { return serve<StreamAnalysis>(on<WatchStream>(watch), on<Detect>(detect)); }

}  // namespace lagoon::services
