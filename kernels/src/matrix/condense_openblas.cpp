// SPDX-License-Identifier: Apache-2.0
// The first stage of eigenvalues and singular values, panel by panel (Dongarra, Sorensen & Hammarling 1989): LAPACK has
// the same steps in one call, which cannot be stopped, and in which nothing but its products can be shared out. Half of
// the work is products of a matrix and a vector; each number of those is made by one task, from tiles that depend on
// sizes alone.
#include <cblas.h>

#include <algorithm>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include "backend.hpp"
#include "condense.hpp"
#include "lapack_calls.hpp"
#include "openblas_turn.hpp"
#include "symmetric_simd.hpp"

namespace lagoon::matrix::detail {
namespace {

using Size = std::ptrdiff_t;
constexpr Size kPanel = 32;    // columns that are condensed before the rest is updated
constexpr Size kLines = 192;   // numbers of a product that one task makes
constexpr Size kBlock = 192;   // columns of a symmetric matrix that one task multiplies
constexpr Size kUpdated = 64;  // columns of one that a task updates, and half a square of them in vain

template <class T>
struct Vector {
  T* data;
  Size step = 1;
};

/// y = alpha op(a) x + beta y, a being m x n.
template <class T>
void multiply_vector(bool transposed, Size m, Size n, T alpha, const T* a, Size lda, Vector<const T> x, T beta,
                     Vector<T> y) {
  if (m == 0 || n == 0) {
    for (Size i = 0; i < (transposed ? n : m); ++i) y.data[i * y.step] *= beta;
    return;
  }
  const OpenBlasTurn turn;
  const auto call = [&](auto function) {
    function(CblasColMajor, transposed ? CblasTrans : CblasNoTrans, Int(m), Int(n), alpha, a, Int(lda), x.data,
             Int(x.step), beta, y.data, Int(y.step));
  };
  if constexpr (std::is_same_v<T, double>)
    call(cblas_dgemv);
  else
    call(cblas_sgemv);
}

/// y = op(a) x, its numbers shared out.
template <class T>
void multiply_vector_in_tiles(bool transposed, Size m, Size n, const T* a, Size lda, Vector<const T> x, Vector<T> y,
                              bool parallel) {
  parallel_for(transposed ? n : m, {kLines, parallel}, [&](Size begin, Size end) {
    const Vector<T> part{y.data + begin * y.step, y.step};
    if (transposed)
      multiply_vector<T>(true, m, end - begin, 1, a + begin * lda, lda, x, 0, part);
    else
      multiply_vector<T>(false, end - begin, n, 1, a + begin, lda, x, 0, part);
  });
}

/// y = a x for the lower triangle of a symmetric a. Each block of columns serves its rows and, transposed, its columns;
/// what blocks add to y is summed in their order.
template <class T>
void multiply_symmetric(Size n, const T* a, Size lda, const T* x, T* y, Columns<T>& room, bool parallel) {
  const Size blocks = (n + kBlock - 1) / kBlock;
  parallel_for(blocks, {1, parallel}, [&](Size begin, Size end) {
    for (Size block = begin; block < end; ++block) {
      const Size j = block * kBlock, width = std::min(kBlock, n - j), below = n - j - width;
      const T* const corner = a + j + j * lda;
      T* const part = room.at(0, block);  // of y, from j on; what goes to the columns a second time comes last
      T* const turned = part + n - j;
      const auto call = [&](auto symv, auto both) {
        {
          const OpenBlasTurn turn;
          symv(CblasColMajor, CblasLower, Int(width), 1, corner, Int(lda), x + j, 1, 0, part, 1);
        }
        if (below == 0) return std::fill_n(turned, width, T{0}), void();
        both(below, width, corner + width, lda, x + j, x + j + width, part + width, turned);
      };
      if constexpr (std::is_same_v<T, double>)
        call(cblas_dsymv, symmetric_kernels().both_f64);
      else
        call(cblas_ssymv, symmetric_kernels().both_f32);
    }
  });
  std::fill_n(y, n, T{0});
  for (Size block = 0; block < blocks; ++block) {
    const Size j = block * kBlock, width = std::min(kBlock, n - j);
    const T* const part = room.at(0, block);
    for (Size i = j; i < n; ++i) y[i] += part[i - j];
    for (Size i = 0; i < width; ++i) y[j + i] += part[n - j + i];
  }
}

template <class T>
void make_reflection(Size n, T* alpha, T* x, Size step, T* tau) {
  const OpenBlasTurn turn;
  const Int size(n), by(step);
  lapack::larfg(&size, alpha, x, &by, tau);
}

/// c -= v w' + w v' below the diagonal, for n x k matrices, as one product of [v w] and [w v].
template <class T>
void subtract_both(Size n, Size k, const T* v, Size ldv, const T* w, Size ldw, T* c, Size ldc, bool parallel) {
  Columns<T> vw(n, 2 * k), wv(n, 2 * k);
  for (Size j = 0; j < k; ++j) {
    std::copy_n(v + j * ldv, n, vw.at(0, j));
    std::copy_n(v + j * ldv, n, wv.at(0, k + j));
    std::copy_n(w + j * ldw, n, wv.at(0, j));
    std::copy_n(w + j * ldw, n, vw.at(0, k + j));
  }
  parallel_for(n, {kUpdated, parallel}, [&](Size begin, Size end) {
    gemm<T>(false, true, n - begin, end - begin, 2 * k, -1, vw.at(begin, 0), vw.stride(), wv.at(begin, 0), wv.stride(),
            1, c + begin + begin * ldc, ldc);
  });
}

}  // namespace

template <class T>
void tridiagonalize(Columns<T>& a, T* values, T* off_diagonal, T* tau, bool parallel) {
  const Size n = a.rows(), lda = a.stride(), blocks = (n + kBlock - 1) / kBlock;
  Columns<T> w(n, kPanel), room(n + kBlock, blocks);  // A's update by this panel is V W' + W V'
  const Size ldw = w.stride();
  Tensor<T, 1> sums({kPanel});
  for (Size k = 0; k < n; k += kPanel) {
    const Size end = std::min(n, k + kPanel);
    for (Size j = k; j < end; ++j) {
      throw_if_stopped();
      const Size done = j - k, below = n - j - 1;
      multiply_vector<T>(false, n - j, done, -1, a.at(j, k), lda, {w.at(j, 0), ldw}, 1, {a.at(j, j)});
      multiply_vector<T>(false, n - j, done, -1, w.at(j, 0), ldw, {a.at(j, k), lda}, 1, {a.at(j, j)});
      values[j] = *a.at(j, j);
      if (below == 0) break;
      T* const v = a.at(j + 1, j);
      make_reflection<T>(below, v, a.at(std::min(j + 2, n - 1), j), 1, tau + j);
      off_diagonal[j] = *v;
      *v = 1;
      T* const column = w.at(j + 1, done);
      multiply_symmetric<T>(below, a.at(j + 1, j + 1), lda, v, column, room, parallel);
      multiply_vector<T>(true, below, done, 1, w.at(j + 1, 0), ldw, {v}, 0, {sums.data()});
      multiply_vector<T>(false, below, done, -1, a.at(j + 1, k), lda, {sums.data()}, 1, {column});
      multiply_vector<T>(true, below, done, 1, a.at(j + 1, k), lda, {v}, 0, {sums.data()});
      multiply_vector<T>(false, below, done, -1, w.at(j + 1, 0), ldw, {sums.data()}, 1, {column});
      T inner = 0;
      for (Size i = 0; i < below; ++i) inner += column[i] * v[i];
      const T half = inner * tau[j] * tau[j] / 2;
      for (Size i = 0; i < below; ++i) column[i] = tau[j] * column[i] - half * v[i];
    }
    if (end < n)
      subtract_both<T>(n - end, end - k, a.at(end, k), lda, w.at(end, 0), ldw, a.at(end, end), lda, parallel);
    for (Size j = k; j < std::min(end, n - 1); ++j) *a.at(j + 1, j) = off_diagonal[j];
  }
}

template <class T>
void bidiagonalize(Columns<T>& a, T* values, T* off_diagonal, T* tau_left, T* tau_right, bool parallel) {
  const Size m = a.rows(), n = a.columns(), lda = a.stride();
  Columns<T> x(m, kPanel), y(n, kPanel);  // A's update by this panel is V Y' + X U'
  const Size ldx = x.stride(), ldy = y.stride();
  Tensor<T, 1> sums({kPanel});
  T* const s = sums.data();
  for (Size k = 0; k < n; k += kPanel) {
    const Size end = std::min(n, k + kPanel);
    for (Size j = k; j < end; ++j) {
      throw_if_stopped();
      const Size done = j - k, rows = m - j, right = n - j - 1, below = rows - 1;
      T* const v = a.at(j, j);
      multiply_vector<T>(false, rows, done, -1, a.at(j, k), lda, {y.at(j, 0), ldy}, 1, {v});
      multiply_vector<T>(false, rows, done, -1, x.at(j, 0), ldx, {a.at(k, j)}, 1, {v});
      make_reflection<T>(rows, v, a.at(std::min(j + 1, m - 1), j), 1, tau_left + j);
      values[j] = *v;
      tau_right[j] = 0;
      if (right == 0) break;
      *v = 1;
      const Vector<T> column{y.at(j + 1, done)};
      multiply_vector_in_tiles<T>(true, rows, right, a.at(j, j + 1), lda, {v}, column, parallel);
      multiply_vector<T>(true, rows, done, 1, a.at(j, k), lda, {v}, 0, {s});
      multiply_vector<T>(false, right, done, -1, y.at(j + 1, 0), ldy, {s}, 1, column);
      multiply_vector<T>(true, rows, done, 1, x.at(j, 0), ldx, {v}, 0, {s});
      multiply_vector<T>(true, done, right, -1, a.at(k, j + 1), lda, {s}, 1, column);
      for (Size i = 0; i < right; ++i) column.data[i] *= tau_left[j];
      // Row j of the rest, and the reflection that shortens it.
      const Vector<T> u{a.at(j, j + 1), lda};
      multiply_vector<T>(false, right, done + 1, -1, y.at(j + 1, 0), ldy, {a.at(j, k), lda}, 1, u);
      multiply_vector<T>(true, done, right, -1, a.at(k, j + 1), lda, {x.at(j, 0), ldx}, 1, u);
      make_reflection<T>(right, u.data, a.at(j, std::min(j + 2, n - 1)), lda, tau_right + j);
      off_diagonal[j] = *u.data;
      *u.data = 1;
      const Vector<T> row{x.at(j + 1, done)};
      const Vector<const T> ray{u.data, lda};
      multiply_vector_in_tiles<T>(false, below, right, a.at(j + 1, j + 1), lda, ray, row, parallel);
      multiply_vector<T>(true, right, done + 1, 1, y.at(j + 1, 0), ldy, ray, 0, {s});
      multiply_vector<T>(false, below, done + 1, -1, a.at(j + 1, k), lda, {s}, 1, row);
      multiply_vector<T>(false, done, right, 1, a.at(k, j + 1), lda, ray, 0, {s});
      multiply_vector<T>(false, below, done, -1, x.at(j + 1, 0), ldx, {s}, 1, row);
      for (Size i = 0; i < below; ++i) row.data[i] *= tau_right[j];
    }
    if (end < n) {
      parallel_for(n - end, {kBlock, parallel}, [&](Size begin, Size stop) {
        T* const c = a.at(end, end + begin);
        gemm<T>(false, true, m - end, stop - begin, end - k, -1, a.at(end, k), lda, y.at(end + begin, 0), ldy, 1, c,
                lda);
        gemm<T>(false, false, m - end, stop - begin, end - k, -1, x.at(end, 0), ldx, a.at(k, end + begin), lda, 1, c,
                lda);
      });
    }
    for (Size j = k; j < end; ++j) {
      *a.at(j, j) = values[j];
      if (j + 1 < n) *a.at(j, j + 1) = off_diagonal[j];
    }
  }
}

// NOLINTBEGIN(bugprone-macro-parentheses): T is a type
#define LAGOON_CONDENSE(T)                                        \
  template void tridiagonalize<T>(Columns<T>&, T*, T*, T*, bool); \
  template void bidiagonalize<T>(Columns<T>&, T*, T*, T*, T*, bool);
// NOLINTEND(bugprone-macro-parentheses)
LAGOON_CONDENSE(double)
LAGOON_CONDENSE(float)

}  // namespace lagoon::matrix::detail
