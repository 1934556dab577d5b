// SPDX-License-Identifier: Apache-2.0
#include "tall_qr.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include "check.hpp"
#include "column_factors.hpp"
#include "matrix/reflections.hpp"
#include "tall_qr_simd.hpp"

namespace lagoon::learning::detail {
namespace {

constexpr std::ptrdiff_t kNarrow = 512;        // columns; blocks of more leave the second-level cache
constexpr std::ptrdiff_t kBlock = 256;         // rows that are factored at once: 68 KiB of 34 columns
constexpr std::ptrdiff_t kPacked = 64;         // rows that stay in the first-level cache while their columns are copied
constexpr std::ptrdiff_t kWork = 1 << 23;      // rows of a task times the square of the columns: half a millisecond
constexpr std::ptrdiff_t kMostRows = 1 << 15;  // of a task, unless its triangle is large
constexpr std::ptrdiff_t kParts = 8 << 20;     // numbers in the triangles of all tasks, at most, unless four have more
constexpr std::ptrdiff_t kWideBlock = 4096;    // rows of a block of a wide table, at least

std::ptrdiff_t whole_groups(std::ptrdiff_t rows) { return (rows + kRowGroup - 1) / kRowGroup * kRowGroup; }

/// The table [1 | x | y] or [x | y] as columns, each times a power of two and about an origin.
///
/// With the column of ones the first reflection takes out the means. It does so exactly up to the rounding of what it
/// sees; numbers near 0 leave nothing to round, so the means of the first rows are subtracted before.
class Source {
 public:
  Source(View<const double, 2> x, View<const double, 1> y, bool ones)
      : x_(x), y_(y), ones_(ones), factor_(static_cast<std::size_t>(columns()), 1), origin_(factor_.size(), 0) {
    set_origins();
  }

  std::ptrdiff_t rows() const { return x_.extent(0); }
  std::ptrdiff_t columns() const { return ones_ + x_.extent(1) + (y_.extent(0) > 0); }
  bool has_ones() const { return ones_; }
  double factor(std::ptrdiff_t j) const { return factor_[static_cast<std::size_t>(j)]; }
  double origin(std::ptrdiff_t j) const { return origin_[static_cast<std::size_t>(j)]; }

  /// Makes room for numbers whose squares overflow or underflow.  returns  whether there are any
  bool rescale(bool parallel) {
    std::vector<double> factors = column_factors(x_, parallel);
    if (ones_) factors.insert(factors.begin(), 1);
    if (y_.extent(0) > 0) factors.push_back(column_factors({y_.data(), {rows(), 1}, {y_.stride(0), 1}}, parallel)[0]);
    if (factors == factor_) return false;
    factor_ = std::move(factors);
    set_origins();
    return true;
  }

  /// Rows [begin, end) as columns, `stride` apart.
  void copy(std::ptrdiff_t begin, std::ptrdiff_t end, double* out, std::ptrdiff_t stride) const {
    const auto pack = tall_qr_kernels().pack;
    if (ones_) std::fill_n(out, end - begin, 1.0);
    for (std::ptrdiff_t row = begin; row < end; row += kPacked)
      for (std::ptrdiff_t j = ones_; j < columns(); ++j) {
        const Column from = column(j);
        pack(from.first + row * from.step, from.step, std::min(kPacked, end - row), factor(j), origin(j),
             out + row - begin + j * stride);
      }
  }

 private:
  struct Column {
    const double* first;
    std::ptrdiff_t step;
  };
  Column column(std::ptrdiff_t j) const {
    const std::ptrdiff_t k = j - ones_;
    if (k == x_.extent(1)) return {y_.data(), y_.stride(0)};
    return {x_.data() + k * x_.stride(1), x_.stride(0)};
  }

  void set_origins() {
    if (!ones_) return;
    const std::ptrdiff_t count = std::min(rows(), kBlock);
    for (std::ptrdiff_t j = 1; j < columns(); ++j) {
      const Column from = column(j);
      double sum = 0;
      for (std::ptrdiff_t i = 0; i < count; ++i) sum += from.first[i * from.step] * factor(j);
      origin_[static_cast<std::size_t>(j)] = sum / static_cast<double>(count);
    }
  }

