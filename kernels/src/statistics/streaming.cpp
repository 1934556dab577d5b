// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/statistics/streaming.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <limits>
#include <numeric>
#include <string>

#include "moment_state.hpp"

namespace lagoon::statistics {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

detail::MomentState state_of(const StreamingMoments& s) {
  detail::MomentState state;
  state.missing = s.missing;
  if (s.count == 0) return state;
  return {s.count, s.sum, s.sum_low, s.m2, s.m3, s.m4, s.minimum, s.maximum, s.missing};
}

void take(StreamingMoments& s, const detail::MomentState& state) {
  s.count = state.count;
  s.missing = state.missing;
  s.sum = state.sum;
  s.sum_low = state.sum_low;
  s.m2 = state.m2;
  s.m3 = state.m3;
  s.m4 = state.m4;
  s.minimum = state.count == 0 ? 0 : state.minimum;
  s.maximum = state.count == 0 ? 0 : state.maximum;
}

/// Class k holds (g^(k-1), g^k] with g = (1 + e) / (1 - e).
double log_base(double error) { return std::log1p(error) - std::log1p(-error); }

void add_class(std::vector<std::int64_t>& buckets, std::int64_t& first, std::int64_t most, std::int64_t k,
               std::int64_t count) {
  if (buckets.empty()) {
    first = k;
    buckets.push_back(count);
    return;
  }
  const auto size = static_cast<std::int64_t>(buckets.size());
  if (k < first) {
    const std::int64_t room = std::max<std::int64_t>(0, most - size), wanted = first - k;
    const std::int64_t grow = std::min(room, wanted);  // what lies lower still joins the lowest bucket
    buckets.insert(buckets.begin(), static_cast<std::size_t>(grow), 0);
    first -= grow;
    k = std::max(k, first);
  } else if (k >= first + size) {
    const std::int64_t excess = k - first + 1 - most;
    if (excess > 0) {  // the lowest buckets become one
      const std::int64_t gone = std::min(excess, size);
      const std::int64_t low = std::accumulate(buckets.begin(), buckets.begin() + gone, std::int64_t{0});
      buckets.erase(buckets.begin(), buckets.begin() + gone);
      first += excess;
      if (buckets.empty()) buckets.push_back(0);
      buckets[0] += low;
    }
    buckets.resize(static_cast<std::size_t>(k - first + 1));
  }
  buckets[static_cast<std::size_t>(k - first)] += count;
}

}  // namespace

void StreamingMoments::add(double x) noexcept {
  detail::MomentState one;
  if (std::isnan(x)) {
    one.missing = 1;
  } else {
    one.count = 1;
    one.sum = one.minimum = one.maximum = x;
  }
  take(*this, detail::merge(state_of(*this), one, 4));
}

void StreamingMoments::add(View<const double, 1> x) {
  if (x.empty()) return;
  take(*this, detail::merge(state_of(*this), detail::moment_state(x), 4));
}

void StreamingMoments::merge(const StreamingMoments& other) noexcept {
  take(*this, detail::merge(state_of(*this), state_of(other), 4));
}

Moments StreamingMoments::moments(double ddof) const noexcept { return detail::finish(state_of(*this), 4, ddof); }

QuantileSketch::QuantileSketch(double error, std::int64_t most) : relative_error(error), most_buckets(most) {
  if (!(error > 0 && error <= 0.5))
    throw Error(Errc::invalid_argument,
                "quantile sketch: relative error is " + std::to_string(error) + "; above 0 to 0.5 is allowed");
  if (most < 16)
    throw Error(Errc::invalid_argument,
                "quantile sketch: " + std::to_string(most) + " buckets; at least 16 are needed");
}

void QuantileSketch::add(double x) {
  if (std::isnan(x)) {
    ++missing;
    return;
  }
  const bool first_number = zeros == 0 && positive.empty() && negative.empty();
  minimum = first_number ? x : std::min(minimum, x);
  maximum = first_number ? x : std::max(maximum, x);
  // Subnormal numbers count as zero; infinities as the greatest number, their place is kept by the extrema.
  const double size = std::min(std::fabs(x), std::numeric_limits<double>::max());
  if (size < std::numeric_limits<double>::min()) {
    ++zeros;
    return;
  }
  const auto k = static_cast<std::int64_t>(std::ceil(std::log(size) / log_base(relative_error)));
  if (x > 0)
    add_class(positive, positive_first, most_buckets, k, 1);
  else
    add_class(negative, negative_first, most_buckets, k, 1);
}

void QuantileSketch::add(View<const double, 1> x) {
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) add(x[i]);
}

void QuantileSketch::merge(const QuantileSketch& other) {
  if (relative_error != other.relative_error)
    throw Error(Errc::invalid_argument, "quantile sketch: relative errors are " + std::to_string(relative_error) +
                                            " and " + std::to_string(other.relative_error) + "; they must be equal");
  if (other.count() > 0) {
    const bool empty = count() == 0;
    minimum = empty ? other.minimum : std::min(minimum, other.minimum);
    maximum = empty ? other.maximum : std::max(maximum, other.maximum);
  }
  const QuantileSketch from = other;  // may be this one
  zeros += from.zeros;
  missing += from.missing;
  const auto join = [&](const std::vector<std::int64_t>& counts, std::int64_t begin, auto& buckets, auto& first) {
    for (std::size_t i = counts.size(); i-- > 0;)
      if (counts[i] > 0) add_class(buckets, first, most_buckets, begin + static_cast<std::int64_t>(i), counts[i]);
  };
  join(from.positive, from.positive_first, positive, positive_first);
  join(from.negative, from.negative_first, negative, negative_first);
}

std::int64_t QuantileSketch::count() const noexcept {
  return std::accumulate(positive.begin(), positive.end(), zeros) +
         std::accumulate(negative.begin(), negative.end(), std::int64_t{0});
}

double QuantileSketch::percentile(double percent) const {
  if (!(percent >= 0 && percent <= 100))
    throw Error(Errc::out_of_range,
                "quantile sketch: percent is " + std::to_string(percent) + "; 0 to 100 are allowed");
  const std::int64_t n = count();
  if (n == 0) return kNan;
  auto rank = static_cast<std::int64_t>(percent / 100 * static_cast<double>(n - 1));
  if (rank == 0) return minimum;
  if (rank >= n - 1) return maximum;
  const auto middle = [&](std::int64_t k) {  // of the class, where the error is the same to both sides
    return std::exp(static_cast<double>(k) * log_base(relative_error)) * (1 - relative_error);
  };
  double value = maximum;
  bool found = false;
  for (std::size_t i = negative.size(); i-- > 0 && !found;) {
    found = (rank -= negative[i]) < 0;
    if (found) value = -middle(negative_first + static_cast<std::int64_t>(i));
  }
  if (!found && (rank -= zeros) < 0) return std::clamp(0.0, minimum, maximum);
  for (std::size_t i = 0; i < positive.size() && !found; ++i) {
    found = (rank -= positive[i]) < 0;
    if (found) value = middle(positive_first + static_cast<std::int64_t>(i));
  }
  return std::clamp(value, minimum, maximum);
}

}  // namespace lagoon::statistics
