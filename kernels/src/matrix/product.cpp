// SPDX-License-Identifier: Apache-2.0
#include "product.hpp"

#include <algorithm>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include "backend.hpp"
#include "panel_product_simd.hpp"

namespace lagoon::matrix::detail {
namespace {

constexpr std::ptrdiff_t kPacked = 2048;       // rows and columns at most, of which copies are made together
constexpr std::ptrdiff_t kRows = 72;           // of c in a task: their left panels fit the second cache
constexpr std::ptrdiff_t kColumns = 256;       // 14 M multiplications and additions in 384 steps: 0.3 ms
constexpr std::ptrdiff_t kMostRead = 131072;   // numbers of a matrix that meets a vector, in a task: 0.1 ms
constexpr double kSmall = 2.0 * 96 * 96 * 96;  // 40 us: one task

std::ptrdiff_t parts_of(std::ptrdiff_t whole, std::ptrdiff_t part) { return (whole + part - 1) / part; }

/// How much of `whole` is one of its parts, which are alike, no more than `most` and multiples of `unit`.
std::ptrdiff_t equal_part(std::ptrdiff_t whole, std::ptrdiff_t most, std::ptrdiff_t unit) {
  return parts_of(parts_of(whole, parts_of(whole, most)), unit) * unit;
}

/// One of the products that a large one consists of.
template <class T>
struct Step {
  View<const T, 2> a, b;
  T factor;
  bool add;
  T* c;
  std::ptrdiff_t c_row;
};

/// Copies of the factors of one step, and what is made of them.
template <class T>
class Panels {
 public:
  Panels(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t inner, bool parallel)
      : left_({rows * inner}), right_({columns * inner}), parallel_(parallel) {}

  void pack(const Step<T>& s, bool left_too) {
    const std::ptrdiff_t k = s.a.extent(1), rows = row_part(s), columns = 8 * kernels_.columns;
    const std::ptrdiff_t down = left_too ? parts_of(s.a.extent(0), rows) : 0;
    const std::ptrdiff_t across = parts_of(s.b.extent(1), columns);
    each(down + across, [&](std::ptrdiff_t t) {
      if (t < down) {
        const std::ptrdiff_t i = t * rows;
        kernels_.pack_left(s.a.data() + i * s.a.stride(0), s.a.stride(0), s.a.stride(1),
                           std::min(rows, s.a.extent(0) - i), k, s.factor, left_.data() + i * k);
      } else {
        const std::ptrdiff_t j = (t - down) * columns;
        kernels_.pack_right(s.b.data() + j * s.b.stride(1), s.b.stride(1), s.b.stride(0),
                            std::min(columns, s.b.extent(1) - j), k, right_.data() + j * k);
      }
    });
  }

  void multiply(const Step<T>& s) {
    const std::ptrdiff_t m = s.a.extent(0), k = s.a.extent(1), n = s.b.extent(1), rows = row_part(s);
    const std::ptrdiff_t across = parts_of(n, kColumns);
    each(parts_of(m, rows) * across, [&](std::ptrdiff_t t) {
      const std::ptrdiff_t i = t / across * rows, j = t % across * kColumns;
      kernels_.multiply(left_.data() + i * k, right_.data() + j * k, std::min(rows, m - i), std::min(kColumns, n - j),
                        k, s.add, s.c + i * s.c_row + j, s.c_row);
    });
  }

 private:
  std::ptrdiff_t row_part(const Step<T>& s) const { return equal_part(s.a.extent(0), kRows, kernels_.rows); }

  template <class F>
  void each(std::ptrdiff_t count, const F& task) {
    parallel_for(count, {1, parallel_}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t t = begin; t < end; ++t) task(t);
    });
  }

  const PanelProductKernels<T>& kernels_ = panel_product_kernels<T>();
  Tensor<T, 1> left_, right_;
  bool parallel_;
};