  View<const double, 2> x_;
  View<const double, 1> y_;
  std::ptrdiff_t ones_;
  std::vector<double> factor_, origin_;
};

/// The triangle of many rows and few columns: each task factors its blocks into a triangle of its own, and triangles
/// are factored into one another by twos.
Tensor<double, 2> narrow_triangle(const Source& table, bool parallel) {
  const std::ptrdiff_t n = table.rows(), q = table.columns(), side = whole_groups(q);
  // Joining triangles costs as much as q rows each: tasks have some times as many.
  const std::ptrdiff_t least = std::max({kBlock, 4 * q, std::min(kWork / (q * q), kMostRows)});
  const std::ptrdiff_t parts = std::max<std::ptrdiff_t>(4, kParts / (side * q));
  const std::ptrdiff_t grain = (std::max(least, (n + parts - 1) / parts) + kBlock - 1) / kBlock * kBlock;
  const auto& kernels = tall_qr_kernels();
  const auto columns = parallel_reduce<Tensor<double, 1>>(
      n, {grain, parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        const std::ptrdiff_t most = whole_groups(std::min(end - begin, kBlock));
        const std::ptrdiff_t stride = most + kRowGroup;  // off the powers of two, which share sets of the cache
        auto r = Tensor<double, 1>::zeros({side * q});
        auto block = Tensor<double, 1>::zeros({stride * q});
        for (std::ptrdiff_t row = begin; row < end; row += kBlock) {
          throw_if_stopped();
          const std::ptrdiff_t count = std::min(kBlock, end - row), whole = whole_groups(count);
          table.copy(row, row + count, block.data(), stride);
          for (std::ptrdiff_t j = 0; j < q && count < whole; ++j)
            std::fill(block.data() + j * stride + count, block.data() + j * stride + whole, 0.0);
          kernels.absorb(r.data(), side, block.data(), whole, stride, q);
        }
        return r;
      },
      [&](Tensor<double, 1> a, Tensor<double, 1> b) {
        kernels.absorb(a.data(), side, b.data(), side, side, q);
        return a;
      });
  auto r = Tensor<double, 2>::zeros({q, q});
  for (std::ptrdiff_t i = 0; i < q; ++i)
    for (std::ptrdiff_t j = i; j < q; ++j) r(i, j) = columns[i + j * side];
  return r;
}

/// The triangle of many columns, or of fewer rows than columns: blocks below the triangle of those before, each on all
/// cores.
Tensor<double, 2> wide_triangle(const Source& table, bool parallel) {
  const std::ptrdiff_t n = table.rows(), q = table.columns(), most = std::max(kWideBlock, 4 * q);
  Tensor<double, 2> r({0, q});
  for (std::ptrdiff_t row = 0; row < n; row += most) {
    const std::ptrdiff_t above = r.extent(0), count = std::min(most, n - row);
    matrix::detail::Columns<double> a(above + count, q);
    for (std::ptrdiff_t j = 0; j < q; ++j)
      for (std::ptrdiff_t i = 0; i < above; ++i) *a.at(i, j) = r(i, j);
    parallel_for(count, {1024, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      table.copy(row + begin, row + end, a.at(above + begin, 0), a.stride());
    });
    const auto qr = matrix::detail::factor_qr(std::move(a), parallel);
    r = Tensor<double, 2>::zeros({std::min(above + count, q), q});
    for (std::ptrdiff_t i = 0; i < r.extent(0); ++i)
      for (std::ptrdiff_t j = i; j < q; ++j) r(i, j) = *qr.a.at(i, j);
  }
  return r;
}

bool is_narrow(const Source& table) { return table.columns() <= kNarrow && table.rows() > table.columns(); }

Tensor<double, 2> triangle(const Source& table, bool parallel) {
  return is_narrow(table) ? narrow_triangle(table, parallel) : wide_triangle(table, parallel);
}

/// Whether squares of a column of these numbers neither overflowed nor underflowed, and were numbers.
bool in_range(const Source& table, View<const double, 2> r) {
  for (std::ptrdiff_t j = 0; j < r.extent(1); ++j) {
    double largest = std::abs(table.origin(j));
    for (std::ptrdiff_t i = 0; i <= std::min(j, r.extent(0) - 1); ++i) {
      if (!(std::abs(r(i, j)) <= 1e150)) return false;  // NaN as well
      largest = std::max(largest, std::abs(r(i, j)));
    }
    if (!(largest >= 1e-140)) return false;
  }
  return true;
}

}  // namespace

TableQr table_qr(View<const double, 2> x, View<const double, 1> y, bool centred, bool parallel, const char* what) {
  const auto check = [&] {
    check_finite(x, what, parallel);
    check_finite(y, "y", what, parallel);
  };
  Source table(x, y, centred);
  if (!is_narrow(table)) check();  // costs nothing beside the rest
  Tensor<double, 2> r = triangle(table, parallel);
  if (!in_range(table, r)) {
    check();  // of narrow tables only now: it would be another read of the memory
    if (table.rescale(parallel)) r = triangle(table, parallel);
  }
  const std::ptrdiff_t first = centred ? 1 : 0, columns = r.extent(1) - first;
  TableQr result{Tensor<double, 2>::zeros({std::min(r.extent(0) - first, columns), columns}),
                 std::vector<double>(static_cast<std::size_t>(columns))};
  for (std::ptrdiff_t j = 0; j < columns; ++j) {
    const std::ptrdiff_t k = j + first;
    if (centred) result.mean[static_cast<std::size_t>(j)] = (table.origin(k) + r(0, k) / r(0, 0)) / table.factor(k);
    for (std::ptrdiff_t i = 0; i <= std::min(j, result.r.extent(0) - 1); ++i)
      result.r(i, j) = r(i + first, k) / table.factor(k);
  }
  return result;
}

double length(View<const double, 1> x) {
  double largest = 0, sum = 0;
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) largest = std::max(largest, std::abs(x[i]));
  if (largest == 0) return 0;
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) sum += (x[i] / largest) * (x[i] / largest);
  return largest * std::sqrt(sum);
}

std::vector<double> column_lengths(View<const double, 2> r) {
  std::vector<double> lengths(static_cast<std::size_t>(r.extent(1)));
  for (std::ptrdiff_t j = 0; j < r.extent(1); ++j) lengths[static_cast<std::size_t>(j)] = length(r.column(j));
  return lengths;
}

Tensor<double, 2> scaled_columns(View<const double, 2> r, const std::vector<double>& lengths) {
  Tensor<double, 2> scaled(r.extents());
  for (std::ptrdiff_t i = 0; i < r.extent(0); ++i)
    for (std::ptrdiff_t j = 0; j < r.extent(1); ++j) scaled(i, j) = r(i, j) / lengths[static_cast<std::size_t>(j)];
  return scaled;
}

}  // namespace lagoon::learning::detail
