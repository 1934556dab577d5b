// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/core/view.hpp>
#include <span>

namespace lagoon::learning::detail {

/// Rising numbers for each column of a table, which cut it: the code of x is how many of them are below x.
class Steps {
 public:
  Steps() = default;
  /// Room for `counts[j]` numbers of column j.
  explicit Steps(std::span<const std::int64_t> counts);

  std::span<double> column(std::ptrdiff_t j) noexcept {
    return {values_.data() + begin_[j], static_cast<std::size_t>(begin_[j + 1] - begin_[j])};
  }
  std::span<const double> column(std::ptrdiff_t j) const noexcept {
    return {values_.data() + begin_[j], static_cast<std::size_t>(begin_[j + 1] - begin_[j])};
  }

  std::uint32_t code(std::ptrdiff_t j, double x) const noexcept {
    const auto steps = column(j);
    return static_cast<std::uint32_t>(std::lower_bound(steps.begin(), steps.end(), x) - steps.begin());
  }
  /// The same of n numbers, `step` apart, into n codes, `stride` apart; in a third of the time.
  template <class Code>
  void codes(std::ptrdiff_t j, const double* x, std::ptrdiff_t n, std::ptrdiff_t step, Code* out,
             std::ptrdiff_t stride) const noexcept;

 private:
  Tensor<double, 1> values_;
  Tensor<std::int64_t, 1> begin_;
};

/// A table as trees see it while they learn.
///   Code   std::uint8_t: the number of the bin, steps are the thresholds between bins;
///          std::uint32_t: the rank among the different numbers of the column, which are the steps
template <class Code>
struct CodedTable {
  static constexpr bool kExact = sizeof(Code) > 1;

  std::ptrdiff_t rows = 0, columns = 0;
  Tensor<Code, 2> codes;
  Steps steps;

  const Code* row(std::uint32_t i) const noexcept { return codes.data() + static_cast<std::ptrdiff_t>(i) * columns; }

  /// A threshold with code `below` on its left and `above`, the next one that a node has, on its right.
  double threshold(std::ptrdiff_t column, std::uint32_t below, std::uint32_t above) const noexcept;
};

/// Codes of a finite table, by at most `bins` bins of about equally many numbers (2 to 256), or ranks.
///   cost   O(n p log bins), and the columns are sorted: parallel over columns, then over rows
CodedTable<std::uint8_t> bin_table(View<const double, 2> x, std::int64_t bins, bool parallel);
CodedTable<std::uint32_t> rank_table(View<const double, 2> x, bool parallel);

}  // namespace lagoon::learning::detail
