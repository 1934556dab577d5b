// SPDX-License-Identifier: Apache-2.0
#include "agglomerative_chain.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>
#include <utility>

#include "packed_rows.hpp"

namespace lagoon::learning::detail {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::ptrdiff_t kPacksAtOnce = 64;
constexpr std::ptrdiff_t kGrain = 1 << 15;  // numbers of a task

/// The nearest cluster, by its place.
struct Nearest {
  double distance = kInfinity;
  std::ptrdiff_t place = -1;

  void meet(double other, std::ptrdiff_t at) {
    if (other < distance) *this = {other, at};
  }
};
Nearest nearer(const Nearest& a, const Nearest& b) { return b.distance < a.distance ? b : a; }

/// Calls meet(distance, place) for the squared distances of a row to those in a range of packs.
template <class Meet>
void each_distance(const PackedRows& rows, std::ptrdiff_t from, std::ptrdiff_t begin, std::ptrdiff_t end, Meet meet) {
  std::array<double, kPacksAtOnce * kPack> squared;
  for (std::ptrdiff_t k = begin; k < end; k += kPacksAtOnce) {
    throw_if_stopped();
    const std::ptrdiff_t packs = std::min(kPacksAtOnce, end - k);
    rows.distances(from, k, k + packs, squared.data());
    const std::ptrdiff_t first = k * kPack, places = std::min(packs * kPack, rows.rows() - first);
    for (std::ptrdiff_t i = 0; i < places; ++i) meet(squared[static_cast<std::size_t>(i)], first + i);
  }
}

std::ptrdiff_t packs_of_task(std::ptrdiff_t columns) {
  return std::max<std::ptrdiff_t>(1, kGrain / (kPack * columns) / kPacksAtOnce) * kPacksAtOnce;
}

/// Clusters as their centroids.
class Centroids {
 public:
  Centroids(View<const double, 2> x, bool parallel) : rows_(x, parallel), parallel_(parallel) {}

  /// Of the squared distance 2 a b / (a + b) |centroid - centroid|^2.
  ///   open   sizes of those that may be the nearest, 0 of others
  Nearest nearest(std::ptrdiff_t place, double size, const Tensor<double, 1>& open) const {
    return parallel_reduce<Nearest>(
        rows_.packs(), {packs_of_task(rows_.columns()), parallel_},
        [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
          Nearest best;
          each_distance(rows_, place, begin, end, [&](double squared, std::ptrdiff_t i) {
            if (open[i] > 0 && i != place) best.meet(ward(squared, size, open[i]), i);
          });
          return best;
        },
        nearer);
  }
  double between(std::ptrdiff_t a, std::ptrdiff_t b, double size_a, double size_b) const {
    double squared = 0;
    const double *x = rows_.at(a), *y = rows_.at(b);
    for (std::ptrdiff_t j = 0; j < rows_.columns(); ++j)
      squared += (x[j * kPack] - y[j * kPack]) * (x[j * kPack] - y[j * kPack]);
    return ward(squared, size_a, size_b);
  }
  static double height(double distance) { return std::sqrt(distance); }

  void merge(std::ptrdiff_t gone, std::ptrdiff_t kept, double size_gone, double size_kept) {
    double* to = rows_.at(kept);
    const double* from = rows_.at(gone);
    const double share = size_gone / (size_gone + size_kept);
    for (std::ptrdiff_t j = 0; j < rows_.columns(); ++j) to[j * kPack] += share * (from[j * kPack] - to[j * kPack]);
  }
  /// Keeps these places, which rise, as 0, 1, ...
  void keep(const Tensor<std::ptrdiff_t, 1>& places, std::ptrdiff_t count) {
    for (std::ptrdiff_t i = 0; i < count; ++i) rows_.move(places[i], i);
    rows_.shorten(count);
  }

 private:
  static double ward(double squared, double a, double b) { return 2 * (a / (a + b)) * b * squared; }

