// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/learning/preparation.hpp>
#include <string>
#include <utility>

#include "polled/sort.hpp"
#include "random.hpp"

namespace lagoon::learning {
namespace {

using Rows = Tensor<std::int64_t, 1>;

constexpr std::ptrdiff_t kGrain = 1 << 15;  // numbers of a task

/// A whole number in [0, bound): of 64 random bits, so that the bias is nothing for any table.
std::ptrdiff_t draw(std::ptrdiff_t bound, std::uint64_t seed, detail::Purpose purpose, std::ptrdiff_t k) {
  __extension__ using Wide = unsigned __int128;
  const auto words = detail::bits(seed, purpose, static_cast<std::uint64_t>(k), 0);
  const std::uint64_t word = std::uint64_t{words[1]} << 32 | words[0];
  return static_cast<std::ptrdiff_t>((Wide{word} * static_cast<std::uint64_t>(bound)) >> 64);
}

/// All rows in random order.
///   source   Fisher & Yates 1938; Durstenfeld 1964
Rows shuffled(std::ptrdiff_t n, std::uint64_t seed, detail::Purpose purpose) {
  Rows rows({n});
  for (std::ptrdiff_t i = 0; i < n; ++i) rows[i] = i;
  for (std::ptrdiff_t i = n - 1; i > 0; --i) {
    if (i % polled::kBetweenPolls == 0) throw_if_stopped();
    std::swap(rows[i], rows[draw(i + 1, seed, purpose, i)]);
  }
  return rows;
}

/// All rows, label by label, in random order within each.
Rows shuffled(View<const std::int64_t, 1> labels, std::uint64_t seed, detail::Purpose purpose) {
  Rows rows = shuffled(labels.size(), seed, purpose);
  polled::sort(rows.data(), rows.size(), [&](std::int64_t a, std::int64_t b) { return labels[a] < labels[b]; });
  return rows;
}

/// The split whose test rows are those that `tests` names.
template <class Tests>
Split split_by(std::ptrdiff_t n, std::ptrdiff_t test_rows, Tests tests) {
  Split split;
  split.test.reserve(static_cast<std::size_t>(test_rows));
  split.train.reserve(static_cast<std::size_t>(n - test_rows));
  for (std::ptrdiff_t row = 0; row < n; ++row) {
    if (row % polled::kBetweenPolls == 0) throw_if_stopped();
    (tests(row) ? split.test : split.train).push_back(row);
  }
  return split;
}

void check_split(std::ptrdiff_t n, double test_share) {
  if (n < 2)
    throw Error(Errc::invalid_argument, "train_test_split: " + std::to_string(n) + " rows; at least 2 are needed");
  if (!(test_share > 0 && test_share < 1))
    throw Error(Errc::invalid_argument,
                "train_test_split: test_share is " + std::to_string(test_share) + "; above 0 to below 1 is allowed");
}

/// Takes rows at even distances in this order: of any run of them the share that is its due, up to a whole row.
Split evenly(const Rows& order, double test_share) {
  const std::ptrdiff_t n = order.size();
  const std::ptrdiff_t tests = std::clamp<std::ptrdiff_t>(std::llround(test_share * static_cast<double>(n)), 1, n - 1);
  auto chosen = Tensor<std::uint8_t, 1>::zeros({n});
  std::ptrdiff_t due = n / 2;  // in n-ths of a row; a half to begin with rounds to the nearest
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    due += tests;
    if (due < n) continue;
    due -= n;
    chosen[order[i]] = 1;
  }
  return split_by(n, tests, [&](std::ptrdiff_t row) { return chosen[row] != 0; });
}

void check_folds(std::ptrdiff_t n, std::ptrdiff_t k) {
  if (k < 2 || k > n)
    throw Error(Errc::invalid_argument,
                "k_folds: " + std::to_string(k) + " folds of " + std::to_string(n) + " rows; 2 to as many as rows");
}

/// Deals rows out in this order.
std::vector<Split> dealt(const Rows& order, std::ptrdiff_t k) {
  const std::ptrdiff_t n = order.size();
  Rows fold({n});
  for (std::ptrdiff_t i = 0; i < n; ++i) fold[order[i]] = i % k;
  std::vector<Split> folds;
  folds.reserve(static_cast<std::size_t>(k));
  for (std::ptrdiff_t f = 0; f < k; ++f)
    folds.push_back(split_by(n, (n + k - 1 - f) / k, [&](std::ptrdiff_t row) { return fold[row] == f; }));
  return folds;
}

std::ptrdiff_t checked_row(View<const std::int64_t, 1> rows, std::ptrdiff_t i, std::ptrdiff_t n) {
  if (rows[i] < 0 || rows[i] >= n)
    throw Error(Errc::out_of_range, "take_rows: rows[" + std::to_string(i) + "] is " + std::to_string(rows[i]) +
                                        "; there are " + std::to_string(n));
  return rows[i];
}

template <class T>
Tensor<T, 1> taken(View<const T, 1> x, View<const std::int64_t, 1> rows) {
  Tensor<T, 1> result({rows.size()});
  for (std::ptrdiff_t i = 0; i < rows.size(); ++i) {
    if (i % polled::kBetweenPolls == 0) throw_if_stopped();
    result[i] = x[checked_row(rows, i, x.size())];
  }
  return result;
}

}  // namespace

Split train_test_split(std::ptrdiff_t n, double test_share, std::uint64_t seed) {
  check_split(n, test_share);
  return evenly(shuffled(n, seed, detail::Purpose::split), test_share);
}

Split train_test_split(View<const std::int64_t, 1> labels, double test_share, std::uint64_t seed) {
  check_split(labels.size(), test_share);
  return evenly(shuffled(labels, seed, detail::Purpose::split), test_share);
}

std::vector<Split> k_folds(std::ptrdiff_t n, std::ptrdiff_t k, std::uint64_t seed) {
  check_folds(n, k);
  return dealt(shuffled(n, seed, detail::Purpose::fold), k);
}

std::vector<Split> k_folds(View<const std::int64_t, 1> labels, std::ptrdiff_t k, std::uint64_t seed) {
  check_folds(labels.size(), k);
  return dealt(shuffled(labels, seed, detail::Purpose::fold), k);
}

Tensor<double, 2> take_rows(View<const double, 2> x, View<const std::int64_t, 1> rows, const ComputeOptions& options) {
  const std::ptrdiff_t p = x.extent(1);
  Tensor<double, 2> result({rows.size(), p});
  parallel_for(rows.size(), {std::max<std::ptrdiff_t>(kGrain / std::max<std::ptrdiff_t>(p, 1), 1), options.parallel},
               [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
                 for (std::ptrdiff_t i = begin; i < end; ++i) {
                   const std::ptrdiff_t row = checked_row(rows, i, x.extent(0));
                   for (std::ptrdiff_t j = 0; j < p; ++j) result(i, j) = x(row, j);
                 }
               });
  return result;
}

Tensor<double, 1> take_rows(View<const double, 1> x, View<const std::int64_t, 1> rows) { return taken(x, rows); }
Tensor<std::int64_t, 1> take_rows(View<const std::int64_t, 1> x, View<const std::int64_t, 1> rows) {
  return taken(x, rows);
}

}  // namespace lagoon::learning
