// SPDX-License-Identifier: Apache-2.0
#include "forest_score.hpp"

#include <algorithm>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>

#include "forest_predict.hpp"

namespace lagoon::learning::detail {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::int64_t trees_without(const Tensor<std::uint64_t, 2>& left_out, std::ptrdiff_t row) {
  std::int64_t count = 0;
  for (std::ptrdiff_t t = 0; t < left_out.extent(0); ++t) count += left_out(t, row / 64) >> row % 64 & 1;
  return count;
}

/// Calls each(row, sums, trees) for rows that some trees left out, with what those say.
template <class Each>
void for_each_left_out(const ForestModel& model, View<const double, 2> x, const Tensor<std::uint64_t, 2>& left_out,
                       bool parallel, Each each) {
  const std::ptrdiff_t width = sums_of_row(model);
  parallel_for(x.extent(0), {Walk::rows_together(model, x.extent(0)), parallel},
               [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
                 Walk walk(model, x, begin, end, "out_of_bag_score");
                 auto sums = Tensor<double, 1>::zeros({(end - begin) * width});
                 for (std::ptrdiff_t t = 0; t < left_out.extent(0); ++t) {
                   throw_if_stopped();
                   walk.add(static_cast<std::size_t>(t), sums.data(), &left_out(t, 0));
                 }
                 for (std::ptrdiff_t i = begin; i < end; ++i)
                   if (const std::int64_t trees = trees_without(left_out, i))
                     each(i, sums.data() + (i - begin) * width, static_cast<double>(trees));
               });
}

}  // namespace

double left_out_accuracy(const ForestModel& model, View<const double, 2> x, const std::uint16_t* classes,
                         const Tensor<std::uint64_t, 2>& left_out, bool parallel) {
  enum : std::uint8_t { unseen, wrong, right };
  auto judged = Tensor<std::uint8_t, 1>::filled({x.extent(0)}, unseen);
  const std::ptrdiff_t width = sums_of_row(model);
  for_each_left_out(model, x, left_out, parallel, [&](std::ptrdiff_t i, const double* sums, double trees) {
    const std::ptrdiff_t best =
        model.kind == Kind::two_labels ? sums[0] > trees - sums[0] : std::max_element(sums, sums + width) - sums;
    judged[i] = best == classes[i] ? right : wrong;
  });
  std::ptrdiff_t hits = 0, seen = 0;
  for (std::ptrdiff_t i = 0; i < judged.size(); ++i) {
    hits += judged[i] == right;
    seen += judged[i] != unseen;
  }
  return seen == 0 ? kNone : static_cast<double>(hits) / static_cast<double>(seen);
}

double left_out_r2(const ForestModel& model, View<const double, 2> x, const double* y,
                   const Tensor<std::uint64_t, 2>& left_out, bool parallel) {
  auto said = Tensor<double, 1>::filled({x.extent(0)}, kNone);
  for_each_left_out(model, x, left_out, parallel,
                    [&](std::ptrdiff_t i, const double* sums, double trees) { said[i] = *sums / trees; });
  double mean = 0, seen = 0;
  for (std::ptrdiff_t i = 0; i < said.size(); ++i) {
    if (said[i] != said[i]) continue;
    ++seen;
    mean += (y[i] - mean) / seen;
  }
  double missed = 0, spread = 0;
  for (std::ptrdiff_t i = 0; i < said.size(); ++i) {
    if (said[i] != said[i]) continue;
    missed += (y[i] - said[i]) * (y[i] - said[i]);
    spread += (y[i] - mean) * (y[i] - mean);
  }
  return spread == 0 ? kNone : 1 - missed / spread;
}

}  // namespace lagoon::learning::detail
