// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <lagoon/core/fields.hpp>
#include <lagoon/kernels/streaming/detector.hpp>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace lagoon::streaming {

/// One number of one series.
struct Point {
  std::string series{};  ///< which; "" is one as any other
  double time = 0;       ///< seconds since 1970, or in any unit that windows and lateness are in as well
  double value = 0;      ///< NaN: a gap
  LAGOON_FIELDS(Point, series, time, value)
};

/// Statistics of the numbers in a window that ends with a point.
struct WindowStatistics {
  std::int64_t count = 0;
  double mean = std::numeric_limits<double>::quiet_NaN();
  double standard_deviation = std::numeric_limits<double>::quiet_NaN();  ///< with n - 1
  double minimum = std::numeric_limits<double>::quiet_NaN();
  double maximum = std::numeric_limits<double>::quiet_NaN();
  LAGOON_FIELDS(WindowStatistics, count, mean, standard_deviation, minimum, maximum)
};

/// What became of one point.
struct Verdict {
  std::string series{};
  double time = 0;
  double value = 0;
  double expected = std::numeric_limits<double>::quiet_NaN();  ///< see Judgement
  double score = 0;
  bool anomaly = false;
  double trend = 0;
  WindowStatistics window{};
  bool learning = false;
  bool late = false;  ///< it came after the window for late points had closed: nothing else was computed
  LAGOON_FIELDS(Verdict, series, time, value, expected, score, anomaly, trend, window, learning, late)
};

struct WatcherOptions {
  DetectorOptions detector{};
  std::int64_t window_count = 0;  ///< the window holds so many numbers; a gap is none
  double window_time = 0;         ///< or those of so much time: (t - window_time, t]; with both 0: 100 points
  /// How far, in time, a point may come behind the newest of its series and still be put in its place: verdicts wait
  /// until nothing can come before them. 0: points are judged as they come, and earlier ones are late.
  double lateness = 0;
  std::int64_t most_series = 100'000;     ///< a key beyond is an error
  std::int64_t most_waiting = 1'000'000;  ///< points of all series that wait for late ones, or lie in windows of time
  LAGOON_FIELDS(WatcherOptions, detector, window_count, window_time, lateness, most_series, most_waiting)
};

/// Watches many series at once, each with its own detector and window.
///
///   Watcher watcher({.window_time = 300, .lateness = 10});
///   watcher.add({"boiler", t, celsius}, [](const Verdict& v) { if (v.anomaly) alarm(v); });
///   watcher.flush(...);                                       // no more points
///
/// Each point gets exactly one verdict, those of one series in the order of time, equal times in the order they came.
///   One thread at a time.
class Watcher {
 public:
  /// Must not call the watcher.
  using Sink = std::function<void(const Verdict&)>;

  /// throws  invalid_argument: options (both kinds of window, a negative or infinite number)
  explicit Watcher(const WatcherOptions& options = {});
  ~Watcher();
  Watcher(Watcher&&) noexcept;
  Watcher& operator=(Watcher&&) noexcept;

  /// Takes a point and gives the verdicts that are due, of no point or of several.
  ///   throws   invalid_argument: a time that is not finite; resource_exhausted: too many series or points that wait;
  ///            what the sink throws. The watcher is as it was, but for verdicts given
  ///   cost     O(1) expected, O(log waiting) for a point out of order
  void add(const Point& point, const Sink& sink);
  /// Gives the verdicts of all points that wait, series by series in the order of their first point.
  void flush(const Sink& sink);

  std::int64_t series() const noexcept;
  std::int64_t waiting() const noexcept;  ///< points without a verdict

  /// All that the watcher knows, waiting points too.
  std::string state() const;
  /// throws  data_loss, invalid_argument (another version)
  static Watcher from_state(std::string_view bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lagoon::streaming
