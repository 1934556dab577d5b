// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

// The Numenta Anomaly Benchmark, standard profile (Lavin & Ahmad 2015): what a detector's flags on a file are worth.
namespace lagoon::streaming {

/// Rows [first, last] in which an anomaly is to be found.
struct LabelledWindow {
  std::size_t first = 0, last = 0;
};

struct LabelledSeries {
  std::vector<double> time, value;  ///< seconds since 1970
  std::vector<LabelledWindow> windows;
};

/// "2014-10-30 15:30:00" or without seconds, in UTC.
inline double seconds_of(const std::string& text) {
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%d %d:%d:%d", &y, &mo, &d, &h, &mi, &s) < 5)
    throw std::runtime_error("no time: " + text);
  const auto day = std::chrono::sys_days(std::chrono::year(y) / mo / d);
  return static_cast<double>(day.time_since_epoch().count()) * 86400 + h * 3600 + mi * 60 + s;
}

struct Between {
  std::string first, last;  ///< both belong to the window
};

/// A file of the benchmark: a header, then "time,value" per row.
inline LabelledSeries read_labelled(const std::string& path, const std::vector<Between>& windows) {
  std::ifstream in(path);
  std::string line;
  if (!std::getline(in, line)) throw std::runtime_error("no file " + path);
  LabelledSeries s;
  while (std::getline(in, line)) {
    const auto comma = line.find(',');
    s.time.push_back(seconds_of(line.substr(0, comma)));
    s.value.push_back(std::stod(line.substr(comma + 1)));
  }
  for (const Between& w : windows) {
    const auto first = std::lower_bound(s.time.begin(), s.time.end(), seconds_of(w.first));
    const auto past = std::upper_bound(s.time.begin(), s.time.end(), seconds_of(w.last));
    s.windows.push_back(
        {static_cast<std::size_t>(first - s.time.begin()), static_cast<std::size_t>(past - s.time.begin()) - 1});
  }
  return s;
}

struct NabScore {
  double raw = 0;
  int windows = 0, found = 0, false_alarms = 0;

  NabScore& operator+=(const NabScore& o) {
    raw += o.raw;
    windows += o.windows;
    found += o.found;
    false_alarms += o.false_alarms;
    return *this;
  }
  /// 0 for no flag at all, 100 for a flag on the first row of each window and no other.
  double normalised() const { return 100 * (raw + windows) / (2.0 * windows); }
};

/// 1 far before 0, 0 at 0, -1 far behind.
inline double nab_sigmoid(double y) { return y > 3 ? -1 : 2 / (1 + std::exp(5 * y)) - 1; }

/// Flags of the first 15 % of the rows, 750 at most, do not count.
inline NabScore nab_score(const LabelledSeries& s, const std::vector<bool>& flags) {
  NabScore score;
  const std::size_t n = s.value.size(), probation = std::min<std::size_t>(n * 15 / 100, 750);
  std::size_t next = 0;  // window that is not over
  bool found = false;    // in it
  const auto close = [&] {
    if (s.windows[next].last >= probation) {
      ++score.windows;
      score.found += found ? 1 : 0;
      score.raw -= found ? 0 : 1;
    }
    found = false;
    ++next;
  };
  for (std::size_t i = 0; i < n; ++i) {
    while (next < s.windows.size() && i > s.windows[next].last) close();
    if (i < probation || !flags[i]) continue;
    if (next < s.windows.size() && i >= s.windows[next].first) {
      const LabelledWindow& w = s.windows[next];
      const double width = static_cast<double>(w.last - w.first + 1), left = static_cast<double>(w.last - i);
      if (!found) score.raw += nab_sigmoid(-(left + 1) / width) / nab_sigmoid(-1);
      found = true;
      continue;
    }
    ++score.false_alarms;
    if (next == 0) {
      score.raw -= 0.11;
    } else {
      const LabelledWindow& w = s.windows[next - 1];
      score.raw += 0.11 * nab_sigmoid(static_cast<double>(i - w.last) / static_cast<double>(w.last - w.first));
    }
  }
  while (next < s.windows.size()) close();
  return score;
}

}  // namespace lagoon::streaming
