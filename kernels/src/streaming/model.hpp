// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/kernels/streaming/detector.hpp>

#include "forecast.hpp"
#include "level.hpp"
#include "profile.hpp"
#include "tail.hpp"
#include "threshold.hpp"

namespace lagoon::streaming::detail {

/// Throws invalid_argument when an option is out of range.
void check(const DetectorOptions& options);

/// What a detector knows: a plain value of some kilobytes. README.md has the method.
class Model {
 public:
  explicit Model(const DetectorOptions& options) noexcept;

  Judgement add(double time, double value) noexcept;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(count_, infinities_, last_time_, last_, near_, slow_, recent_, middle_, hourly_, restless_, rise_, run_,
            profile_, forecast_, threshold_, near_tails_, recent_tails_, hourly_tails_, restless_tails_);
  }

 private:
  /// Whether the last numbers were infinite, and an alarm was given of it.
  enum class Infinities : std::uint8_t { none, some, told };

  double infinite() noexcept;
  double learn(double time, double x) noexcept;
  double trend() const noexcept { return run_ > 0 ? rise_ / run_ : 0; }

  std::int64_t count_ = 0;  // finite numbers
  Infinities infinities_ = Infinities::none;
  double last_time_ = 0, last_ = 0;
  double near_ = 0;            // mean of the last three or so, watched against
  Level slow_;                 // the level of thousands
  double recent_ = 0;          // mean of the last twenty, watched against
  Level middle_;               // the level of hundreds
  double hourly_ = 0;          // mean of the last five distances from what is usual at the hour
  double restless_ = 0;        // mean of the last five steps
  double rise_ = 0, run_ = 0;  // mean change of `recent_` and mean time, from point to point
  DayProfile profile_;
  Forecast forecast_;
  Threshold threshold_;
  Tails near_tails_, recent_tails_, hourly_tails_, restless_tails_;
};

}  // namespace lagoon::streaming::detail