  PackedRows rows_;
  bool parallel_;
};

/// All distances between clusters: those of the first to the others, then of the second to those behind it, ...
class Distances {
 public:
  Distances(View<const double, 2> x, Linkage linkage, bool parallel)
      : count_(x.extent(0)), linkage_(linkage), parallel_(parallel), distances_({count_ * (count_ - 1) / 2}) {
    const PackedRows rows(x, parallel);
    const std::ptrdiff_t grain = std::max<std::ptrdiff_t>(1, kGrain / (count_ * rows.columns()));
    parallel_for(count_, {grain, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i)
        each_distance(rows, i, (i + 1) / kPack, rows.packs(), [&](double squared, std::ptrdiff_t j) {
          if (j > i) distances_[at(i, j)] = std::sqrt(squared);
        });
    });
  }

  Nearest nearest(std::ptrdiff_t place, double, const Tensor<double, 1>& open) const {
    return parallel_reduce<Nearest>(
        count_, {kGrain / 4, parallel_},
        [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
          Nearest best;
          for (std::ptrdiff_t i = begin; i < end; ++i)
            if (open[i] > 0 && i != place) best.meet(distances_[at(i, place)], i);
          return best;
        },
        nearer);
  }
  double between(std::ptrdiff_t a, std::ptrdiff_t b, double, double) const { return distances_[at(a, b)]; }
  static double height(double distance) { return distance; }

  void merge(std::ptrdiff_t gone, std::ptrdiff_t kept, double size_gone, double size_kept) {
    const double share = size_gone / (size_gone + size_kept);
    parallel_for(count_, {kGrain / 4, parallel_}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i) {
        if (i == gone || i == kept) continue;
        const double from = distances_[at(i, gone)];
        double& to = distances_[at(i, kept)];
        to = linkage_ == Linkage::complete ? std::max(from, to) : to + share * (from - to);
      }
    });
  }
  void keep(const Tensor<std::ptrdiff_t, 1>& places, std::ptrdiff_t count) {
    double* out = distances_.data();  // never ahead of what is read
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      throw_if_stopped();
      for (std::ptrdiff_t j = i + 1; j < count; ++j) *out++ = distances_[at(places[i], places[j])];
    }
    count_ = count;
  }

 private:
  std::ptrdiff_t at(std::ptrdiff_t i, std::ptrdiff_t j) const {
    if (i > j) std::swap(i, j);
    return i * count_ - i * (i + 1) / 2 + j - i - 1;
  }

  std::ptrdiff_t count_;
  Linkage linkage_;
  bool parallel_;
  Tensor<double, 1> distances_;
};

/// From any cluster to its nearest, from there to the nearest, ... until two are each other's nearest: those merge.
/// Clusters in the chain keep their places in it, for a merge elsewhere brings nothing nearer.
///
/// Clusters have places, which close up when half of them are empty.
template <class Clusters>
class Chain {
 public:
  Chain(Clusters clusters, std::ptrdiff_t rows)
      : clusters_(std::move(clusters)),
        places_(rows),
        left_(rows),
        names_({rows}),
        sizes_(Tensor<double, 1>::filled({rows}, 1)),
        open_(Tensor<double, 1>::filled({rows}, 1)),
        chain_({rows}) {
    for (std::ptrdiff_t i = 0; i < rows; ++i) names_[i] = i;
  }

  Tensor<Merge, 1> run() && {
    Tensor<Merge, 1> merges({left_ - 1});
    for (std::ptrdiff_t k = 0; k < merges.size(); ++k) {
      throw_if_stopped();
      merges[k] = next();
      if (2 * left_ <= places_ && places_ > 2 * kPack) close_up();
    }
    return merges;
  }

