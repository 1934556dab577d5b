// SPDX-License-Identifier: Apache-2.0
#include "forest_steps.hpp"

#include <algorithm>
#include <array>
#include <lagoon/engine/parallel.hpp>
#include <utility>
#include <vector>

#include "polled/parts.hpp"
#include "polled/radix_sort.hpp"

namespace lagoon::learning::detail {
namespace {

constexpr std::ptrdiff_t kCells = 1 << 14;  // numbers of x that are one task

using polled::key_of;
using polled::number_of;

/// A number that has a on its left and b, which is greater, on its right.
double between(double a, double b) {
  const double middle = a / 2 + b / 2;  // a + b may be too large
  return a <= middle && middle < b ? middle : a;
}

/// Calls each(value, how often) for the different numbers of a sorted column.
template <class Each>
void for_each_value(const std::uint64_t* sorted, std::ptrdiff_t n, Each each) {
  for (std::ptrdiff_t begin = 0, end = 0; begin < n; begin = end) {
    while (end < n && sorted[end] == sorted[begin]) ++end;
    each(number_of(sorted[begin]), end - begin);
  }
}

std::ptrdiff_t count_values(const std::uint64_t* sorted, std::ptrdiff_t n) {
  std::ptrdiff_t count = 1;
  for (std::ptrdiff_t i = 1; i < n; ++i) count += sorted[i] != sorted[i - 1];
  return count;
}

/// Thresholds between `bins` bins. A number that occurs often has a bin of its own, and the others share what is left,
/// so that half a column of zeros does not cost the other half its thresholds.
std::vector<double> cuts_of(const std::uint64_t* sorted, std::ptrdiff_t n, std::ptrdiff_t bins) {
  const bool each = count_values(sorted, n) <= bins;
  std::vector<double> cuts;
  std::ptrdiff_t rest = n, left = bins, inside = 0;  // numbers and bins that are left, numbers in the bin at hand
  double last = 0;
  const auto close = [&](double next) {
    cuts.push_back(between(last, next));
    rest -= inside;
    --left;
    inside = 0;
  };
  for_each_value(sorted, n, [&](double value, std::ptrdiff_t count) {
    const bool full = inside * left >= rest, frequent = count * left >= rest && left > 2;
    if (inside > 0 && left > 1 && (each || full || frequent)) close(value);
    inside += count;
    last = value;
  });
  return cuts;
}

Tensor<double, 1> values_of(const std::uint64_t* sorted, std::ptrdiff_t n) {
  Tensor<double, 1> values({count_values(sorted, n)});
  double* out = values.data();
  for_each_value(sorted, n, [&](double value, std::ptrdiff_t) { *out++ = value; });
  return values;
}

Tensor<std::uint64_t, 1> sorted_column(View<const double, 2> x, std::ptrdiff_t j) {
  const std::ptrdiff_t n = x.extent(0);
  Tensor<std::uint64_t, 1> keys({n}), spare({n});
  polled::for_parts(0, n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) keys[i] = key_of(x(i, j));
  });
  return polled::radix_sort<8>(keys.data(), spare.data(), n, 0, 64) == keys.data() ? std::move(keys) : std::move(spare);
}

/// Steps of all columns from of(sorted column, n), a tensor.
template <class Of>
Steps steps_of(View<const double, 2> x, bool parallel, Of of) {
  const std::ptrdiff_t columns = x.extent(1);
  std::vector<Tensor<double, 1>> steps(static_cast<std::size_t>(columns));
  parallel_for(columns, {1, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t j = begin; j < end; ++j) {
      const auto sorted = sorted_column(x, j);
      steps[static_cast<std::size_t>(j)] = of(sorted.data(), x.extent(0));
    }
  });
  std::vector<std::int64_t> counts;
  for (const auto& s : steps) counts.push_back(s.size());
  Steps all(counts);
  for (std::ptrdiff_t j = 0; j < columns; ++j) {
    const auto& s = steps[static_cast<std::size_t>(j)];
    std::copy_n(s.data(), s.size(), all.column(j).data());
  }
  return all;
}

