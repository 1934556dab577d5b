// SPDX-License-Identifier: Apache-2.0
// Eigenvalues and singular values without OpenBLAS. Eigen takes its scratch from the process heap and stops for nobody.
#include <Eigen/Eigenvalues>
#include <Eigen/SVD>

#include "backend.hpp"

namespace lagoon::matrix::detail {
namespace {

using Eigen::Dynamic;
template <class T>
using Matrix = Eigen::Matrix<T, Dynamic, Dynamic>;
template <class T>
using Column = Eigen::Matrix<T, Dynamic, 1>;

template <class T>
auto map(Columns<T>& a) {
  return Eigen::Map<Matrix<T>, 0, Eigen::OuterStride<>>(a.data(), a.rows(), a.columns(),
                                                        Eigen::OuterStride<>(a.stride()));
}

}  // namespace

template <class T>
bool symmetric_eigen(Columns<T>& a, T* values, View<T, 2> vectors, bool parallel) {
  const Eigen::SelfAdjointEigenSolver<Matrix<T>> solver(
      map(a), vectors.size() > 0 ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) return false;
  Eigen::Map<Column<T>>(values, a.rows()) = solver.eigenvalues();
  if (vectors.size() > 0)
    copy<T>({solver.eigenvectors().data(), {a.rows(), a.rows()}, {1, a.rows()}}, vectors, parallel);
  return true;
}

template <class T>
bool general_eigen(Columns<T>& a, T* real, T* imaginary, Columns<T>* vectors, bool) {
  const Eigen::EigenSolver<Matrix<T>> solver(map(a), vectors != nullptr);
  if (solver.info() != Eigen::Success) return false;
  const std::ptrdiff_t n = a.rows();
  Eigen::Map<Column<T>>(real, n) = solver.eigenvalues().real();
  Eigen::Map<Column<T>>(imaginary, n) = solver.eigenvalues().imag();
  if (!vectors) return true;
  const auto v = solver.eigenvectors();
  for (std::ptrdiff_t j = 0; j < n; ++j) {
    map(*vectors).col(j) = v.col(j).real();
    if (imaginary[j] == 0) continue;
    // Turned so that the largest element is real, as LAPACK has it.
    std::ptrdiff_t largest = 0;
    v.col(j).cwiseAbs().maxCoeff(&largest);
    const auto turned = (v.col(j) * (std::conj(v(largest, j)) / std::abs(v(largest, j)))).eval();
    map(*vectors).col(j) = turned.real();
    map(*vectors).col(j + 1) = turned.imag();
    *vectors->at(largest, j + 1) = 0;
    ++j;
  }
  return true;
}

template <class T>
bool svd(Columns<T>& a, T* values, Columns<T>* u, Columns<T>* v, bool) {
  // In double: in float, vectors of a graded matrix come out as zeros where squares of its numbers underflow.
  const Matrix<double> wide = map(a).template cast<double>();
  const Eigen::BDCSVD<Matrix<double>> solver(wide, u ? Eigen::ComputeThinU | Eigen::ComputeThinV : 0);
  if (solver.info() != Eigen::Success) return false;
  Eigen::Map<Column<T>>(values, a.columns()) = solver.singularValues().template cast<T>();
  if (u) {
    map(*u) = solver.matrixU().template cast<T>();
    map(*v) = solver.matrixV().template cast<T>();
  }
  return true;
}

LAGOON_DECOMPOSE(double)
LAGOON_DECOMPOSE(float)

}  // namespace lagoon::matrix::detail
