// SPDX-License-Identifier: Apache-2.0
// The first stage of eigenvalues and singular values, panel by panel (Dongarra, Sorensen & Hammarling 1989): LAPACK has
// the same steps in one call, which cannot be stopped, and in which nothing but its products can be shared out. Half of
// the work is products of a matrix and a vector; each number of those is made by one task, from tiles that depend on
// sizes alone.
#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>

#include "backend.hpp"
#include "condense.hpp"
#include "condense_simd.hpp"
#include "product.hpp"
#include "vector_openblas.hpp"

namespace lagoon::matrix::detail {
namespace {

using Size = std::ptrdiff_t;
constexpr Size kPanel = 16;    // columns that are condensed before the rest is updated: of 32, 8 % slower at 1000
constexpr Size kParts = 4;     // of the products of a symmetric matrix and a vector, as much work each
constexpr Size kAlone = 64;    // rows of which that is one task
constexpr Size kBlock = 96;    // columns of other products that one task makes
constexpr Size kUpdated = 64;  // columns of a symmetric matrix that a task updates, and half a square of them in vain

/// y = a x on rows from `first` on, for the lower triangle of a symmetric a. Each part of the columns serves its rows
/// and, transposed, its columns; what parts add to y is summed in their order.
template <class T>
void multiply_symmetric(Size first, const Columns<T>& a, const T* x, T* y, Columns<T>& room, bool parallel) {
  const Size n = a.rows(), left = n - first;
  Size bounds[kParts + 1];
  for (Size k = 0; k <= kParts; ++k) {  // triangles of equal parts: the rest of them shrinks with the square
    const double rest = std::sqrt(static_cast<double>(kParts - k) / static_cast<double>(kParts));
    bounds[k] = n - static_cast<Size>(static_cast<double>(left) * rest);
  }
  const auto product = condense_loops<T>().symmetric;
  if (left < kAlone) return product(first, n, n, a.data(), a.stride(), x, y);
  parallel_for(kParts, {1, parallel}, [&](Size begin, Size end) {
    for (Size k = begin; k < end; ++k) product(bounds[k], bounds[k + 1], n, a.data(), a.stride(), x, room.at(0, k));
  });
  std::copy(room.at(first, 0), room.at(n, 0), y + first);
  for (Size k = 1; k < kParts; ++k) {
    const T* const part = room.at(0, k);
    for (Size i = bounds[k]; i < n; ++i) y[i] += part[i];
  }
}

/// y = factor (a' v - less) and x = a u with u = row - y, for columns from `begin` on and rows from `first` on. What
/// blocks of columns add to x is summed in their order.
template <class T>
void there_and_back(Size first, Size begin, const Columns<T>& a, const T* v, T factor, const T* less, const T* row,
                    T* y, T* u, T* x, Columns<T>& room, bool parallel) {
  const Size n = a.columns(), m = a.rows(), blocks = (n - begin + kBlock - 1) / kBlock;
  parallel_for(blocks, {1, parallel}, [&](Size from, Size to) {
    for (Size block = from; block < to; ++block) {
      const Size j = begin + block * kBlock;
      condense_loops<T>().there_and_back(first, m, std::min(kBlock, n - j), a.at(0, j), a.stride(), v, factor, less + j,
                                         row + j, y + j, u + j, room.at(0, block));
    }
  });
  std::copy(room.at(first, 0), room.at(m, 0), x + first);
  for (Size block = 1; block < blocks; ++block) {
    const T* const part = room.at(0, block);
    for (Size i = first; i < m; ++i) x[i] += part[i];
  }
}

}  // namespace

template <class T>
void tridiagonalize(Columns<T>& a, T* values, T* off_diagonal, T* tau, bool parallel) {
  const Size n = a.rows(), lda = a.stride();
  // A's update by a panel is V W' + W V': columns of V and W lie beside each other, and the other way round.
  Columns<T> vw(n, 2 * kPanel), wv(n, 2 * kPanel), room(n, kParts);
  const Size ld = vw.stride();
  Tensor<T, 1> sums({2 * kPanel});
  T* const s = sums.data();
  for (Size k = 0; k < n; k += kPanel) {
    const Size end = std::min(n, k + kPanel);
    for (Size j = k; j < end; ++j) {
      throw_if_stopped();
      const Size done = 2 * (j - k), below = n - j - 1;
      multiply_vector<T>(false, n - j, done, -1, vw.at(j, 0), ld, {wv.at(j, 0), ld}, true, {a.at(j, j)});
      values[j] = *a.at(j, j);
      if (below == 0) break;
      T* const v = vw.at(0, done);
      T* const w = vw.at(0, done + 1);
      std::copy(a.at(j + 1, j), a.at(n, j), v + j + 1);
      make_reflection<T>(below, v + j + 1, v + std::min(j + 2, n - 1), tau + j);
      off_diagonal[j] = v[j + 1];
      v[j + 1] = 1;
      multiply_symmetric<T>(j + 1, a, v, w, room, parallel);
      multiply_vector<T>(true, below, done, 1, wv.at(j + 1, 0), ld, {v + j + 1}, false, {s});
      multiply_vector<T>(false, below, done, -1, vw.at(j + 1, 0), ld, {s}, true, {w + j + 1});
      const T half = inner_product(below, w + j + 1, v + j + 1) * tau[j] * tau[j] / 2;
      for (Size i = j + 1; i < n; ++i) w[i] = tau[j] * w[i] - half * v[i];
      std::copy(v + j + 1, v + n, a.at(j + 1, j));
      std::copy(v + j + 1, v + n, wv.at(j + 1, done + 1));
      std::copy(w + j + 1, w + n, wv.at(j + 1, done));
    }
    parallel_for(n - end, {kUpdated, parallel}, [&](Size begin, Size stop) {
      const Size j = end + begin;
      gemm<T>(false, true, n - j, stop - begin, 2 * (end - k), -1, vw.at(j, 0), ld, wv.at(j, 0), ld, true, a.at(j, j),
              lda);
    });
  }
}

template <class T>
void bidiagonalize(Columns<T>& a, T* values, T* off_diagonal, T* tau_left, T* tau_right, bool parallel) {
  const Size m = a.rows(), n = a.columns(), lda = a.stride();
  // A's update by a panel is V Y' + X U': columns of V and X lie beside each other, and those of Y and U.
  Columns<T> vx(m, 2 * kPanel), yu(n, 2 * kPanel), room(m, (n + kBlock - 1) / kBlock), more(n, 2);
  const Size ldl = vx.stride(), ldr = yu.stride();
  Tensor<T, 1> sums({2 * kPanel});
  T* const s = sums.data();
  T* const less = more.at(0, 0);
  T* const line = more.at(0, 1);
  for (Size k = 0; k < n; k += kPanel) {
    const Size end = std::min(n, k + kPanel);
    for (Size j = k; j < end; ++j) {
      throw_if_stopped();
      const Size done = 2 * (j - k), next = j + 1, rows = m - j, right = n - next, below = rows - 1;
      T* const v = vx.at(0, done);
      multiply_vector<T>(false, rows, done, -1, vx.at(j, 0), ldl, {yu.at(j, 0), ldr}, true, {a.at(j, j)});
      std::copy(a.at(j, j), a.at(m, j), v + j);
      make_reflection<T>(rows, v + j, v + std::min(next, m - 1), tau_left + j);
      values[j] = v[j];
      std::copy(v + j, v + m, a.at(j, j));
      v[j] = 1;
      tau_right[j] = 0;
      if (right == 0) break;
      // Row j of the rest is r - y, y being what the reflection makes of the rest: so both products with the rest are
      // made in one go (Howell, Demmel, Fulton, Hammarling & Marmol 2008).
      multiply_vector<T>(true, rows, done, 1, vx.at(j, 0), ldl, {v + j}, false, {s});
      multiply_vector<T>(false, right, done, 1, yu.at(next, 0), ldr, {s}, false, {less + next});
      for (Size i = next; i < n; ++i) line[i] = *a.at(j, i);
      multiply_vector<T>(false, right, done, -1, yu.at(next, 0), ldr, {vx.at(j, 0), ldl}, true, {line + next});
      T* const u = yu.at(0, done + 1);
      T* const x = vx.at(0, done + 1);
      there_and_back<T>(j, next, a, v, tau_left[j], less, line, yu.at(0, done), u, x, room, parallel);
      const T first = u[next];
      make_reflection<T>(right, u + next, u + std::min(j + 2, n - 1), tau_right + j);
      off_diagonal[j] = u[next];
      u[next] = 1;
      for (Size i = next; i < n; ++i) *a.at(j, i) = u[i];
      *a.at(j, next) = off_diagonal[j];
      const T scale = first - off_diagonal[j];  // of the row, whose first number was shifted by the same
      if (std::abs(scale) > std::sqrt(std::numeric_limits<T>::min())) {
        for (Size i = next; i < m; ++i) x[i] = (x[i] - off_diagonal[j] * *a.at(i, next)) / scale;
      } else {  // products with so small a row may have vanished
        multiply_vector<T>(false, below, right, 1, a.at(next, next), lda, {u + next}, false, {x + next});
      }
      multiply_vector<T>(true, right, done + 1, 1, yu.at(next, 0), ldr, {u + next}, false, {s});
      multiply_vector<T>(false, below, done + 1, -1, vx.at(next, 0), ldl, {s}, true, {x + next});
      for (Size i = next; i < m; ++i) x[i] *= tau_right[j];
    }
    parallel_for(n - end, {kBlock, parallel}, [&](Size begin, Size stop) {
      const Size j = end + begin;
      gemm<T>(false, true, m - end, stop - begin, 2 * (end - k), -1, vx.at(end, 0), ldl, yu.at(j, 0), ldr, true,
              a.at(end, j), lda);
    });
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
