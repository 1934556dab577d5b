// SPDX-License-Identifier: Apache-2.0
#include "kmeans_lloyd.hpp"

#include <cmath>
#include <numeric>
#include <utility>

#include "kmeans_panels.hpp"

namespace lagoon::learning::detail {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double squared_distance(const double* a, const double* b, std::ptrdiff_t n) {
  double sum = 0;
  for (std::ptrdiff_t j = 0; j < n; ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

/// Rows and their sum for each cluster, less the means of the columns: sums of numbers near zero keep their digits.
/// Empty until something is added.
struct Sums {
  Tensor<double, 2> sums;
  Tensor<std::int64_t, 1> counts;

  bool empty() const { return counts.empty(); }
  void clear(std::ptrdiff_t clusters, std::ptrdiff_t columns) {
    sums = Tensor<double, 2>::zeros({clusters, columns});
    counts = Tensor<std::int64_t, 1>::zeros({clusters});
  }
  void add(const Sums& other) {
    for (std::ptrdiff_t i = 0; i < other.sums.size(); ++i) sums.data()[i] += other.sums.data()[i];
    for (std::ptrdiff_t i = 0; i < other.counts.size(); ++i) counts[i] += other.counts[i];
  }
};

class Lloyd {
 public:
  Lloyd(View<const double, 2> x, const Spread& spread, Tensor<double, 2>& centres, bool parallel)
      : x_(x),
        spread_(spread),
        centres_(centres),
        clusters_(centres.extent(0)),
        columns_(x.extent(1)),
        grain_(grain_of_parts(x.extent(0), clusters_, parallel)),
        labels_(Tensor<std::int32_t, 1>::filled({x.extent(0)}, -1)),
        upper_({x.extent(0)}),
        lower_({x.extent(0)}),
        drift_({clusters_}),
        rests_on_({clusters_}) {
    all_.clear(clusters_, columns_);
    // Distances and moves are rounded, and so is each of some hundred additions of moves to bounds.
    slack_ = 1 + static_cast<double>(columns_ + 1000) * std::numeric_limits<double>::epsilon();
  }

  /// One iteration.  returns  the sum of the squared moves of all centres
  double step() {
    all_.add(reassign());
    refill();
    begun_ = true;
    const double moves = move_centres();
    find_halves();
    return moves;
  }

 private:
  Sums reassign() {
    CentreTiles tiles(clusters_, columns_);
    tiles.set(std::as_const(centres_).view());
    return parallel_reduce<Sums>(
        x_.extent(0), grain_,
        [&](std::ptrdiff_t begin, std::ptrdiff_t end) { return reassign_part(tiles, begin, end); },
        [](Sums a, Sums b) {
          if (a.empty()) return b;
          a.add(b);
          return a;
        });
  }

  /// Changes of the sums.
  Sums reassign_part(const CentreTiles& tiles, std::ptrdiff_t begin, std::ptrdiff_t end) {
    constexpr std::ptrdiff_t kStretch = 4096;  // rows whose numbers are listed at once
    std::array<std::int32_t, kStretch> doubtful;
    Panel panel(x_);
    Sums changes;
    const std::ptrdiff_t rest = panels_between_looks(columns_, clusters_) * kPanelRows;
    for (std::ptrdiff_t from = begin; from < end; from += kStretch) {
      throw_if_stopped();
      const std::ptrdiff_t count = list_doubtful(from, std::min(from + kStretch, end), doubtful.data());
      for (std::ptrdiff_t at = 0; at < count; at += kPanelRows) {
        if (at % rest == 0) throw_if_stopped();
        const std::ptrdiff_t rows = std::min(kPanelRows, count - at);
        const auto row_of = [&](std::ptrdiff_t r) { return from + doubtful[static_cast<std::size_t>(at + r)]; };
        constexpr std::ptrdiff_t kAhead = 8 * kPanelRows;
        panel.fetch(count - at - kAhead, [&](std::ptrdiff_t r) { return row_of(r + kAhead); });
        panel.take(rows, row_of);
        measure(panel, tiles, rows, row_of, changes);
      }
    }
    return changes;
  }

  /// Rows, counted from `begin`, that another centre may be nearer to.
  std::ptrdiff_t list_doubtful(std::ptrdiff_t begin, std::ptrdiff_t end, std::int32_t* list) {
    if (begun_)
      return kernels_.doubtful({&labels_[begin], &upper_[begin], &lower_[begin]}, end - begin, drift_.data(), slack_,
                               list);
    std::iota(list, list + (end - begin), 0);
    return end - begin;
  }

  template <class RowOf>
  void measure(const Panel& panel, const CentreTiles& tiles, std::ptrdiff_t rows, RowOf row_of, Sums& changes) {
    Nearest found;
    kernels_.nearest(panel.data(), columns_, tiles.data(), tiles.count(), &found);
    for (std::ptrdiff_t r = 0; r < rows; ++r) {
      const std::ptrdiff_t i = row_of(r);
      const auto at = static_cast<std::size_t>(r);
      const auto label = static_cast<std::int32_t>(found.centre[at]);
      upper_[i] = found.first[at] * slack_;
      lower_[i] = found.second[at] / slack_;
      const std::int32_t before = std::exchange(labels_[i], label);
      if (label == before) continue;
      if (changes.empty()) changes.clear(clusters_, columns_);
      const auto value = [&](std::ptrdiff_t j) { return panel(r, j); };
      move_row(value, before, label, changes);
    }
  }

  /// before: -1 for none
  template <class Value>
  void move_row(Value value, std::int32_t before, std::int32_t after, Sums& sums) const {
    double* to = &sums.sums(after, 0);
    for (std::ptrdiff_t j = 0; j < columns_; ++j) to[j] += value(j) - spread_.means[j];
    ++sums.counts[after];
    if (before < 0) return;
    double* from = &sums.sums(before, 0);
    for (std::ptrdiff_t j = 0; j < columns_; ++j) from[j] -= value(j) - spread_.means[j];
    --sums.counts[before];
  }

  double mean(std::ptrdiff_t k, std::ptrdiff_t j) const {
    return spread_.means[j] + all_.sums(k, j) / static_cast<double>(all_.counts[k]);
  }

  struct Far {
    double squared = -1;
    std::ptrdiff_t row = 0;
  };

  /// The row that is farthest from the mean of its cluster, of clusters that can lose one.
  Far farthest() const {
    Tensor<double, 2> means({clusters_, columns_});
    for (std::ptrdiff_t k = 0; k < clusters_; ++k)
      for (std::ptrdiff_t j = 0; all_.counts[k] > 0 && j < columns_; ++j) means(k, j) = mean(k, j);
    return parallel_reduce<Far>(
        x_.extent(0), grain_,
        [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
          Far far;
          for (std::ptrdiff_t i = begin; i < end; ++i) {
            if (i % 256 == 0) throw_if_stopped();
            const std::int32_t k = labels_[i];
            double squared = 0;
            for (std::ptrdiff_t j = 0; j < columns_; ++j) {
              const double off = x_(i, j) - means(k, j);
              squared += off * off;
            }
            if (all_.counts[k] > 1 && squared > far.squared) far = {squared, i};
          }
          return far;
        },
        [](Far a, Far b) { return b.squared > a.squared ? b : a; });
  }

  /// Gives each empty cluster a row. When all rows lie on their centres, as near as rounding lets a mean be to its
  /// rows, the cluster stays empty and its centre rests on that of another.
  void refill() {
    const double rounding = 0x1p-48 * spread_.largest;
    const double on_centre = static_cast<double>(columns_) * rounding * rounding;
    Far far{kInfinity, 0};
    for (std::ptrdiff_t k = 0; k < clusters_; ++k) {
      if (all_.counts[k] > 0) continue;
      if (far.squared > on_centre) far = farthest();
      rests_on_[k] = labels_[far.row];
      if (far.squared <= on_centre) continue;
      const auto value = [&](std::ptrdiff_t j) { return x_(far.row, j); };
      const auto after = static_cast<std::int32_t>(k);
      move_row(value, std::exchange(labels_[far.row], after), after, all_);
      upper_[far.row] = kInfinity;  // to be measured
      lower_[far.row] = 0;
    }
  }

  double move_centres() {
    double all = 0;
    std::ptrdiff_t farthest = 0;
    double second = 0;
    for (std::ptrdiff_t k = 0; k < clusters_; ++k) {
      double squared = 0;
      const std::ptrdiff_t at = all_.counts[k] > 0 ? k : rests_on_[k];
      for (std::ptrdiff_t j = 0; j < columns_; ++j) {
        const double now = mean(at, j), move = now - std::exchange(centres_(k, j), now);
        squared += move * move;
      }
      all += squared;
      drift_[k].own = std::sqrt(squared) * slack_;
      if (k == 0) continue;
      if (drift_[k].own > drift_[farthest].own) {
        second = drift_[farthest].own;
        farthest = k;
      } else {
        second = std::max(second, drift_[k].own);
      }
    }
    for (std::ptrdiff_t k = 0; k < clusters_; ++k) drift_[k].others = k == farthest ? second : drift_[farthest].own;
    return all;
  }

  /// Costs clusters^2, which is little beside rows * clusters unless there are as many clusters as rows.
  void find_halves() {
    parallel_for(clusters_, {std::max<std::ptrdiff_t>(1, (1 << 15) / (clusters_ * columns_)), grain_.parallel},
                 [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
                   for (std::ptrdiff_t k = begin; k < end; ++k) {
                     double least = kInfinity;
                     for (std::ptrdiff_t other = 0; other < clusters_; ++other)
                       if (other != k)
                         least = std::min(least, squared_distance(&centres_(k, 0), &centres_(other, 0), columns_));
                     drift_[k].half = std::sqrt(least) / (2 * slack_);
                   }
                 });
  }

  View<const double, 2> x_;
  const Spread& spread_;
  Tensor<double, 2>& centres_;
  std::ptrdiff_t clusters_, columns_;
  Grain grain_;
  Tensor<std::int32_t, 1> labels_;
  Tensor<double, 1> upper_;  ///< no farther is the row's own centre
  Tensor<double, 1> lower_;  ///< no nearer is any other
  Tensor<Drift, 1> drift_;
  Tensor<std::int32_t, 1> rests_on_;  ///< of an empty cluster: the other, where its centre is
  Sums all_;
  double slack_ = 1;  ///< what bounds are wider by than what they bound
  bool begun_ = false;
  const KMeansKernels& kernels_ = kmeans_kernels();
};

}  // namespace

LloydEnd lloyd(View<const double, 2> x, const Spread& spread, Tensor<double, 2>& centres, const LloydLimits& limits,
               bool parallel) {
  Lloyd state(x, spread, centres, parallel);
  LloydEnd end;
  while (end.iterations < limits.iterations && !end.converged) {
    end.converged = state.step() <= limits.moves;
    ++end.iterations;
  }
  return end;
}

}  // namespace lagoon::learning::detail
