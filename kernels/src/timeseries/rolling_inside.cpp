// SPDX-License-Identifier: Apache-2.0
#include "rolling_inside.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/stop.hpp>
#include <limits>

#include "rolling_plain.hpp"

namespace lagoon::timeseries::detail {
namespace {

constexpr std::ptrdiff_t kDirect = 24;  // windows up to it are added up each by itself
constexpr std::ptrdiff_t kDirectBlock = 1024;
constexpr std::ptrdiff_t kStretch = 4096;  // numbers between two looks whether to stop, and per chain of sums
constexpr std::ptrdiff_t kStreamed = std::ptrdiff_t{1} << 21;  // results of 16 MiB find no cache to stay in
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// About this number sums are built: near level with the rest, and equal numbers add up to nothing. Of x[0] and its
/// neighbours the middle one, so that a number that sticks out is not it; each window of a block holds x[0] and one of
/// the neighbours at least, so that it is in the range of them all.
double centre_of(const double* x) { return std::max(std::min(x[-1], x[0]), std::min(std::max(x[-1], x[0]), x[1])); }

void fill_gaps(const double* x, std::ptrdiff_t n, double with, double* filled) {
  for (std::ptrdiff_t begin = 0; begin < n; begin += kStretch) {
    throw_if_stopped();
    std::transform(x + begin, x + std::min(begin + kStretch, n), filled + begin,
                   [with](double v) { return std::isnan(v) ? with : v; });
  }
}

}  // namespace

struct RollingInside::Scratch {
  Tensor<double, 1> gathered;  // of a strided series
  Tensor<double, 2> before;    // what old numbers of a block add up to, from each on
  Tensor<double, 1> filled;    // numbers of a block with something harmless for those that are missing
  Tensor<double, 1> counts;    // how many each window has
};

RollingInside::RollingInside(Statistic statistic, View<const double, 1> x, const RollingWindow& window)
    : statistic_(statistic), kernels_(rolling_kernels(statistic, x.size() > kStreamed)), x_(x), window_(window) {}

bool RollingInside::is_direct() const noexcept { return window_.length <= kDirect; }

std::ptrdiff_t RollingInside::block() const noexcept { return is_direct() ? kDirectBlock : window_.length; }

void RollingInside::run(std::ptrdiff_t begin, std::ptrdiff_t end, double* out) const {
  const std::ptrdiff_t most = std::min(block(), end - begin), old = window_.length - 1;
  Scratch scratch;
  if (x_.stride(0) != 1) scratch.gathered = Tensor<double, 1>({old + most});
  scratch.before = Tensor<double, 2>({statistic_ == Statistic::deviation ? 2 : 1, old + 1});
  for (std::ptrdiff_t place = begin; place < end; place += most) {
    throw_if_stopped();
    const std::ptrdiff_t places = std::min(most, end - place);
    const double* x = contiguous(window_.begin(place), old + places, scratch.gathered);
    double* to = out + (place - begin);
    if (!run_full(x, places, scratch, to) && !run_gaps(x, places, scratch, to))
      rolling_plain(statistic_, x_, window_, place, place + places, to);
  }
  finish_streams();
}

const double* RollingInside::contiguous(std::ptrdiff_t begin, std::ptrdiff_t n, Tensor<double, 1>& gathered) const {
  const double* x = x_.data() + begin * x_.stride(0);
  if (x_.stride(0) == 1) return x;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    if (i % kStretch == 0) throw_if_stopped();
    gathered[i] = x[i * x_.stride(0)];
  }
  return gathered.data();
}

/// Windows of which the first begins at x.
bool RollingInside::run_full(const double* x, std::ptrdiff_t places, Scratch& scratch, double* out) const {
  if (is_direct()) return kernels_.direct(x, places, {window_.length, 0, window_.ddof}, out);
  const double* border = x + window_.length - 1;
  return run_block(x, places, places > 1 ? centre_of(border) : *border, nullptr, scratch, out);
}

/// The same where numbers are missing. The border of a block is the last number of its first window; in the place of
/// those that are missing stands what adds nothing: the border, which is the centre of sums too, or what is beyond all
/// extremes.  returns  false for what plain loops have to do
bool RollingInside::run_gaps(const double* x, std::ptrdiff_t places, Scratch& scratch, double* out) const {
  const std::ptrdiff_t old = window_.length - 1;
  if (scratch.filled.empty()) {
    scratch.filled = Tensor<double, 1>({old + std::min(block(), x_.size())});
    scratch.counts = Tensor<double, 1>({std::min(block(), x_.size())});
  }
  double* const filled = scratch.filled.data();
  double* const counts = scratch.counts.data();
  count_numbers(x, places, counts);
  const bool extremes = statistic_ == Statistic::minimum || statistic_ == Statistic::maximum;
  for (std::ptrdiff_t at = 0, end = 0; at < places; at = end) {
    if (counts[at] == 0) {
      out[at] = kNan;
      end = at + 1;
      continue;
    }
    std::ptrdiff_t border = at + old;
    while (std::isnan(x[border])) --border;
    end = std::min({border + 1, places, at + window_.length});
    const double centre = extremes ? kernels_.nothing.first : x[border];
    fill_gaps(x + at, end - at + old, centre, filled + at);
    if (!run_block(filled + at, end - at, centre, counts + at, scratch, out + at)) return false;
    for (std::ptrdiff_t i = at; i < end; ++i)
      if (counts[i] < static_cast<double>(window_.min_count) ||
          (statistic_ == Statistic::deviation && !(counts[i] > window_.ddof)))
        out[i] = kNan;
  }
  return true;
}

void RollingInside::count_numbers(const double* x, std::ptrdiff_t places, double* counts) const {
  const std::ptrdiff_t old = window_.length - 1;
  std::ptrdiff_t count = 0;
  for (std::ptrdiff_t i = 0; i < old; ++i) {
    if (i % kStretch == 0) throw_if_stopped();
    count += !std::isnan(x[i]);
  }
  for (std::ptrdiff_t i = 0; i < places; ++i) {
    if (i % kStretch == 0) throw_if_stopped();
    count += !std::isnan(x[i + old]);
    counts[i] = static_cast<double>(count);
    count -= !std::isnan(x[i]);
  }
}

/// Windows whose first begins at x, no more than are long, so that all hold x[length - 1].
bool RollingInside::run_block(const double* x, std::ptrdiff_t places, double centre, const double* counts,
                              Scratch& scratch, double* out) const {
  const std::ptrdiff_t old = window_.length - 1;
  const RollingTerms terms{window_.length, centre, window_.ddof};
  double* const first = scratch.before.data();
  double* const second = statistic_ == Statistic::deviation ? first + old + 1 : first;
  bool well = true;
  RollingCarry carry = kernels_.nothing;
  for (std::ptrdiff_t end = old; end > 0; end -= kStretch) {
    const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(end - kStretch, 0);
    well &= kernels_.before(x + begin, end - begin, terms, carry, first + begin, second + begin);
    if (begin > 0) throw_if_stopped();
  }
  first[old] = second[old] = kernels_.nothing.first;  // of the window that begins behind all of them
  carry = kernels_.nothing;
  for (std::ptrdiff_t i = 0; i < places; i += kStretch) {
    if (i > 0) throw_if_stopped();
    const std::ptrdiff_t n = std::min(kStretch, places - i);
    well &= kernels_.after(x + old + i, n, terms, carry, first + i, second + i, counts ? counts + i : nullptr, out + i);
  }
  return well;
}

}  // namespace lagoon::timeseries::detail
