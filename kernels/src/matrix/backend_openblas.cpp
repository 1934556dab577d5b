// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include "lapack_calls.hpp"
#include "openblas_turn.hpp"

#include <cblas.h>

#include <mutex>
#include <string>

namespace lagoon::matrix::detail {
namespace {

bool side_by_side() {
  static const bool safe = [] {
    openblas_set_num_threads(1);
    return openblas_get_parallel() != OPENBLAS_SEQUENTIAL;
  }();
  return safe;
}

std::mutex& turn() {
  static std::mutex mutex;
  return mutex;
}

CBLAS_TRANSPOSE flag(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

}  // namespace

OpenBlasTurn::OpenBlasTurn() {
  if (!side_by_side()) turn().lock();
}
OpenBlasTurn::~OpenBlasTurn() {
  if (!side_by_side()) turn().unlock();
}

std::string backend_name() { return openblas_get_config(); }

template <class T>
void multiply_vector(bool transpose, std::ptrdiff_t m, std::ptrdiff_t n, T factor, const T* a, std::ptrdiff_t lda,
                     Vector<const T> x, bool add, Vector<T> y) {
  if (m == 0 || n == 0) {  // where OpenBLAS does nothing
    for (std::ptrdiff_t i = 0; i < (transpose ? n : m) && !add; ++i) y.data[i * y.step] = 0;
    return;
  }
  const OpenBlasTurn turn;
  const auto call = [&](auto function) {
    function(CblasColMajor, flag(transpose), Int(m), Int(n), factor, a, Int(lda), x.data, Int(x.step),
             add ? T{1} : T{0}, y.data, Int(y.step));
  };
  if constexpr (std::is_same_v<T, double>)
    call(cblas_dgemv);
  else
    call(cblas_sgemv);
}

template <class T>
void solve_triangle(bool left, Triangle triangle, std::ptrdiff_t m, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda,
                    T* b, std::ptrdiff_t ldb) {
  const OpenBlasTurn turn;
  const auto call = [&](auto function) {
    function(CblasColMajor, left ? CblasLeft : CblasRight, triangle.lower ? CblasLower : CblasUpper,
             flag(triangle.transposed), triangle.unit_diagonal ? CblasUnit : CblasNonUnit, Int(m), Int(n), T{1}, a,
             Int(lda), b, Int(ldb));
  };
  const auto call_vector = [&](auto function) {  // twice as fast as a matrix of one column
    function(CblasColMajor, triangle.lower ? CblasLower : CblasUpper, flag(triangle.transposed),
             triangle.unit_diagonal ? CblasUnit : CblasNonUnit, Int(m), a, Int(lda), b, 1);
  };
  const bool vector = left && n == 1;
  if constexpr (std::is_same_v<T, double>)
    vector ? call_vector(cblas_dtrsv) : call(cblas_dtrsm);
  else
    vector ? call_vector(cblas_strsv) : call(cblas_strsm);
}

template <class T>
void lu_panel(std::ptrdiff_t m, std::ptrdiff_t n, T* a, std::ptrdiff_t lda, int* pivots) {
  const OpenBlasTurn turn;
  const Int rows(m), columns(n), stride(lda);
  Int info = 0;
  lapack::getrf(&rows, &columns, a, &stride, pivots, &info);
  for (std::ptrdiff_t i = 0; i < n; ++i) --pivots[i];
}

template <class T>
int cholesky_block(std::ptrdiff_t n, T* a, std::ptrdiff_t lda) {
  const OpenBlasTurn turn;
  const Int order(n), stride(lda);
  Int info = 0;
  lapack::potrf("L", &order, a, &stride, &info);
  return info;
}

template <class T>
void qr_panel(std::ptrdiff_t m, std::ptrdiff_t n, T* a, std::ptrdiff_t lda, T* tau) {
  const Int rows(m), columns(n), stride(lda);
  Tensor<T, 1> work({32 * n + 1});
  const OpenBlasTurn turn;
  const Int size(work.size());
  Int info = 0;
  lapack::geqrf(&rows, &columns, a, &stride, tau, work.data(), &size, &info);
}

LAGOON_BACKEND(double)
LAGOON_BACKEND(float)

}  // namespace lagoon::matrix::detail
