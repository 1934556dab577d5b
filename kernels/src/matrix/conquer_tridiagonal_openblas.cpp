// SPDX-License-Identifier: Apache-2.0
// Divide and conquer (Cuppen 1981; Gu & Eisenstat 1995): the matrix is cut in two, each half is solved, and the
// spectrum of both with the cut mended is found root by root. LAPACK's stedc does the same in one call and on one core;
// what it is made of, deflation and roots, is used here.
#include "conquer.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include "backend.hpp"
#include "product.hpp"
#include "vector_openblas.hpp"

namespace lagoon::matrix::detail {
namespace {

using Size = std::ptrdiff_t;
constexpr Size kLeaf = 32;      // solved by the QR iteration
constexpr Size kRoots = 16;     // per task
constexpr Size kColumns = 192;  // of a product, per task

template <class T>
struct Problem {
  T* values;
  T* off_diagonal;
  int* order;  // rising within each half, from 1, as LAPACK counts
  Columns<T>& vectors;
  bool parallel;
  std::atomic<bool> failed{false};
};

/// A spectrum of which some is known: what deflation left over is the first `count` of all.
template <class T>
struct Update {
  Update(Size from, Size all, Size upper, T cut)
      : first(from),
        size(all),
        half(upper),
        rho(cut),
        poles({all}),
        weights({all}),
        halves({all * all}),  // vectors that are known pass through it, at their whole length
        rows({all}),
        type({all}) {}

