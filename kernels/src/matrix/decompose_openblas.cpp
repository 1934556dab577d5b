// SPDX-License-Identifier: Apache-2.0
// Eigenvalues and singular values out of LAPACK's stages, with the call's stop looked at in between and the vectors
// turned back tile by tile on all cores.
#include <algorithm>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include "backend.hpp"
#include "condense.hpp"
#include "conquer.hpp"
#include "lapack_calls.hpp"
#include "openblas_turn.hpp"
#include "reflections.hpp"
#include "schur.hpp"

namespace lagoon::matrix::detail {
namespace {

constexpr std::ptrdiff_t kTile = 32;

/// to(i, j) = from(i, order[j]), where lines along rows go out and columns come in.
template <class T>
void copy_in_order(const Columns<T>& from, const int* order, View<T, 2> to, bool parallel) {
  const std::ptrdiff_t n = to.extent(1);
  parallel_for(to.extent(0), {kTile, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t j0 = 0; j0 < n; j0 += kTile)
      for (std::ptrdiff_t i = begin; i < end; ++i)
        for (std::ptrdiff_t j = j0; j < std::min(n, j0 + kTile); ++j) to(i, j) = *from.at(i, order[j]);
  });
}

}  // namespace

template <class T>
bool symmetric_eigen(Columns<T>& a, T* values, View<T, 2> vectors, bool parallel) {
  const Int n(a.rows()), stride = a.stride();
  Tensor<T, 1> off_diagonal({n}), tau({n});
  Int info = 0;
  tridiagonalize<T>(a, values, off_diagonal.data(), tau.data(), parallel);
  if (vectors.size() == 0) {
    const OpenBlasTurn turn;
    lapack::sterf(&n, values, off_diagonal.data(), &info);
    return info == 0;
  }
  Columns<T> found(n, n);
  Tensor<int, 1> order({n});
  if (!conquer_tridiagonal<T>(values, off_diagonal.data(), found, order.data(), parallel)) return false;
  apply<T>({a.at(1, 0), stride, n - 1, n - 1, tau.data()}, found.view().slice(0, 1, n), parallel);
  copy_in_order<T>(found, order.data(), vectors, parallel);
  return true;
}

template <class T>
bool general_eigen(Columns<T>& a, T* real, T* imaginary, Columns<T>* vectors, bool parallel) {
  const std::ptrdiff_t order = a.rows();
  const Int n(order), stride = a.stride();
  Tensor<T, 1> scale({order}), tau({order});
  Balance<T> balance{.scale = scale.data()};
  Int info = 0;
  {
    const OpenBlasTurn turn;
    lapack::gebal("B", &n, a.data(), &stride, &balance.low, &balance.high, scale.data(), &info);
  }
  reduce_to_hessenberg<T>(a, tau.data(), parallel);
  Columns<T> q(vectors ? order : 1, vectors ? order : 1);
  if (vectors) {
    fill_identity<T>(q.view(), parallel);
    apply<T>({a.at(1, 0), stride, n - 1, n - 1, tau.data()}, q.view().slice(0, 1, n).slice(1, 1, n), parallel, true);
  }
  throw_if_stopped();
  if (!schur_form<T>(a, real, imaginary, vectors ? &q : nullptr, balance)) return false;
  throw_if_stopped();
  if (vectors) schur_vectors<T>(a, q, balance, *vectors, parallel);
  return true;
}

template <class T>
bool svd(Columns<T>& a, T* values, Columns<T>* u, Columns<T>* v, bool parallel) {
  const std::ptrdiff_t columns = a.columns();
  const Int m(a.rows()), n(columns);
  Tensor<T, 1> off_diagonal({columns}), tau_left({columns}), tau_right({columns});
  Int info = 0;
  bidiagonalize<T>(a, values, off_diagonal.data(), tau_left.data(), tau_right.data(), parallel);
  if (!u) {
    Tensor<T, 1> work({4 * columns + 1});
    Tensor<int, 1> integers({8 * columns});
    const Int one = 1;
    T* const none = nullptr;
    int* const compact = nullptr;  // as which the vectors, not asked for, would come
    const OpenBlasTurn turn;
    lapack::bdsdc("U", "N", &n, values, off_diagonal.data(), none, &one, none, &one, none, compact, work.data(),
                  integers.data(), &info);
    return info == 0;
  }
  fill<T>(u->view(), 0);
  if (!conquer_bidiagonal<T>(values, off_diagonal.data(), u->view().slice(0, 0, columns), v->view(), parallel))
    return false;
  apply<T>({a.data(), a.stride(), m, n, tau_left.data()}, u->view(), parallel);
  // A = Q B P' and B = U S V': the right vectors are the columns of P V. P's reflections lie in rows.
  Columns<T> turned(columns, columns);
  copy<T>(a.view().slice(0, 0, columns).transposed(), turned.view(), parallel);
  apply<T>({turned.at(1, 0), turned.stride(), n - 1, n - 1, tau_right.data()}, v->view().slice(0, 1, n), parallel);
  return true;
}

LAGOON_DECOMPOSE(double)
LAGOON_DECOMPOSE(float)

}  // namespace lagoon::matrix::detail
