// SPDX-License-Identifier: Apache-2.0
#include "model.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <limits>
#include <string>

namespace lagoon::streaming::detail {
namespace {

constexpr double kNear = 0.35, kRecent = 0.05, kHourly = 0.2, kRestless = 0.2;  // shares of the newest in each mean
constexpr double kSlow = 0.0005, kMiddle = 0.005;
constexpr std::int64_t kFirst = 20;  // numbers until means are means
constexpr double kSecond = 0.3;      // what the smaller of two surprises adds to the larger
constexpr double kMost = 1e300;      // larger numbers are taken for this, so that differences stay finite

/// Differences below this are rounding.
double rounding(double a, double b) noexcept {
  return 1e-12 * std::max(std::fabs(a), std::fabs(b)) + std::numeric_limits<double>::min();
}

std::int32_t first_of(std::int64_t learning) noexcept {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(learning * 3 / 5, Tails::kLeastFirst, Tails::kMostFirst));
}

void follow(double& mean, double x, double share) noexcept { mean += share * (x - mean); }

}  // namespace

void check(const DetectorOptions& o) {
  if (o.learning < 1 || o.learning > std::int64_t{1} << 40)
    throw Error(Errc::invalid_argument,
                "Detector: learning is " + std::to_string(o.learning) + "; 1 to 2^40 points are wanted");
  if (!(o.false_alarm > 0 && o.false_alarm < 1))
    throw Error(Errc::invalid_argument, "Detector: false_alarm is " + std::to_string(o.false_alarm) +
                                            "; a chance above 0 and below 1 is wanted");
  if (o.quiet > std::int64_t{1} << 40)
    throw Error(Errc::invalid_argument,
                "Detector: quiet is " + std::to_string(o.quiet) + "; at most 2^40 points are wanted");
}

Model::Model(const DetectorOptions& o) noexcept
    : threshold_(o.learning, o.false_alarm, o.quiet),
      near_tails_(first_of(o.learning)),
      recent_tails_(first_of(o.learning)),
      hourly_tails_(first_of(o.learning)),
      restless_tails_(first_of(o.learning)) {}

Judgement Model::add(double time, double value) noexcept {
  profile_.look(time);
  const double usual = profile_.known() ? profile_.usual() + hourly_ : near_;
  const Forecast::Guesses guesses{last_, near_, slow_.centre, usual};
  Judgement j;
  j.expected = forecast_.expected(guesses);
  j.deviation = forecast_.deviation();
  if (!std::isnan(value)) {
    threshold_.step();
    if (std::isinf(value)) {
      j.score = infinite();
    } else {
      infinities_ = Infinities::none;
      const double x = std::clamp(value, -kMost, kMost);
      forecast_.learn(guesses, x);
      j.score = threshold_.score(learn(time, x));
    }
  }
  j.anomaly = j.score >= 0.5;
  j.trend = trend();
  j.learning = threshold_.learning();
  return j;
}

/// The score of an infinity: those in a row are one anomaly, in a series that had numbers.
double Model::infinite() noexcept {
  if (count_ == 0) return 0;
  if (infinities_ == Infinities::told) return Threshold::kBelow;
  const double score = threshold_.score(std::numeric_limits<double>::max());
  infinities_ = score < 0.5 ? Infinities::some : Infinities::told;
  return score;
}

/// The surprise of x, after which it is known.
double Model::learn(double time, double x) noexcept {
  ++count_;
  if (count_ == 1) {
    last_ = near_ = recent_ = x;
    last_time_ = time;
  }
  const double step = std::fabs(x - last_), before = recent_;
  follow(near_, x, kNear);
  follow(recent_, x, kRecent);
  follow(restless_, step, share(count_, kRestless));
  follow(rise_, recent_ - before, share(count_, kRecent));
  follow(run_, std::min(time - last_time_, kMost), share(count_, kRecent));
  last_ = x;
  last_time_ = time;

  const double floor = rounding(x, slow_.centre);
  const bool known = profile_.known();
  const double from_usual = profile_.learn(x);
  const double from_slow = near_ - slow_.centre, from_middle = recent_ - middle_.centre;
  slow_.learn(near_, kSlow);
  middle_.learn(recent_, kMiddle);

  double place = 0, motion = 0;
  if (count_ >= kFirst) {
    place = near_tails_.take(from_slow, floor);
    motion = std::max(recent_tails_.take(from_middle, floor), restless_tails_.take(restless_, floor));
  }
  if (known) {
    follow(hourly_, from_usual, kHourly);
    place = std::max(place, hourly_tails_.take(hourly_, floor));
  }
  return std::max(place, motion) + kSecond * std::min(place, motion);
}

}  // namespace lagoon::streaming::detail
