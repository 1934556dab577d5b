// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "rivals/candidate.hpp"

// Dense matrices by others: OpenBLAS and its LAPACK called directly, Eigen compiled for this machine.
namespace lagoon::bench::rivals {

/// The task on row-major n x n matrices: "dgemm", "sgemm", "inverse", "symeig", "geneig", "svd".
struct DenseTask {
  std::string name;
  std::ptrdiff_t n = 0;
  const double* a = nullptr;
  const double* b = nullptr;
};

/// Of a vector some numbers, evenly spread: enough to see that two results are one.
template <class T>
std::vector<double> some_of(const T* x, std::ptrdiff_t n) {
  std::vector<double> some;
  for (std::ptrdiff_t i = 0; i < n; i += std::max<std::ptrdiff_t>(1, n / 64)) some.push_back(static_cast<double>(x[i]));
  return some;
}

// openblas.cpp: column-major, in place, as its users write it
Candidate openblas(const DenseTask& task, unsigned threads);
/// One call of cblas_dgemm after the other.
Candidate openblas_loop(std::ptrdiff_t count, std::ptrdiff_t n, const double* a, const double* b);

// eigen_dense.cpp: one thread; its products with two are slower
Candidate eigen(const DenseTask& task);

// fma_loop.cpp: the most multiplications with an addition that registers alone can do; seconds for `flops` of them
Candidate fma_loop(bool single, unsigned threads, double flops);

}  // namespace lagoon::bench::rivals
