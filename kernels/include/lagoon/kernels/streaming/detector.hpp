// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace lagoon::streaming {

struct DetectorOptions {
  /// Points from which what is normal is learned before the first verdict counts; until then no point is an anomaly.
  std::int64_t learning = 100;
  /// Share of the points of any series, whatever it does, that are called anomalies in the long run: 1e-5 is one in
  /// 100,000. A series begins with some credit: about ten alarms, each harder to get than the one before.
  double false_alarm = 1e-5;
  /// Points after an alarm for which no new one is given, since one incident is one alarm, unless it is four times as
  /// surprising; negative: `learning`.
  std::int64_t quiet = -1;
  LAGOON_FIELDS(DetectorOptions, learning, false_alarm, quiet)
};

/// What a detector makes of one point.
struct Judgement {
  double expected = std::numeric_limits<double>::quiet_NaN();   ///< what was foreseen; NaN while nothing was
  double deviation = std::numeric_limits<double>::quiet_NaN();  ///< of what was foreseen, as a standard deviation
  /// 0 to 1: how unlikely the point and its neighbours are if all is as before. 0.5 and more is an anomaly; while
  /// learning and for `quiet` points after an anomaly the score stays just below.
  double score = 0;
  bool anomaly = false;
  double trend = 0;       ///< change of the level per unit of time
  bool learning = false;  ///< too early to tell
};

/// Watches one series for points, levels and shapes that do not belong, in constant memory.
///
///   Detector detector;
///   for (auto [t, x] : points) if (detector.add(t, x).anomaly) alarm(t);
///
/// A NaN is a gap: it gets score 0 and changes nothing. Infinities of a series that was finite are one anomaly, however
/// many follow one another. Numbers beyond 1e300 are taken for 1e300. Where time is in seconds since 1970, the hour of
/// the day and the weekend (in UTC) are learned as well. One thread at a time.
///   cost     O(1) per point, 0.1 us; 3.3 kB
///   source   see src/streaming/README.md
class Detector {
 public:
  /// throws  invalid_argument: options
  explicit Detector(const DetectorOptions& options = {});
  ~Detector();
  Detector(Detector&&) noexcept;
  Detector& operator=(Detector&&) noexcept;

  ///   throws  invalid_argument: a time that is not finite or before the last (see Watcher for points out of order)
  Judgement add(double time, double value);

  /// All that the detector knows, to go on elsewhere with the same bits.
  std::string state() const;
  /// throws  data_loss: cut short or changed; invalid_argument: of another version
  static Detector from_state(std::string_view bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lagoon::streaming