template <class Code>
CodedTable<Code> coded(View<const double, 2> x, Steps steps, bool parallel) {
  CodedTable<Code> table{x.extent(0), x.extent(1), Tensor<Code, 2>(x.extents()), std::move(steps)};
  const std::ptrdiff_t rows = std::max<std::ptrdiff_t>(kCells / table.columns, 1);
  parallel_for(table.rows, {rows, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t j = 0; j < table.columns; ++j)
      for (std::ptrdiff_t i = begin; i < end; ++i) table.codes(i, j) = static_cast<Code>(table.steps.code(j, x(i, j)));
  });
  return table;
}

}  // namespace

Steps::Steps(std::span<const std::int64_t> counts) : begin_({static_cast<std::ptrdiff_t>(counts.size()) + 1}) {
  begin_[0] = 0;
  for (std::size_t j = 0; j < counts.size(); ++j) {
    const auto at = static_cast<std::ptrdiff_t>(j);
    begin_[at + 1] = begin_[at] + counts[j];
  }
  values_ = Tensor<double, 1>({begin_[static_cast<std::ptrdiff_t>(counts.size())]});
}

/// Halves the steps without a branch that depends on x: half of them would be mispredicted. A search is a chain of
/// loads then, so several numbers are looked for side by side.
template <class Code>
void Steps::codes(std::ptrdiff_t j, const double* x, std::ptrdiff_t n, std::ptrdiff_t step, Code* out,
                  std::ptrdiff_t stride) const noexcept {
  constexpr std::ptrdiff_t kTogether = 8;
  const auto steps = column(j);
  const auto count = static_cast<std::ptrdiff_t>(steps.size());
  for (std::ptrdiff_t i = 0; i < n; i += kTogether) {
    const std::ptrdiff_t here = std::min(kTogether, n - i);
    std::array<double, kTogether> v;
    for (std::ptrdiff_t k = 0; k < kTogether; ++k)
      v[static_cast<std::size_t>(k)] = x[(i + std::min(k, here - 1)) * step];
    std::array<std::ptrdiff_t, kTogether> at{};
    for (std::ptrdiff_t length = count; length > 1; length -= length / 2) {
      const double* const middle = steps.data() + length / 2 - 1;
#pragma GCC unroll 8
      for (std::size_t k = 0; k < kTogether; ++k) at[k] += length / 2 & -std::ptrdiff_t{middle[at[k]] < v[k]};
    }
    for (std::size_t k = 0; k < static_cast<std::size_t>(here); ++k)
      *(out + (i + static_cast<std::ptrdiff_t>(k)) * stride) =
          static_cast<Code>(count == 0 ? 0 : at[k] + (steps[static_cast<std::size_t>(at[k])] < v[k]));
  }
}

template void Steps::codes(std::ptrdiff_t, const double*, std::ptrdiff_t, std::ptrdiff_t, std::uint8_t*,
                           std::ptrdiff_t) const noexcept;
template void Steps::codes(std::ptrdiff_t, const double*, std::ptrdiff_t, std::ptrdiff_t, std::uint32_t*,
                           std::ptrdiff_t) const noexcept;

template <class Code>
double CodedTable<Code>::threshold(std::ptrdiff_t column, std::uint32_t below, std::uint32_t above) const noexcept {
  const auto s = steps.column(column);
  if constexpr (kExact) return between(s[below], s[above]);
  return s[below + (above - 1 - below) / 2];  // bins in between are empty here: the middle one of their thresholds
}

template struct CodedTable<std::uint8_t>;
template struct CodedTable<std::uint32_t>;

CodedTable<std::uint8_t> bin_table(View<const double, 2> x, std::int64_t bins, bool parallel) {
  const auto cuts = [bins](const std::uint64_t* sorted, std::ptrdiff_t n) {
    return Tensor<double, 1>::copy_of(cuts_of(sorted, n, bins));
  };
  return coded<std::uint8_t>(x, steps_of(x, parallel, cuts), parallel);
}

CodedTable<std::uint32_t> rank_table(View<const double, 2> x, bool parallel) {
  return coded<std::uint32_t>(x, steps_of(x, parallel, values_of), parallel);
}

}  // namespace lagoon::learning::detail
