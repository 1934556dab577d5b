// SPDX-License-Identifier: Apache-2.0
#include "rolling_plain.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>

namespace lagoon::timeseries::detail {
namespace {

constexpr std::ptrdiff_t kBetweenPolls = 4096;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Sums about a centre that is a number of the same part, or 0 when it has no finite one: see squares_about_mean for
/// what that is good for. Both parts of a window have a centre of their own, so that a step of the series between them
/// costs no digits.
class MomentPart {
 public:
  void add(double x, double centre) noexcept {
    const long double t = static_cast<long double>(x) - centre;
    ++count_;
    sum_ += t;
    squares_ += t * t;
  }
  std::ptrdiff_t count() const noexcept { return count_; }
  long double sum(double centre) const noexcept { return sum_ + static_cast<long double>(count_) * centre; }
  long double mean_from_centre() const noexcept { return sum_ / static_cast<long double>(count_); }
  long double squares_about_mean() const noexcept {
    const long double squares = squares_ - sum_ * sum_ / static_cast<long double>(count_);
    return squares < 0 ? 0 : squares;
  }

 private:
  std::ptrdiff_t count_ = 0;
  long double sum_ = 0, squares_ = 0;
};

struct Mean {
  using Part = MomentPart;
  static double of(const Part& a, double a_centre, const Part& b, double b_centre, double) {
    const auto n = static_cast<long double>(a.count() + b.count());
    return static_cast<double>((a.sum(a_centre) + b.sum(b_centre)) / n);
  }
};

struct Deviation {
  using Part = MomentPart;
  /// Chan, Golub & LeVeque 1983.
  static double of(const Part& a, double a_centre, const Part& b, double b_centre, double ddof) {
    const auto na = static_cast<long double>(a.count()), nb = static_cast<long double>(b.count());
    const long double free = na + nb - ddof;
    if (!(free > 0)) return kNan;
    long double squares = 0;
    if (a.count() > 0) squares += a.squares_about_mean();
    if (b.count() > 0) squares += b.squares_about_mean();
    if (a.count() > 0 && b.count() > 0) {
      const long double centres = static_cast<long double>(b_centre) - a_centre;
      const long double step = centres + (b.mean_from_centre() - a.mean_from_centre());
      squares += step * step * (na / (na + nb)) * nb;
    }
    return static_cast<double>(std::sqrt(squares / free));
  }
};

template <bool Least>
struct Extreme {
  class Part {
   public:
    void add(double x, double) noexcept {
      extreme_ = Least ? std::min(extreme_, x) : std::max(extreme_, x);
      ++count_;
    }
    std::ptrdiff_t count() const noexcept { return count_; }
    double extreme() const noexcept { return extreme_; }

   private:
    std::ptrdiff_t count_ = 0;
    double extreme_ = Least ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
  };
  static double of(const Part& a, double, const Part& b, double, double) {
    return Least ? std::min(a.extreme(), b.extreme()) : std::max(a.extreme(), b.extreme());
  }
};

/// The first finite number from `from` on in steps of `step`, or 0.
double centre_of(View<const double, 1> x, std::ptrdiff_t from, std::ptrdiff_t end, std::ptrdiff_t step) {
  for (; from != end; from += step)
    if (std::isfinite(x[from])) return x[from];
  return 0;
}

/// Places [begin, end), of which the last window still holds the end of the first, so that all hold one border.
template <class Of>
void block(View<const double, 1> x, const RollingWindow& window, std::ptrdiff_t begin, std::ptrdiff_t end,
           Tensor<typename Of::Part, 1>& before, double* out) {
  using Part = typename Of::Part;
  const std::ptrdiff_t n = x.size();
  // Within the series; the border is behind the last number that the first window has before its newest.
  const std::ptrdiff_t first = std::max<std::ptrdiff_t>(window.begin(begin), 0);
  const std::ptrdiff_t border = std::min(window.end(begin) - 1, n), last = std::min(window.end(end - 1), n);
  const double old_centre = centre_of(x, border - 1, first - 1, -1);
  const double new_centre = centre_of(x, border, last, 1);
  Part part;
  for (std::ptrdiff_t i = border - 1; i >= first; --i) {
    if (i % kBetweenPolls == 0) throw_if_stopped();
    if (!std::isnan(x[i])) part.add(x[i], old_centre);
    before[i - first] = part;
  }
  part = Part();
  for (std::ptrdiff_t place = begin; place < end; ++place) {
    if (place % kBetweenPolls == 0) throw_if_stopped();
    const std::ptrdiff_t newest = window.end(place) - 1, oldest = std::max(window.begin(place), first);
    if (newest < n && !std::isnan(x[newest])) part.add(x[newest], new_centre);
    const Part old = oldest < border ? before[oldest - first] : Part();
    out[place - begin] =
        old.count() + part.count() < window.min_count ? kNan : Of::of(old, old_centre, part, new_centre, window.ddof);
  }
}

template <class Of>
void all(View<const double, 1> x, const RollingWindow& window, std::ptrdiff_t begin, std::ptrdiff_t end, double* out) {
  if (begin >= end) return;
  Tensor<typename Of::Part, 1> before({std::min(window.length, x.size())});
  while (begin < end) {
    const std::ptrdiff_t places = std::min(window.length, end - begin);
    block<Of>(x, window, begin, begin + places, before, out);
    begin += places;
    out += places;
  }
}

}  // namespace

void rolling_plain(Statistic statistic, View<const double, 1> x, const RollingWindow& window, std::ptrdiff_t begin,
                   std::ptrdiff_t end, double* out) {
  switch (statistic) {
    case Statistic::mean: return all<Mean>(x, window, begin, end, out);
    case Statistic::deviation: return all<Deviation>(x, window, begin, end, out);
    case Statistic::minimum: return all<Extreme<true>>(x, window, begin, end, out);
    case Statistic::maximum: return all<Extreme<false>>(x, window, begin, end, out);
  }
}

}  // namespace lagoon::timeseries::detail
