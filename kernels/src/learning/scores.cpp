// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/learning/scores.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/kernels/statistics/moments.hpp>
#include <limits>
#include <string>

#include "polled/sort.hpp"

namespace lagoon::learning {
namespace {

constexpr std::ptrdiff_t kGrain = 1 << 16;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

void check_pairs(std::ptrdiff_t a, std::ptrdiff_t b, const char* first, const char* second, const char* what) {
  if (a != b)
    throw Error(Errc::invalid_argument, std::string(what) + ": " + first + " has " + std::to_string(a) + " numbers, " +
                                            second + " has " + std::to_string(b));
  if (a == 0) throw Error(Errc::invalid_argument, std::string(what) + ": there are no " + first);
}

/// Sum of f(i), the same bits for any number of cores.
template <class F>
double sum(std::ptrdiff_t n, F f) {
  return parallel_reduce<double>(
      n, {kGrain},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        double part = 0;
        for (std::ptrdiff_t i = begin; i < end; ++i) part += f(i);
        return part;
      },
      [](double a, double b) { return a + b; });
}

double squared_errors(View<const double, 1> y, View<const double, 1> p) {
  return sum(y.size(), [&](std::ptrdiff_t i) { return (y[i] - p[i]) * (y[i] - p[i]); });
}

using Labels = View<const std::int64_t, 1>;
struct LabelPair {
  std::int64_t a, b;
  auto operator<=>(const LabelPair&) const = default;
};

/// Pairs of labels, sorted: equal ones lie together.
Tensor<LabelPair, 1> sorted_pairs(Labels a, Labels b) {
  Tensor<LabelPair, 1> pairs({a.size()});
  for (std::ptrdiff_t i = 0; i < a.size(); ++i) pairs[i] = {a[i], b[i]};
  polled::sort(pairs.data(), pairs.size(), std::less<>());
  return pairs;
}

Tensor<std::int64_t, 1> sorted(Labels labels) {
  auto result = Tensor<std::int64_t, 1>::copy_of(labels);
  polled::sort(result.data(), result.size(), std::less<>());
  return result;
}

/// Calls f(element, count) for each run of equal elements.
template <class T, class F>
void for_each_run(const Tensor<T, 1>& sorted, F f) {
  for (std::ptrdiff_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    while (end < sorted.size() && sorted[end] == sorted[begin]) ++end;
    f(sorted[begin], end - begin);
  }
}

/// Two of the same kind can be drawn in so many ways.
template <class T>
double pairs_within(const Tensor<T, 1>& sorted) {
  double ways = 0;
  for_each_run(sorted, [&](const T&, std::ptrdiff_t count) {
    ways += static_cast<double>(count) * static_cast<double>(count - 1) / 2;
  });
  return ways;
}

std::vector<std::int64_t> labels_of(Labels a, Labels b) {
  std::vector<std::int64_t> labels;
  for (const Labels& side : {a, b}) {
    for_each_run(sorted(side), [&](std::int64_t label, std::ptrdiff_t) { labels.push_back(label); });
  }
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

}  // namespace

double r2_score(View<const double, 1> y, View<const double, 1> predicted) {
  check_pairs(y.size(), predicted.size(), "y", "predicted", "r2_score");
  const statistics::Moments m = statistics::moments(y, {.order = 1});
  if (m.minimum == m.maximum) return kNan;
  const double whole = sum(y.size(), [&](std::ptrdiff_t i) { return (y[i] - m.mean) * (y[i] - m.mean); });
  return 1 - squared_errors(y, predicted) / whole;
}

double root_mean_square_error(View<const double, 1> y, View<const double, 1> predicted) {
  check_pairs(y.size(), predicted.size(), "y", "predicted", "root_mean_square_error");
  return std::sqrt(squared_errors(y, predicted) / static_cast<double>(y.size()));
}

double mean_absolute_error(View<const double, 1> y, View<const double, 1> predicted) {
  check_pairs(y.size(), predicted.size(), "y", "predicted", "mean_absolute_error");
  return sum(y.size(), [&](std::ptrdiff_t i) { return std::abs(y[i] - predicted[i]); }) / static_cast<double>(y.size());
}

double accuracy(View<const std::int64_t, 1> labels, View<const std::int64_t, 1> predicted) {
  check_pairs(labels.size(), predicted.size(), "labels", "predicted", "accuracy");
  return sum(labels.size(), [&](std::ptrdiff_t i) { return labels[i] == predicted[i] ? 1.0 : 0.0; }) /
         static_cast<double>(labels.size());
}

Confusion confusion(View<const std::int64_t, 1> labels, View<const std::int64_t, 1> predicted) {
  check_pairs(labels.size(), predicted.size(), "labels", "predicted", "confusion");
  Confusion result;
  result.labels = labels_of(labels, predicted);
  const auto size = static_cast<std::ptrdiff_t>(result.labels.size());
  result.counts = Tensor<std::int64_t, 2>::zeros({size, size});
  const auto place = [&](std::int64_t label) {
    return std::lower_bound(result.labels.begin(), result.labels.end(), label) - result.labels.begin();
  };
  for_each_run(sorted_pairs(labels, predicted), [&](const LabelPair& pair, std::ptrdiff_t count) {
    result.counts(place(pair.a), place(pair.b)) = count;
  });
  return result;
}

double adjusted_rand_index(View<const std::int64_t, 1> a, View<const std::int64_t, 1> b) {
  check_pairs(a.size(), b.size(), "a", "b", "adjusted_rand_index");
  const auto n = static_cast<double>(a.size());
  const double both = pairs_within(sorted_pairs(a, b));
  const double in_a = pairs_within(sorted(a)), in_b = pairs_within(sorted(b));
  const double all = n * (n - 1) / 2, chance = all > 0 ? in_a / all * in_b : 0, most = (in_a + in_b) / 2;
  // One cluster on both sides, or as many as rows on both: there is only one such clustering.
  return most == chance ? 1 : (both - chance) / (most - chance);
}

}  // namespace lagoon::learning