 private:
  Merge next() {
    if (length_ == 0) push(first());
    for (;;) {
      const std::ptrdiff_t top = chain_[length_ - 1];
      Nearest best;
      if (length_ > 1) {  // of equals the one before, or the chain would not end
        const std::ptrdiff_t before = chain_[length_ - 2];
        best = {clusters_.between(top, before, sizes_[top], sizes_[before]), before};
      }
      // What is in the chain is not open: rounding cannot lead back into it.
      best = nearer(best, clusters_.nearest(top, sizes_[top], open_));
      if (length_ > 1 && best.place == chain_[length_ - 2]) return merge(top, best);
      push(best.place);
    }
  }

  Merge merge(std::ptrdiff_t top, const Nearest& other) {
    pop();
    pop();
    const auto [gone, kept] = std::minmax(top, other.place);
    const Merge merge{names_[gone], names_[kept], Clusters::height(other.distance)};
    clusters_.merge(gone, kept, sizes_[gone], sizes_[kept]);
    sizes_[kept] += sizes_[gone];
    sizes_[gone] = 0;
    open_[kept] = sizes_[kept];
    open_[gone] = 0;
    --left_;
    return merge;
  }

  std::ptrdiff_t first() const { return std::find_if(sizes_.data(), sizes_.data() + places_, alive) - sizes_.data(); }
  static bool alive(double size) { return size > 0; }
  void push(std::ptrdiff_t place) {
    chain_[length_++] = place;
    open_[place] = 0;
  }
  void pop() {
    const std::ptrdiff_t place = chain_[--length_];
    open_[place] = sizes_[place];
  }

  void close_up() {
    Tensor<std::ptrdiff_t, 1> kept({left_}), moved({places_});
    std::ptrdiff_t count = 0;
    for (std::ptrdiff_t i = 0; i < places_; ++i) {
      if (!alive(sizes_[i])) continue;
      names_[count] = names_[i];
      sizes_[count] = sizes_[i];
      open_[count] = open_[i];
      moved[i] = count;
      kept[count++] = i;
    }
    clusters_.keep(kept, count);
    for (std::ptrdiff_t k = 0; k < length_; ++k) chain_[k] = moved[chain_[k]];
    places_ = count;
  }

  Clusters clusters_;
  std::ptrdiff_t places_, left_;
  Tensor<std::int64_t, 1> names_;
  Tensor<double, 1> sizes_;
  Tensor<double, 1> open_;  ///< sizes of what is not in the chain
  Tensor<std::ptrdiff_t, 1> chain_;
  std::ptrdiff_t length_ = 0;
};

}  // namespace

Tensor<Merge, 1> ward_merges(View<const double, 2> x, bool parallel) {
  return Chain(Centroids(x, parallel), x.extent(0)).run();
}

Tensor<Merge, 1> matrix_merges(View<const double, 2> x, Linkage linkage, bool parallel) {
  return Chain(Distances(x, linkage, parallel), x.extent(0)).run();
}

// Prim's algorithm: from the tree so far to the nearest row outside.
Tensor<Merge, 1> single_merges(View<const double, 2> x, bool parallel) {
  const std::ptrdiff_t n = x.extent(0);
  const PackedRows rows(x, parallel);
  auto distance = Tensor<double, 1>::filled({n}, kInfinity);  // squared, to the tree; negative: in it
  auto from = Tensor<std::int64_t, 1>::zeros({n});
  Tensor<Merge, 1> merges({n - 1});
  std::ptrdiff_t newest = 0;
  for (std::ptrdiff_t k = 0; k < n - 1; ++k) {
    distance[newest] = -1;
    const auto next = parallel_reduce<Nearest>(
        rows.packs(), {packs_of_task(rows.columns()), parallel},
        [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
          Nearest best;
          each_distance(rows, newest, begin, end, [&](double squared, std::ptrdiff_t i) {
            if (squared < distance[i]) {
              distance[i] = squared;
              from[i] = newest;
            }
            if (distance[i] >= 0) best.meet(distance[i], i);
          });
          return best;
        },
        nearer);
    merges[k] = {from[next.place], next.place, std::sqrt(next.distance)};
    newest = next.place;
  }
  return merges;
}

}  // namespace lagoon::learning::detail