template <class T>
View<const T, 2> part_of(View<const T, 2> a, std::ptrdiff_t row, std::ptrdiff_t column, std::ptrdiff_t rows,
                         std::ptrdiff_t columns) {
  return {a.data() + row * a.stride(0) + column * a.stride(1),
          {std::min(rows, a.extent(0) - row), std::min(columns, a.extent(1) - column)},
          {a.stride(0), a.stride(1)}};
}

/// A product of which one factor is a vector: y = factor matrix x. It is read once, and nothing of it is copied.
///   returns  false where something lies in a way that no backend reads
template <class T>
bool multiply_one(View<const T, 2> matrix, Vector<const T> x, T factor, bool add, Vector<T> y, bool parallel) {
  constexpr std::ptrdiff_t kMost = 2147483647;
  const std::ptrdiff_t rows = matrix.extent(0), inner = matrix.extent(1);
  const bool by_columns = matrix.stride(0) == 1;
  const std::ptrdiff_t stride = matrix.stride(by_columns ? 1 : 0);
  const auto fits = [](std::ptrdiff_t distance, std::ptrdiff_t least) {
    return distance >= least && distance <= kMost;
  };
  if (!by_columns && matrix.stride(1) != 1) return false;
  if (!fits(stride, by_columns ? rows : inner) || !fits(x.step, 1) || !fits(y.step, 1)) return false;
  const std::ptrdiff_t step = std::min(inner, kMostRead);
  parallel_for(rows, {kMostRead / step, parallel}, [&](std::ptrdiff_t i, std::ptrdiff_t end) {
    for (std::ptrdiff_t l = 0; l < inner; l += step) {
      throw_if_stopped();
      const std::ptrdiff_t count = std::min(step, inner - l);
      const T* const from = matrix.data() + i * matrix.stride(0) + l * matrix.stride(1);
      multiply_vector<T>(!by_columns, by_columns ? end - i : count, by_columns ? count : end - i, factor, from, stride,
                         {x.data + l * x.step, x.step}, add || l > 0, {y.data + i * y.step, y.step});
    }
  });
  return true;
}

}  // namespace

template <class T>
void product(View<const T, 2> a, View<const T, 2> b, T factor, bool add, T* c, std::ptrdiff_t c_row, bool parallel) {
  const std::ptrdiff_t m = a.extent(0), k = a.extent(1), n = b.extent(1);
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (std::ptrdiff_t i = 0; i < m && !add; ++i) std::fill_n(c + i * c_row, n, T{0});
    return;
  }
  if (n == 1 && multiply_one<T>(a, {b.data(), b.stride(0)}, factor, add, {c, m == 1 ? 1 : c_row}, parallel)) return;
  if (m == 1 && multiply_one<T>(b.transposed(), {a.data(), a.stride(1)}, factor, add, {c}, parallel)) return;
  const auto& kernels = panel_product_kernels<T>();
  const std::ptrdiff_t rows = equal_part(m, kPacked, kernels.rows), columns = equal_part(n, kPacked, kernels.columns);
  const std::ptrdiff_t inner = equal_part(k, kernels.steps, 8);
  const bool large = 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) > kSmall;
  Panels<T> panels(rows, columns, inner, parallel && large);
  for (std::ptrdiff_t i = 0; i < m; i += rows) {
    for (std::ptrdiff_t l = 0; l < k; l += inner) {
      for (std::ptrdiff_t j = 0; j < n; j += columns) {
        const Step<T> step{part_of(a, i, l, rows, inner),
                           part_of(b, l, j, inner, columns),
                           factor,
                           add || l > 0,
                           c + i * c_row + j,
                           c_row};
        panels.pack(step, j == 0);
        panels.multiply(step);
      }
    }
  }
}

template void product<double>(View<const double, 2>, View<const double, 2>, double, bool, double*, std::ptrdiff_t,
                              bool);
template void product<float>(View<const float, 2>, View<const float, 2>, float, bool, float*, std::ptrdiff_t, bool);

}  // namespace lagoon::matrix::detail
