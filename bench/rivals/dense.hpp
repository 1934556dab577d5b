// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

// Dense matrices by others: OpenBLAS and its LAPACK called directly, Eigen compiled for this machine.
namespace lagoon::bench::rivals {

/// A library's own threads look for work for about 20 ms.
inline constexpr std::chrono::milliseconds kUntilAsleep{60};

/// One way to do a task.
struct Candidate {
  std::string name;
  std::function<double()> seconds;              ///< does it once; how long that took
  std::function<std::vector<double>()> result;  ///< of the last time, or part of it: what others must agree with
  std::function<void()> rest = [] {};           ///< until its threads have gone to sleep; after each repetition
};

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
