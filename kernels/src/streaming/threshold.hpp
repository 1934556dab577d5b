// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tail.hpp"

namespace lagoon::streaming::detail {

/// From which surprise on there is an alarm.
///
/// Each alarm raises the edge, by more the higher it is, and calm lowers it again so slowly that in the long run no
/// more than the wanted share of points are alarms, whatever the series does (the idea of adaptive conformal
/// inference, Gibbs & Candes 2021, on the scale of surprise). So no series floods its reader.
class Threshold {
 public:
  Threshold(std::int64_t learning, double false_alarm, std::int64_t quiet) noexcept
      : learning_(learning),
        quiet_(quiet < 0 ? learning : quiet),
        calm_(kRaise * false_alarm),
        base_(std::max(kLeast, -std::log(false_alarm) - kMargin)) {}

  bool learning() const noexcept { return count_ <= learning_; }
  /// One point more.
  void step() noexcept {
    ++count_;
    ++since_;
    raised_ = std::max(0.0, raised_ - calm_);
  }
  /// 0 to 1; 0.5 and more is an alarm, which is then counted.
  double score(double surprise) noexcept {
    const auto n = static_cast<double>(count_);
    const double young = n < kYoung ? std::log(kYoung / n) : 0;
    const double score = surprise / (surprise + base_ + raised_ + young);
    if (score < 0.5) return score;
    if (learning() || (since_ <= quiet_ && surprise < kWorse * told_)) return kBelow;
    since_ = 0;
    told_ = surprise;
    raised_ += kRaise + kGrowth * raised_;
    return score;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(learning_, quiet_, calm_, base_, raised_, told_, count_, since_);
  }

  /// The largest score that is no alarm.
  static constexpr double kBelow = 0.49999999999999994;

 private:
  static constexpr double kMargin = 3;   // exponential tails over-estimate: what they call e^-8.5 is rarer in noise
  static constexpr double kLeast = 3.1;  // beyond the 95 % that are no tail
  static constexpr double kRaise = 0.25, kGrowth = 0.2;
  static constexpr double kWorse = 4;     // so much more surprising than the alarm before is another incident
  static constexpr double kYoung = 3000;  // points until which more is asked

  std::int64_t learning_, quiet_;
  double calm_, base_;
  double raised_ = 0;
  double told_ = 0;  ///< surprise of the last alarm
  std::int64_t count_ = 0;
  std::int64_t since_ = std::numeric_limits<std::int64_t>::max() / 2;  // the last alarm
};

}  // namespace lagoon::streaming::detail
