// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/learning/forest.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>
#include <string>

#include "check.hpp"
#include "forest_grow.hpp"
#include "forest_model.hpp"
#include "forest_score.hpp"
#include "forest_steps.hpp"
#include "forest_targets.hpp"

namespace lagoon::learning {
namespace {

using detail::ForestModel;
using detail::Growth;
using detail::Kind;

constexpr std::int64_t kMostRows = 1 << 30, kMostTrees = 1 << 20, kMostClasses = 1 << 15;

[[noreturn]] void refuse(const char* what, const std::string& why) {
  throw Error(Errc::invalid_argument, std::string(what) + ": " + why);
}

void check_option(const char* what, const char* name, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return;
  const bool open = most == std::numeric_limits<std::int64_t>::max();
  refuse(what, std::string(name) + " is " + std::to_string(value) + "; it must be " + std::to_string(least) +
                   (open ? " or more" : " to " + std::to_string(most)));
}

void check(View<const double, 2> x, std::ptrdiff_t answers, const char* answer, const ForestOptions& o,
           const char* what) {
  constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();
  detail::check_table(x, what);
  detail::check_lengths(x.extent(0), answers, answer, what);
  if (x.extent(0) > kMostRows || x.extent(1) > kMostRows)
    refuse(what, "the table is " + std::to_string(x.extent(0)) + "x" + std::to_string(x.extent(1)) +
                     "; rows and columns may be " + std::to_string(kMostRows));
  check_option(what, "trees", o.trees, 1, kMostTrees);
  check_option(what, "features", o.features, 0, x.extent(1));
  check_option(what, "depth", o.depth, 0, kAny);
  check_option(what, "leaf", o.leaf, 1, kAny);
  check_option(what, "split", o.split, 2, kAny);
  if (o.bins != 0) check_option(what, "bins", o.bins, 2, detail::kBins);
  detail::check_finite(x, what, o.compute.parallel);
}

Growth growth_of(const ForestOptions& o, std::int64_t usual_features) {
  // No node has as many observations as these, so that more asks for nothing else, and twice as many is no overflow.
  constexpr std::int64_t kNever = std::int64_t{1} << 40;
  return {.features = o.features ? o.features : std::max<std::int64_t>(usual_features, 1),
          .depth = o.depth,
          .leaf = std::min(o.leaf, kNever),
          .split = std::min(o.split, kNever),
          .bootstrap = o.bootstrap,
          .seed = o.seed};
}

/// Grows the trees of a model over a coded table.
///   left_out   a row of bits per tree, cleared; none without bootstrap
template <class Code, class Target>
void grow_trees(ForestModel& model, const detail::CodedTable<Code>& table, const Target& target_of_tree,
                const Growth& growth, Tensor<std::uint64_t, 2>& left_out, bool parallel) {
  const auto trees = static_cast<std::ptrdiff_t>(model.trees.size());
  Tensor<double, 2> shares({trees, table.columns});
  const auto words = static_cast<std::size_t>(left_out.extent(1));
  parallel_for(trees, {1, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t t = begin; t < end; ++t) {
      const detail::TreeRecord record{{&shares(t, 0), static_cast<std::size_t>(table.columns)},
                                      {words ? &left_out(t, 0) : nullptr, words}};
      model.trees[static_cast<std::size_t>(t)] =
          detail::grow_tree(table, target_of_tree(), growth, static_cast<std::uint32_t>(t), record);
    }
  });
  model.importances.assign(static_cast<std::size_t>(table.columns), 0.0);
  double all = 0;
  for (std::ptrdiff_t j = 0; j < table.columns; ++j) {
    double& sum = model.importances[static_cast<std::size_t>(j)];
    for (std::ptrdiff_t t = 0; t < trees; ++t) sum += shares(t, j);
    all += sum;
  }
  if (all > 0)
    for (double& share : model.importances) share /= all;
}

/// Fills a model that knows its kind, its classes and its scale.
///   score(left_out)   the score out of bag, of the complete model
template <class Target, class ScoreOf>
void learn(ForestModel& model, View<const double, 2> x, const Target& target_of_tree, const ForestOptions& o,
           const Growth& growth, ScoreOf score) {
  const bool parallel = o.compute.parallel;
  model.columns = x.extent(1);
  model.trees.resize(static_cast<std::size_t>(o.trees));
  const std::ptrdiff_t words = o.bootstrap ? (x.extent(0) + 63) / 64 : 0;
  auto left_out = Tensor<std::uint64_t, 2>::zeros({o.trees, words});
  if (o.bins == 0)
    grow_trees(model, detail::rank_table(x, parallel), target_of_tree, growth, left_out, parallel);
  else
    grow_trees(model, detail::bin_table(x, o.bins, parallel), target_of_tree, growth, left_out, parallel);
  complete(model);
  model.score = o.bootstrap ? score(left_out) : std::numeric_limits<double>::quiet_NaN();
}

std::vector<std::int64_t> different(View<const std::int64_t, 1> labels, const char* what) {
  std::vector<std::int64_t> classes;
  for (std::ptrdiff_t i = 0; i < labels.size(); ++i) {
    if (i % (1 << 14) == 0) throw_if_stopped();
    const auto at = std::lower_bound(classes.begin(), classes.end(), labels[i]);
    if (at != classes.end() && *at == labels[i]) continue;
    if (std::ssize(classes) == kMostClasses)
      refuse(what, "there are more than " + std::to_string(kMostClasses) + " different labels");
    classes.insert(at, labels[i]);
  }
  return classes;
}

/// The least power of two that none of y is above in size; 1 when all are 0.
double scale_of(View<const double, 1> y) {
  double greatest = 0;
  for (std::ptrdiff_t i = 0; i < y.size(); ++i) greatest = std::max(greatest, std::abs(y[i]));
  if (greatest == 0) return 1;
  int exponent = 0;
  std::frexp(greatest, &exponent);
  // 2^1024 is too large for a number, and below 2^-1022 there are no more digits to win.
  return std::ldexp(1, std::clamp(exponent, -1022, 1023));
}

}  // namespace

