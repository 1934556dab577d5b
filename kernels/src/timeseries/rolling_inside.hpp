// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>

#include "rolling_simd.hpp"

namespace lagoon::timeseries::detail {

/// Windows that lie within the series, block by block: all windows of a block hold one number, its border. Three ways,
/// each for what the one before it cannot do: full windows, windows that miss numbers, plain loops.
class RollingInside {
 public:
  RollingInside(Statistic statistic, View<const double, 1> x, const RollingWindow& window);

  /// How many places are looked at together.
  std::ptrdiff_t block() const noexcept;
  /// Places [begin, end), which begin a block.
  ///   throws  resource_exhausted; cancelled or deadline_exceeded, polled
  void run(std::ptrdiff_t begin, std::ptrdiff_t end, double* out) const;

 private:
  struct Scratch;
  bool is_direct() const noexcept;
  const double* contiguous(std::ptrdiff_t begin, std::ptrdiff_t n, Tensor<double, 1>& gathered) const;
  bool run_full(const double* x, std::ptrdiff_t places, Scratch& scratch, double* out) const;
  bool run_gaps(const double* x, std::ptrdiff_t places, Scratch& scratch, double* out) const;
  bool run_block(const double* x, std::ptrdiff_t places, double centre, const double* counts, Scratch& scratch,
                 double* out) const;
  void count_numbers(const double* x, std::ptrdiff_t places, double* counts) const;

  Statistic statistic_;
  const RollingKernels& kernels_;
  View<const double, 1> x_;
  RollingWindow window_;
};

}  // namespace lagoon::timeseries::detail
