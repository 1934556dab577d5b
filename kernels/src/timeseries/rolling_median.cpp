// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/timeseries/rolling.hpp>
#include <limits>
#include <numeric>
#include <string>

#include "rank_set.hpp"
#include "ranks.hpp"
#include "rolling_window.hpp"

namespace lagoon::timeseries {
namespace detail {
namespace {

constexpr std::ptrdiff_t kPiece = 8192;  // places at least; ranks of a piece and a window of 1000 fit the cache
constexpr std::ptrdiff_t kBetweenPolls = 1024;
constexpr std::ptrdiff_t kLongest = std::ptrdiff_t{1} << 31;  // so that ranks of twice as many fit 32 bits

/// The numbers of a window by their ranks. As one comes and one goes, the middle moves by a neighbour at most.
class MovingMiddle {
 public:
  explicit MovingMiddle(std::size_t ranks) : set_(ranks) {}

  std::ptrdiff_t count() const noexcept { return count_; }
  void insert(std::uint32_t rank) noexcept {
    set_.insert(rank);
    if (count_++ == 0) {
      middle_ = rank;
      below_ = 0;
    } else {
      below_ += rank < middle_;
    }
  }
  void erase(std::uint32_t rank) noexcept {
    if (rank == middle_) step_aside();
    set_.erase(rank);
    --count_;
    below_ -= rank < middle_;
  }
  /// The lower one of the two in the middle, the only one of an odd number; count() >= 1.
  std::uint32_t lower() noexcept {
    const std::ptrdiff_t wanted = (count_ - 1) / 2;
    for (; below_ < wanted; ++below_) middle_ = set_.next(middle_);
    for (; below_ > wanted; --below_) middle_ = set_.previous(middle_);
    return middle_;
  }
  std::uint32_t upper() noexcept { return count_ % 2 ? lower() : set_.next(lower()); }

 private:
  void step_aside() noexcept {
    if (const std::uint32_t next = set_.next(middle_); next != RankSet::kNone) {
      middle_ = next;
      ++below_;
    } else if (const std::uint32_t previous = set_.previous(middle_); previous != RankSet::kNone) {
      middle_ = previous;
      --below_;
    }
  }

  RankSet set_;
  std::ptrdiff_t count_ = 0, below_ = 0;  // below_: how many are less than middle_
  std::uint32_t middle_ = 0;
};

/// Places [begin, end): ranks among all numbers that their windows see, then one window after another.
void run_piece(View<const double, 1> x, const RollingWindow& window, std::ptrdiff_t begin, std::ptrdiff_t end,
               double* out) {
  const std::ptrdiff_t first = std::max<std::ptrdiff_t>(window.begin(begin), 0);
  const std::ptrdiff_t last = std::min(window.end(end - 1), x.size());
  const Ranks ranks(x.slice(0, first, last));
  MovingMiddle middle(ranks.count());
  std::ptrdiff_t next = first;
  for (std::ptrdiff_t place = begin; place < end; ++place) {
    if (place % kBetweenPolls == 0) throw_if_stopped();
    for (const std::ptrdiff_t until = std::min(window.end(place), last); next < until; ++next) {
      if (next % kBetweenPolls == 0) throw_if_stopped();
      if (const std::uint32_t rank = ranks.rank(next - first); rank != Ranks::kNone) middle.insert(rank);
    }
    if (const std::ptrdiff_t gone = window.begin(place) - 1; gone >= first)
      if (const std::uint32_t rank = ranks.rank(gone - first); rank != Ranks::kNone) middle.erase(rank);
    out[place] = middle.count() < window.min_count
                     ? std::numeric_limits<double>::quiet_NaN()
                     : std::midpoint(ranks.value(middle.lower()), ranks.value(middle.upper()));
  }
}

}  // namespace
}  // namespace detail

Tensor<double, 1> rolling_median(View<const double, 1> x, std::ptrdiff_t window, const RollingOptions& options) {
  const detail::RollingWindow checked = detail::checked_window(window, options, "rolling_median");
  if (std::min(window, x.size()) > detail::kLongest)
    throw Error(Errc::invalid_argument,
                "rolling_median: window is " + std::to_string(window) + "; at most 2^31 numbers are put in order");
  Tensor<double, 1> result({x.size()});
  const std::ptrdiff_t piece = std::max(detail::kPiece, std::min(window, x.size()));
  parallel_for(x.size(), {piece, options.compute.parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    detail::run_piece(x, checked, begin, end, result.data());
  });
  return result;
}

}  // namespace lagoon::timeseries