  Size first, size, half;
  Int count = 0;
  T rho;
  Tensor<T, 1> poles, weights;
  Tensor<T, 1> halves;        // vectors of the two halves as deflation packs them
  Tensor<int, 1> rows, type;  // of the secular vectors, by the kind of the columns they go with
};

/// Finds what the cut does not change, and packs the vectors of the rest.
template <class T>
Update<T> deflate(Problem<T>& p, Size first, Size size, Size half) {
  Update<T> u(first, size, half, p.off_diagonal[first + half - 1]);
  Tensor<T, 1> z({size});
  for (Size j = 0; j < half; ++j) z[j] = *p.vectors.at(first + half - 1, first + j);
  for (Size j = half; j < size; ++j) z[j] = *p.vectors.at(first + half, first + j);
  Tensor<int, 1> sorted({size + 1}), placed({size});  // of the first, one more is read and not used
  const Int n(size), n1(half), stride = p.vectors.stride();
  Int info = 0;
  const OpenBlasTurn turn;
  lapack::laed2(&u.count, &n, &n1, p.values + first, p.vectors.at(first, first), &stride, p.order + first, &u.rho,
                z.data(), u.poles.data(), u.weights.data(), u.halves.data(), sorted.data(), u.rows.data(),
                placed.data(), u.type.data(), &info);
  return u;
}

/// The roots, and in column j of the vectors the distances of the poles from root j.
template <class T>
void find_roots(Problem<T>& p, const Update<T>& u) {
  parallel_for(u.count, {kRoots, p.parallel}, [&](Size begin, Size end) {
    for (Size j = begin; j < end; ++j) {
      const Int k = u.count, which(j + 1);
      Int info = 0;
      T rho = u.rho;
      lapack::laed4(&k, &which, u.poles.data(), u.weights.data(), p.vectors.at(u.first, u.first + j), &rho,
                    p.values + u.first + j, &info);
      if (info != 0) p.failed.store(true, std::memory_order_relaxed);
    }
  });
}

/// The weights for which those roots are exact, so that vectors come out orthogonal (Gu & Eisenstat).
template <class T>
Tensor<T, 1> exact_weights(const Problem<T>& p, const Update<T>& u) {
  const Size k = u.count;
  Tensor<T, 1> w({k});
  parallel_for(k, {kColumns, p.parallel}, [&](Size begin, Size end) {
    for (Size i = begin; i < end; ++i) w[i] = *p.vectors.at(u.first + i, u.first + i);
    for (Size j = 0; j < k; ++j) {
      const T* const distance = p.vectors.at(u.first, u.first + j);
      for (Size i = begin; i < end; ++i)
        if (i != j) w[i] *= distance[i] / (u.poles[i] - u.poles[j]);
    }
    for (Size i = begin; i < end; ++i) w[i] = std::copysign(std::sqrt(-w[i]), u.weights[i]);
  });
  return w;
}

/// Vectors of the mended problem in terms of those of its halves, in the order of their kinds.
template <class T>
Columns<T> secular_vectors(const Problem<T>& p, const Update<T>& u) {
  const Size k = u.count;
  Columns<T> vectors(k, k);
  const Tensor<T, 1> w = k > 2 ? exact_weights(p, u) : Tensor<T, 1>();
  Tensor<int, 1> place({k});  // deflation sorted them by kinds
  for (Size i = 0; i < k; ++i) place[k > 1 ? u.rows[i] - 1 : i] = static_cast<int>(i);
  parallel_for(k, {kRoots, p.parallel}, [&](Size begin, Size end) {
    Tensor<T, 1> s({k});
    for (Size j = begin; j < end; ++j) {
      const T* const distance = p.vectors.at(u.first, u.first + j);
      T factor = 1;
      if (k > 2) {
        for (Size i = 0; i < k; ++i) s[i] = w[i] / distance[i];
        factor = 1 / std::sqrt(inner_product(k, s.data(), s.data()));
      } else {
        std::copy_n(distance, k, s.data());  // one or two roots come with their vectors
      }
      T* const vector = vectors.at(0, j);
      for (Size i = 0; i < k; ++i) vector[place[i]] = s[i] * factor;
    }
  });
  return vectors;
}

/// The vectors of the whole: those of each half times the rows that go with them.
template <class T>
void multiply_back(Problem<T>& p, const Update<T>& u, const Columns<T>& s) {
  const Size rest = u.size - u.half, upper = u.type[0] + u.type[1], lower = u.type[1] + u.type[2];
  const T* const of_lower = u.halves.data() + u.half * upper;
  parallel_for(u.count, {kColumns, p.parallel}, [&](Size begin, Size end) {
    const Size count = end - begin;
    const auto part = [&](Size row, Size rows, Size inner, const T* vectors, const T* factors) {
      T* const to = p.vectors.at(u.first + row, u.first + begin);
      if (inner > 0) {
        gemm<T>(false, false, rows, count, inner, 1, vectors, rows, factors, s.stride(), false, to, p.vectors.stride());
      } else {
        for (Size j = 0; j < count; ++j) std::fill_n(to + j * p.vectors.stride(), rows, T{0});
      }
    };
    part(0, u.half, upper, u.halves.data(), s.at(0, begin));
    part(u.half, rest, lower, of_lower, s.at(u.type[0], begin));
  });
}

template <class T>
void merge(Problem<T>& p, Size first, Size size, Size half) {
  throw_if_stopped();
  const Update<T> u = deflate(p, first, size, half);
  int* const order = p.order + first;
  if (u.count == 0) {
    for (Size i = 0; i < size; ++i) order[i] = static_cast<int>(i + 1);
    return;
  }
  find_roots(p, u);
  if (p.failed.load(std::memory_order_relaxed)) return;
  multiply_back(p, u, secular_vectors(p, u));
  const Int found = u.count, kept(size - u.count), up = 1, down = -1;
  lapack::lamrg(&found, &kept, p.values + first, &up, &down, order);
}

template <class T>
void solve_leaf(Problem<T>& p, Size first, Size size) {
  const Int n(size), stride = p.vectors.stride();
  T work[2 * kLeaf];
  Int info = 0;
  const OpenBlasTurn turn;
  lapack::steqr("I", &n, p.values + first, p.off_diagonal + first, p.vectors.at(first, first), &stride, work, &info);
  if (info != 0) p.failed.store(true, std::memory_order_relaxed);
  for (Size i = 0; i < size; ++i) p.order[first + i] = static_cast<int>(i + 1);
}

template <class T>
void conquer(Problem<T>& p, Size first, Size size) {
  if (size <= kLeaf) return solve_leaf(p, first, size);
  const Size half = size / 2;
  T& cut = p.off_diagonal[first + half - 1];
  p.values[first + half - 1] -= std::abs(cut);
  p.values[first + half] -= std::abs(cut);
  parallel_for(2, {1, p.parallel}, [&](Size begin, Size end) {
    for (Size k = begin; k < end; ++k) k == 0 ? conquer(p, first, half) : conquer(p, first + half, size - half);
  });
  if (!p.failed.load(std::memory_order_relaxed)) merge(p, first, size, half);
}

}  // namespace

template <class T>
bool conquer_tridiagonal(T* values, T* off_diagonal, Columns<T>& vectors, int* order, bool parallel) {
  const Size n = vectors.rows();
  T largest = 0;
  for (Size i = 0; i < n; ++i) largest = std::max(largest, std::abs(values[i]));
  for (Size i = 0; i + 1 < n; ++i) largest = std::max(largest, std::abs(off_diagonal[i]));
  // Deflation counts on numbers about 1; a power of two makes no rounding.
  const T scale = largest > 0 ? power_to_one(largest) : T{1};
  for (Size i = 0; i < n; ++i) values[i] *= scale;
  for (Size i = 0; i + 1 < n; ++i) off_diagonal[i] *= scale;
  parallel_for(n, {kColumns, parallel}, [&](Size begin, Size end) {
    std::fill_n(vectors.at(0, begin), (end - begin) * vectors.stride(), T{0});
  });
  Problem<T> p{values, off_diagonal, order, vectors, parallel};
  conquer(p, 0, n);
  if (p.failed) return false;
  // Merges leave them in order but for roundings between neighbours.
  for (Size j = 0; j < n; ++j) --order[j];
  std::sort(order, order + n, [&](int i, int j) { return values[i] < values[j] || (values[i] == values[j] && i < j); });
  Tensor<T, 1> unsorted({n});
  std::copy_n(values, n, unsorted.data());
  for (Size j = 0; j < n; ++j) values[j] = unsorted[order[j]] / scale;
  return true;
}

template bool conquer_tridiagonal<double>(double*, double*, Columns<double>&, int*, bool);
template bool conquer_tridiagonal<float>(float*, float*, Columns<float>&, int*, bool);

}  // namespace lagoon::matrix::detail
