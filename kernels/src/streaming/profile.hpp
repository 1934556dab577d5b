// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "level.hpp"

namespace lagoon::streaming::detail {

/// What is usual at this hour: 24 hours of days from Monday to Friday and 24 of the others, in UTC. A series without a
/// day, or with another unit of time than seconds, has levels there that are as good as any other.
class DayProfile {
 public:
  /// Turns to the hour of this time.
  void look(double time) noexcept {
    const double day = std::floor(time / 86400);
    const double weekday = std::fmod(std::fmod(day + 4, 7) + 7, 7);  // 1970 began on a Thursday; 0 is Sunday
    const double hour = std::floor((time - day * 86400) / 3600);
    now_ = static_cast<std::size_t>(std::clamp(hour, 0.0, 23.0));
    if (weekday < 0.5 || weekday > 5.5) now_ += 24;
  }
  /// It had some numbers.
  bool known() const noexcept { return hours_[now_].count > 6; }
  double usual() const noexcept { return hours_[now_].level; }

  /// returns  how far x is from what was usual; 0 for the first number of an hour
  double learn(double x) noexcept {
    Hour& hour = hours_[now_];
    ++hour.count;
    if (hour.count == 1) hour.level = x;
    const double error = x - hour.level;
    const double most = 5 * errors_.distance;
    hour.level += share(hour.count, 0.05) * (errors_.count > 50 ? std::clamp(error, -most, most) : error);
    errors_.learn(error, 0.001);
    return error;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(hours_, errors_);
  }

 private:
  struct Hour {
    double level = 0;
    std::int64_t count = 0;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(level, count);
    }
  };

  std::size_t now_ = 0;
  std::array<Hour, 48> hours_{};
  Level errors_;
};

}  // namespace lagoon::streaming::detail
