// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/timeseries/seasonality.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <limits>
#include <numeric>
#include <string>

#include "bridge.hpp"
#include "period_hills.hpp"
#include "periodogram.hpp"
#include "polled/parts.hpp"
#include "seasons.hpp"

namespace lagoon::timeseries {
namespace {

using Series = Tensor<double, 1>;

constexpr std::ptrdiff_t kFewest = 6;
constexpr std::ptrdiff_t kLongestSeries = std::ptrdiff_t{1} << 29;  // transforms count in int

[[noreturn]] void refuse(const std::string& what) { throw Error(Errc::invalid_argument, "find_periods: " + what); }

void check(View<const double, 1> x, const PeriodOptions& options) {
  if (options.shortest < 2) refuse("shortest is " + std::to_string(options.shortest) + "; at least 2 is needed");
  if (options.longest != 0 && options.longest < options.shortest)
    refuse("longest is " + std::to_string(options.longest) + ", shortest " + std::to_string(options.shortest));
  if (!(options.false_alarm > 0 && options.false_alarm < 1))
    refuse("false_alarm is " + std::to_string(options.false_alarm) + "; it is a chance between 0 and 1");
  if (x.size() > kLongestSeries)
    refuse("the series has " + std::to_string(x.size()) + " numbers; up to 2^29 are taken");
  detail::check_not_infinite(x, "find_periods");
}

double mean_of(const Series& x) {
  double sum = 0;
  polled::for_each(x.size(), [&](std::ptrdiff_t i) { sum += x[i]; });
  return sum / static_cast<double>(x.size());
}

double largest_of(const Series& x) {
  double most = 0;
  polled::for_each(x.size(), [&](std::ptrdiff_t i) { most = std::max(most, std::fabs(x[i])); });
  return most;
}

/// The series less its line, its largest number 1; without elements when nothing but rounding is left of it.
Series without_line(Series x) {
  const std::ptrdiff_t n = x.size();
  const double scale = largest_of(x);
  if (scale == 0) return {};
  // Neither squares nor differences overflow; what is constant is gone before it costs digits.
  const double first = x[0] / scale;
  polled::for_each(n, [&](std::ptrdiff_t i) { x[i] = x[i] / scale - first; });
  const double mean = mean_of(x), middle = 0.5 * static_cast<double>(n - 1);
  double slope = 0, squares = 0;
  polled::for_each(n, [&](std::ptrdiff_t i) {
    const double t = static_cast<double>(i) - middle;
    slope += t * (x[i] - mean);
    squares += t * t;
  });
  slope /= squares;
  polled::for_each(n, [&](std::ptrdiff_t i) { x[i] -= mean + slope * (static_cast<double>(i) - middle); });
  const double left = largest_of(x);
  if (!(left > 64 * std::numeric_limits<double>::epsilon())) return {};
  polled::for_each(n, [&](std::ptrdiff_t i) { x[i] /= left; });
  return x;
}

/// A frequency that stands out, with the hill it belongs to.
struct Candidate {
  Period period;
  double top;
  std::size_t rank;  // 0: the strongest
};

/// How far k waves of length a and one of length b are apart, in steps from one frequency of the series to the next.
double steps_apart(double k, double a, double b, std::ptrdiff_t n) {
  return std::fabs(k / a - 1 / b) * static_cast<double>(n);
}

bool same_hill(const Candidate& a, const Candidate& b, std::ptrdiff_t n) {
  return steps_apart(1, a.period.length, b.period.length, n) < 1.5 || std::fabs(a.top - b.top) < 0.02 * a.top;
}

/// Some periods in a row that correlate no better than one do: `candidate` is nothing new.
bool only_repeats(const Period& candidate, const Period& known, std::ptrdiff_t n) {
  const double times = std::round(candidate.length / known.length);
  return times > 1 && steps_apart(times, candidate.length, known.length, n) < 1.5 &&
         candidate.correlation < known.correlation + 0.05;
}

/// The hills of strong frequencies, short periods first: the ripple of those that are found is no hill of a longer one.
std::vector<Candidate> on_hills(const Series& x, std::ptrdiff_t longest, const PeriodOptions& options) {
  const std::ptrdiff_t n = x.size();
  const detail::Periodogram periodogram(x, options.compute.parallel);
  const auto strong = periodogram.outstanding((n + longest - 1) / longest, n / 2, options.false_alarm);
  std::vector<Candidate> found;
  if (strong.empty()) return found;
  const detail::Hills hills(x, longest, options.compute.parallel);
  std::vector<std::size_t> order(strong.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return strong[a] > strong[b]; });
  for (std::size_t rank : order) {
    const auto k = static_cast<double>(strong[rank]);
    const double period = static_cast<double>(n) / k;
    std::vector<double> shorter;
    for (const Candidate& c : found)
      if (2 * c.period.length <= period) shorter.push_back(c.period.length);
    // From one frequency to the next, and half of that, is not told apart by the spectrum.
    const auto top = hills.climb(period, std::max(1.0, 1.5 * period / k), shorter);
    if (!top) continue;
    const double refined = periodogram.refined(period);
    const double within = std::clamp(refined, 2.0, static_cast<double>(longest));
    if (std::fabs(within - refined) > 0.5) continue;
    const Candidate candidate{{within, periodogram.power(within), top->correlation}, top->lag, rank};
    const auto same =
        std::find_if(found.begin(), found.end(), [&](const Candidate& c) { return same_hill(candidate, c, n); });
    if (same != found.end()) {
      if (candidate.rank < same->rank) *same = candidate;
    } else if (std::none_of(found.begin(), found.end(),
                            [&](const Candidate& c) { return only_repeats(candidate.period, c.period, n); })) {
      found.push_back(candidate);
    }
  }
  return found;
}

}  // namespace

std::vector<Period> find_periods(View<const double, 1> observations, const PeriodOptions& options) {
  check(observations, options);
  const std::ptrdiff_t n = observations.size();
  std::ptrdiff_t numbers = 0;
  polled::for_each(n, [&](std::ptrdiff_t i) { numbers += !std::isnan(observations[i]); });
  if (numbers < kFewest || options.most == 0) return {};
  Series x = polled::copy_of(observations);
  detail::bridge(x.data(), n, 1, 0);
  x = without_line(std::move(x));
  if (x.empty()) return {};

  // What is not there twice is no period.
  const std::ptrdiff_t longest = std::min(options.longest == 0 ? n / 3 : options.longest, n / 2);
  if (longest < options.shortest) return {};
  std::vector<Period> periods;
  for (const Candidate& c : on_hills(x, longest, options))
    if (c.period.length >= static_cast<double>(options.shortest) - 0.5) periods.push_back(c.period);
  std::stable_sort(periods.begin(), periods.end(), [](const Period& a, const Period& b) { return a.power > b.power; });
  if (periods.size() > options.most) periods.resize(options.most);
  return periods;
}

}  // namespace lagoon::timeseries
