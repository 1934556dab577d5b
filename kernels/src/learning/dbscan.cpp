// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <bit>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/learning/dbscan.hpp>
#include <sstream>
#include <utility>

#include "check.hpp"
#include "dbscan_tree.hpp"
#include "squares.hpp"

namespace lagoon::learning {
namespace detail {
namespace {

constexpr std::ptrdiff_t kRowsOfTask = 512;  // dear rows: each meets its neighbours
constexpr std::ptrdiff_t kNone = -1;

/// Places of the tree in sets. Any thread may unite any two at any time, and sets end the same whoever came first: the
/// root of a set is its least place.
///   source   Anderson & Woll 1991 (union-find without locks)
class Sets {
 public:
  explicit Sets(std::ptrdiff_t places) : parents_({places}) {
    for (std::ptrdiff_t i = 0; i < places; ++i) parents_[i] = i;
  }

  // Relaxed: parents are all there is, each is replaced by an ancestor only, and who reads an old one climbs farther.
  // parallel_for orders what comes after.
  std::int64_t root(std::int64_t i) {
    for (;;) {
      std::int64_t parent = at(i).load(std::memory_order_relaxed);
      if (parent == i) return i;
      const std::int64_t above = at(parent).load(std::memory_order_relaxed);
      at(i).compare_exchange_weak(parent, above, std::memory_order_relaxed);  // half the way next time
      i = above;
    }
  }
  void unite(std::int64_t a, std::int64_t b) {
    for (;;) {
      a = root(a);
      b = root(b);
      if (a == b) return;
      if (a < b) std::swap(a, b);
      std::int64_t itself = a;
      if (at(a).compare_exchange_strong(itself, b, std::memory_order_relaxed)) return;
    }
  }

 private:
  std::atomic_ref<std::int64_t> at(std::int64_t i) { return std::atomic_ref<std::int64_t>(parents_[i]); }

  Tensor<std::int64_t, 1> parents_;
};

class Clustering {
 public:
  Clustering(View<const double, 2> x, const DbscanOptions& options)
      : rows_(x.extent(0)),
        enough_(options.min_neighbours),
        parallel_(options.compute.parallel),
        tree_(x, options.radius * options.radius, parallel_),
        core_(Tensor<std::uint8_t, 1>::zeros({tree_.places() / kPack})),
        sets_(tree_.places()) {
    result_.labels = Tensor<std::int64_t, 1>::filled({rows_}, kNone);
    result_.core = Tensor<std::uint8_t, 1>::zeros({rows_});
  }

  Dbscan run() && {
    each_leaf(&Clustering::find_core);
    each_leaf(&Clustering::link);
    number();
    each_leaf(&Clustering::reach_borders);
    result_.noise = std::count(result_.labels.data(), result_.labels.data() + rows_, kNone);
    return std::move(result_);
  }

 private:
  using Leaves = std::vector<std::int64_t>;

  void each_leaf(void (Clustering::*work)(std::ptrdiff_t)) {
    const std::ptrdiff_t grain = std::max<std::ptrdiff_t>(1, kRowsOfTask * tree_.leaves() / rows_);
    parallel_for(tree_.leaves(), {grain, parallel_}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t k = begin; k < end; ++k) (this->*work)(k);
    });
  }

  bool has_core(const Leaf& leaf) const { return first_core(leaf) != kNone; }
  std::ptrdiff_t first_core(const Leaf& leaf) const {
    for (std::ptrdiff_t k = leaf.pack; k < leaf.pack + leaf.packs(); ++k)
      if (core_[k]) return k * kPack + std::countr_zero(core_[k]);
    return kNone;
  }
  bool is_core(std::ptrdiff_t place) const { return core_[place / kPack] >> (place % kPack) & 1; }

