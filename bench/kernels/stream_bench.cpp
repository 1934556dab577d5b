// SPDX-License-Identifier: Apache-2.0
// Points per second that a Watcher judges, with its window, on one core: of one series, and of a thousand in turn.
#include <lagoon/kernels/streaming/watcher.hpp>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "rivals/rivals.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr std::size_t kPoints = 200'000;

/// Numbers for some series in turn, without end.
class Source {
 public:
  explicit Source(std::size_t series) : series_(series) {
    std::mt19937_64 random(1);
    std::normal_distribution<double> draw;
    for (double& v : values_) v = draw(random);
  }

  /// Calls f(which, time, value) n times.
  template <class F>
  void run(std::size_t n, F&& f) {
    for (std::size_t i = 0; i < n; ++i) {
      f(next_, 60 * static_cast<double>(round_), values_[(round_ * 31 + next_) % values_.size()]);
      if (++next_ == series_) {
        next_ = 0;
        ++round_;
      }
    }
  }

 private:
  std::vector<double> values_ = std::vector<double>(65'536);
  std::size_t series_, next_ = 0, round_ = 0;
};

/// A watcher whose windows are full, and which has learned.
class Watched {
 public:
  explicit Watched(std::size_t series) : source_(series), points_(series) {
    for (std::size_t i = 0; i < series; ++i) points_[i].series = "sensor " + std::to_string(i);
    run(200 * series);
  }

  std::size_t run(std::size_t n) {
    source_.run(n, [this](std::size_t which, double time, double value) {
      points_[which].time = time;
      points_[which].value = value;
      watcher_.add(points_[which], sink_);
    });
    return alarms_;
  }

 private:
  Source source_;
  std::vector<streaming::Point> points_;
  streaming::Watcher watcher_;
  std::size_t alarms_ = 0;
  streaming::Watcher::Sink sink_ = [this](const streaming::Verdict& v) { alarms_ += v.anomaly ? 1 : 0; };
};

/// What is left without names, windows and an order of time.
class Detected {
 public:
  explicit Detected(std::size_t series) : source_(series), detectors_(series) { run(200 * series); }

  std::size_t run(std::size_t n) {
    source_.run(n, [this](std::size_t which, double time, double value) {
      alarms_ += detectors_[which].add(time, value).anomaly ? 1 : 0;
    });
    return alarms_;
  }

 private:
  Source source_;
  std::vector<streaming::Detector> detectors_;
  std::size_t alarms_ = 0;
};

template <class T>
Side side(const char* name, std::size_t series) {
  auto stream = std::make_shared<T>(series);
  return {name, rate_of(static_cast<double>(kPoints), [stream] { benchmark::DoNotOptimize(stream->run(kPoints)); })};
}

Row row(const char* name, std::size_t series) {
  return {name,
          kMillionItems,
          Better::higher,
          1,
          [series] {
            return Pair{side<Watched>("Watcher::add", series), side<Detected>("Detector::add", series)};
          },
          Judge::figure,
          0.2};
}

}  // namespace

void add_stream_kernel_rows(Rows& rows) {
  rows.push_back(row("stream.watch.one_series", 1));
  rows.push_back(row("stream.watch.thousand_series", 1000));
}

}  // namespace lagoon::bench