Forest::Forest(std::shared_ptr<const Impl> impl) noexcept : impl_(std::move(impl)) {}

Forest Forest::classify(View<const double, 2> x, View<const std::int64_t, 1> labels, const ForestOptions& options) {
  constexpr const char* kWhat = "Forest::classify";
  check(x, labels.size(), "labels", options, kWhat);
  ForestModel model;
  model.classes = different(labels, kWhat);
  model.kind = model.classes.size() == 2 ? Kind::two_labels : Kind::labels;
  Tensor<std::uint16_t, 1> places({labels.size()});
  for (std::ptrdiff_t i = 0; i < labels.size(); ++i)
    places[i] = static_cast<std::uint16_t>(std::lower_bound(model.classes.begin(), model.classes.end(), labels[i]) -
                                           model.classes.begin());

  const Growth growth = growth_of(options, static_cast<std::int64_t>(std::sqrt(static_cast<double>(x.extent(1)))));
  const auto score = [&](const Tensor<std::uint64_t, 2>& left_out) {
    return detail::left_out_accuracy(model, x, places.data(), left_out, options.compute.parallel);
  };
  const std::uint16_t* const place = places.data();
  const auto classes = std::ssize(model.classes);
  if (model.kind == Kind::two_labels)
    learn(
        model, x, [place] { return detail::TwoLabels(place); }, options, growth, score);
  else
    learn(
        model, x, [place, classes] { return detail::ManyLabels(place, classes); }, options, growth, score);
  return ForestAccess::make(std::move(model));
}

Forest Forest::regress(View<const double, 2> x, View<const double, 1> y, const ForestOptions& options) {
  constexpr const char* kWhat = "Forest::regress";
  check(x, y.size(), "y", options, kWhat);
  detail::check_finite(y, "y", kWhat, options.compute.parallel);
  ForestModel model;
  model.scale = scale_of(y);
  Tensor<double, 1> scaled({y.size()});
  for (std::ptrdiff_t i = 0; i < y.size(); ++i) scaled[i] = y[i] / model.scale;
  const double* const numbers = scaled.data();
  learn(
      model, x, [numbers] { return detail::Numbers(numbers); }, options, growth_of(options, x.extent(1) / 3),
      [&](const Tensor<std::uint64_t, 2>& left_out) {
        return detail::left_out_r2(model, x, numbers, left_out, options.compute.parallel);
      });
  return ForestAccess::make(std::move(model));
}

bool Forest::is_classifier() const noexcept { return impl_ && impl_->kind != Kind::numbers; }
std::int64_t Forest::trees() const noexcept { return impl_ ? std::ssize(impl_->trees) : 0; }
std::int64_t Forest::features() const noexcept { return impl_ ? impl_->columns : 0; }
std::int64_t Forest::nodes() const noexcept { return impl_ ? impl_->nodes : 0; }
std::int64_t Forest::depth() const noexcept { return impl_ ? impl_->depth : 0; }
const std::vector<std::int64_t>& Forest::classes() const noexcept {
  static const std::vector<std::int64_t> kNone;
  return impl_ ? impl_->classes : kNone;
}
double Forest::out_of_bag_score() const noexcept {
  return impl_ ? impl_->score : std::numeric_limits<double>::quiet_NaN();
}
const std::vector<double>& Forest::importances() const noexcept {
  static const std::vector<double> kNone;
  return impl_ ? impl_->importances : kNone;
}

}  // namespace lagoon::learning