  /// Calls meet(pack, bits) for packs of a leaf that have rows within the radius of a place, until it returns false.
  template <class Meet>
  void near(std::ptrdiff_t place, const Leaf& leaf, Meet meet) const {
    const double* row = tree_.at(place);
    constexpr std::ptrdiff_t kAtOnce = 64;
    // A large leaf is a cell that most rows around it are far from.
    if (leaf.packs() > 2 && reach(row, tree_.box(leaf), tree_.columns()).least > tree_.squared_radius()) return;
    std::array<std::uint8_t, kAtOnce> bits;
    for (std::ptrdiff_t from = 0; from < leaf.packs(); from += kAtOnce) {
      throw_if_stopped();
      const std::ptrdiff_t count = std::min(kAtOnce, leaf.packs() - from), pack = leaf.pack + from;
      kernels_.near(tree_.pack(pack), count, tree_.columns(), row, tree_.squared_radius(), bits.data());
      for (std::ptrdiff_t k = 0; k < count; ++k)
        if (const std::uint8_t here = bits[static_cast<std::size_t>(k)]; here && !meet(pack + k, here)) return;
    }
  }

  void find_core(std::ptrdiff_t k) {
    const Leaf& leaf = tree_.leaf(k);
    std::ptrdiff_t sure = 0;  // neighbours of all rows of the leaf
    Leaves around;
    tree_.around(
        tree_.box(leaf), [&](std::int64_t other) { around.push_back(other); },
        [&](std::ptrdiff_t rows) { return sure += rows, true; });
    for (std::ptrdiff_t r = 0; r < leaf.rows; ++r) {
      const std::ptrdiff_t place = leaf.pack * kPack + r;
      if (sure < enough_ && !has_enough(place, sure, around)) continue;
      core_[place / kPack] = static_cast<std::uint8_t>(core_[place / kPack] | 1U << (place % kPack));
      result_.core[tree_.row_at(place)] = 1;
    }
  }

  bool has_enough(std::ptrdiff_t place, std::ptrdiff_t neighbours, const Leaves& around) const {
    for (const std::int64_t other : around) {
      near(place, tree_.leaf(other), [&](std::ptrdiff_t, std::uint8_t bits) {
        neighbours += std::popcount(bits);
        return neighbours < enough_;
      });
      if (neighbours >= enough_) return true;
    }
    return false;
  }

  /// Unites core rows of a leaf with those near them, there and in leaves behind it.
  void link(std::ptrdiff_t k) {
    const Leaf& leaf = tree_.leaf(k);
    const std::ptrdiff_t first = first_core(leaf);
    if (first == kNone) return;
    if (leaf.cell) for_each_core(leaf, [&](std::ptrdiff_t place) { return sets_.unite(first, place), true; });
    tree_.around(
        tree_.box(leaf),
        [&](std::int64_t other) {
          if (other > k || (other == k && !leaf.cell)) link(leaf, tree_.leaf(other));
        },
        [](std::ptrdiff_t) { return false; });
  }

  void link(const Leaf& leaf, const Leaf& other) {
    const std::ptrdiff_t first = first_core(other);
    if (first == kNone) return;
    for_each_core(leaf, [&](std::ptrdiff_t place) {
      // The core rows of a cell are one set already, or will be: one of them stands for all.
      if (other.cell && sets_.root(place) == sets_.root(first)) return !leaf.cell;
      bool met = false;
      near(place, other, [&](std::ptrdiff_t pack, std::uint8_t bits) {
        for (unsigned left = bits & core_[pack]; left; left &= left - 1) {
          sets_.unite(place, other.cell ? first : pack * kPack + std::countr_zero(left));
          met = true;
          if (other.cell) return false;
        }
        return true;
      });
      return !(met && leaf.cell && other.cell);
    });
  }

  /// Calls meet(place) for the core rows of a leaf until it returns false.
  template <class Meet>
  void for_each_core(const Leaf& leaf, Meet meet) const {
    for (std::ptrdiff_t k = leaf.pack; k < leaf.pack + leaf.packs(); ++k) {
      if (k % 512 == 0) throw_if_stopped();
      for (unsigned left = core_[k]; left; left &= left - 1)
        if (!meet(k * kPack + std::countr_zero(left))) return;
    }
  }

