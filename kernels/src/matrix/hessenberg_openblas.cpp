// SPDX-License-Identifier: Apache-2.0
// The first stage of general eigenvalues, panel by panel (LAPACK's gehrd, lahr2): one column's products with the rest
// are made row by row, the rest is updated in tiles.
#include <algorithm>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include "backend.hpp"
#include "condense_simd.hpp"
#include "product.hpp"
#include "schur.hpp"
#include "vector_openblas.hpp"

namespace lagoon::matrix::detail {
namespace {

using Size = std::ptrdiff_t;
constexpr Size kPanel = 16;    // columns that are reduced before the rest is updated: of 32, 10 % slower at 500
constexpr Size kRows = 128;    // of a product with a vector, per task
constexpr Size kUpdated = 64;  // columns, per task

/// What a panel does: the rest is (I - V T V')' (A - Y V'), Y being A V T. Rows of V begin with those of A.
template <class T>
struct Panel {
  explicit Panel(Size n) : v(n, kPanel), y(n, kPanel), t(kPanel, kPanel), sums({kPanel}) {}

  Columns<T> v, y, t;
  Tensor<T, 1> sums;
};

/// x = op(T) x of the panel's first `done` reflections.
template <class T>
void times_triangle(const Columns<T>& t, bool transposed, Size done, T* x) {
  const auto at = [&](Size i, Size j) { return *t.at(i, j); };
  if (transposed) {
    for (Size i = done; i-- > 0;) {
      T sum = 0;
      for (Size j = 0; j <= i; ++j) sum += at(j, i) * x[j];
      x[i] = sum;
    }
  } else {
    for (Size i = 0; i < done; ++i) {
      T sum = 0;
      for (Size j = i; j < done; ++j) sum += at(i, j) * x[j];
      x[i] = sum;
    }
  }
}

/// Reduces column j = k + i.
template <class T>
void reduce_column(Columns<T>& a, Panel<T>& p, Size k, Size i, T* tau, bool parallel) {
  const Size n = a.rows(), j = k + i, rows = n - k - 1, below = n - j - 1;
  const Size ld = p.v.stride();
  T* const column = a.at(k + 1, j);
  T* const s = p.sums.data();
  multiply_vector<T>(false, rows, i, -1, p.y.at(k + 1, 0), ld, {p.v.at(j, 0), ld}, true, {column});
  multiply_vector<T>(true, rows, i, 1, p.v.at(k + 1, 0), ld, {column}, false, {s});
  times_triangle(p.t, true, i, s);
  multiply_vector<T>(false, rows, i, -1, p.v.at(k + 1, 0), ld, {s}, true, {column});

  T* const v = p.v.at(0, i);
  make_reflection<T>(below, a.at(j + 1, j), a.at(std::min(j + 2, n - 1), j), tau);
  std::fill(v + k + 1, v + j + 1, T{0});
  std::copy(a.at(j + 1, j), a.at(n, j), v + j + 1);
  v[j + 1] = 1;

  T* const y = p.y.at(0, i);
  const auto product = condense_loops<T>().product;
  const Size line = (k + 1) / kRows * kRows;  // tasks share no line of y
  parallel_for(n - line, {kRows, parallel}, [&](Size begin, Size end) {
    product(std::max(k + 1, line + begin), line + end, below, a.at(0, j + 1), a.stride(), v + j + 1, y);
  });
  multiply_vector<T>(true, below, i, 1, p.v.at(j + 1, 0), ld, {v + j + 1}, false, {s});
  multiply_vector<T>(false, rows, i, -1, p.y.at(k + 1, 0), ld, {s}, true, {y + k + 1});
  for (Size r = k + 1; r < n; ++r) y[r] *= *tau;
  times_triangle(p.t, false, i, s);
  for (Size r = 0; r < i; ++r) *p.t.at(r, i) = -*tau * s[r];
  *p.t.at(i, i) = *tau;
  std::fill(p.t.at(i + 1, i), p.t.at(0, i) + kPanel, T{0});
}

/// The rows above the panel, of which only products with all of V are wanted, and then all columns on its right.
template <class T>
void update_rest(Columns<T>& a, Panel<T>& p, Size k, Size width, bool parallel) {
  const Size n = a.rows(), above = k + 1, rows = n - above, next = k + width, ld = p.v.stride();
  parallel_for(above, {kRows, parallel}, [&](Size begin, Size end) {
    Columns<T> product(end - begin, width);
    gemm<T>(false, false, end - begin, width, rows, 1, a.at(begin, above), a.stride(), p.v.at(above, 0), ld, false,
            product.data(), product.stride());
    gemm<T>(false, false, end - begin, width, width, 1, product.data(), product.stride(), p.t.data(), p.t.stride(),
            false, p.y.at(begin, 0), ld);
    gemm<T>(false, true, end - begin, next - above, width, -1, p.y.at(begin, 0), ld, p.v.at(above, 0), ld, true,
            a.at(begin, above), a.stride());
  });
  parallel_for(n - next, {kUpdated, parallel}, [&](Size begin, Size end) {
    const Size count = end - begin;
    T* const c = a.at(0, next + begin);
    gemm<T>(false, true, n, count, width, -1, p.y.data(), ld, p.v.at(next + begin, 0), ld, true, c, a.stride());
    Columns<T> product(width, count), joined(width, count);
    gemm<T>(true, false, width, count, rows, 1, p.v.at(above, 0), ld, c + above, a.stride(), false, product.data(),
            product.stride());
    gemm<T>(true, false, width, count, width, 1, p.t.data(), p.t.stride(), product.data(), product.stride(), false,
            joined.data(), joined.stride());
    gemm<T>(false, false, rows, count, width, -1, p.v.at(above, 0), ld, joined.data(), joined.stride(), true, c + above,
            a.stride());
  });
}

}  // namespace

template <class T>
void reduce_to_hessenberg(Columns<T>& a, T* tau, bool parallel) {
  const Size n = a.rows();
  Panel<T> p(n);
  for (Size k = 0; k + 1 < n; k += kPanel) {
    const Size width = std::min(kPanel, n - 1 - k);
    for (Size i = 0; i < width; ++i) {
      throw_if_stopped();
      reduce_column(a, p, k, i, tau + k + i, parallel);
    }
    update_rest(a, p, k, width, parallel);
  }
}

template void reduce_to_hessenberg<double>(Columns<double>&, double*, bool);
template void reduce_to_hessenberg<float>(Columns<float>&, float*, bool);

}  // namespace lagoon::matrix::detail