  /// Clusters in the order of their first core rows.
  void number() {
    Tensor<std::int64_t, 1> roots({rows_});
    each_leaf_core([&](std::ptrdiff_t place) { roots[tree_.row_at(place)] = sets_.root(place); });
    auto numbers = Tensor<std::int64_t, 1>::filled({tree_.places()}, kNone);
    for (std::ptrdiff_t i = 0; i < rows_; ++i) {
      if (i % 4096 == 0) throw_if_stopped();
      if (!result_.core[i]) continue;
      std::int64_t& number = numbers[roots[i]];
      if (number == kNone) number = result_.clusters++;
      result_.labels[i] = number;
    }
  }

  template <class Meet>
  void each_leaf_core(Meet meet) const {
    const std::ptrdiff_t grain = std::max<std::ptrdiff_t>(1, 16 * kRowsOfTask * tree_.leaves() / rows_);
    parallel_for(tree_.leaves(), {grain, parallel_}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t k = begin; k < end; ++k)
        for_each_core(tree_.leaf(k), [&](std::ptrdiff_t place) { return meet(place), true; });
    });
  }

  /// Gives rows that are not core to the first of the clusters that they are near.
  void reach_borders(std::ptrdiff_t k) {
    const Leaf& leaf = tree_.leaf(k);
    Leaves around;
    bool looked = false;
    for (std::ptrdiff_t r = 0; r < leaf.rows; ++r) {
      const std::ptrdiff_t place = leaf.pack * kPack + r;
      if (is_core(place)) continue;
      if (!std::exchange(looked, true)) around = cores_around(leaf);
      std::int64_t best = kNone;
      for (const std::int64_t other : around) best = first_cluster(place, tree_.leaf(other), best);
      result_.labels[tree_.row_at(place)] = best;
    }
  }

  Leaves cores_around(const Leaf& leaf) const {
    Leaves around;
    tree_.around(
        tree_.box(leaf),
        [&](std::int64_t other) {
          if (has_core(tree_.leaf(other))) around.push_back(other);
        },
        [](std::ptrdiff_t) { return false; });
    return around;
  }

  std::int64_t label_at(std::ptrdiff_t place) const { return result_.labels[tree_.row_at(place)]; }

  std::int64_t first_cluster(std::ptrdiff_t place, const Leaf& other, std::int64_t best) const {
    if (other.cell && best != kNone && label_at(first_core(other)) >= best) return best;
    near(place, other, [&](std::ptrdiff_t pack, std::uint8_t bits) {
      for (unsigned left = bits & core_[pack]; left; left &= left - 1) {
        const std::int64_t label = label_at(pack * kPack + std::countr_zero(left));
        if (best == kNone || label < best) best = label;
        if (other.cell) return false;
      }
      return true;
    });
    return best;
  }

  std::ptrdiff_t rows_, enough_;
  bool parallel_;
  NeighbourTree tree_;
  Tensor<std::uint8_t, 1> core_;  ///< a bit for each row of a pack
  Sets sets_;
  Dbscan result_;
  const PackedRowsKernels& kernels_ = packed_rows_kernels();
};

void check_options(const DbscanOptions& options) {
  // Between these a radius has a square, which is neither 0 nor infinite.
  const double least = 1 / kLargestToSquare;
  if (!(options.radius == 0 || (options.radius >= least && options.radius <= kLargestToSquare))) {
    std::ostringstream text;
    text << "dbscan: radius " << options.radius << "; wanted is 0, or " << least << " to " << kLargestToSquare;
    throw Error(Errc::invalid_argument, text.str());
  }
  if (options.min_neighbours < 1)
    throw Error(Errc::invalid_argument,
                "dbscan: min_neighbours " + std::to_string(options.min_neighbours) + "; wanted is 1 or more");
}

}  // namespace
}  // namespace detail

Dbscan dbscan(View<const double, 2> x, const DbscanOptions& options) {
  detail::check_options(options);
  if (x.extent(0) == 0) return {};
  detail::check_table(x, "dbscan");
  detail::check_squares(x, "dbscan", options.compute.parallel);
  return detail::Clustering(x, options).run();
}

}  // namespace lagoon::learning
