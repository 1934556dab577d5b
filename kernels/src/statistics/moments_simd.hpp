// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::statistics::detail {

/// Sums of powers of x - centre.
struct CentredPowers {
  double first = 0, second = 0, third = 0, fourth = 0;
};

struct SumAndExtrema {
  double sum = 0, minimum = 0, maximum = 0;
};

/// What moments does to one block of contiguous elements, in the instructions of this processor.
/// Every function adds in float64, in an order that depends on n and the instruction set alone.
template <class T>
struct MomentKernels {
  double (*sum)(const T* x, std::ptrdiff_t n);
  double (*sum_ahead)(const T* x, std::ptrdiff_t n);  ///< also asks memory for half of the n elements behind
  SumAndExtrema (*sum_and_extrema)(const T* x, std::ptrdiff_t n);  ///< n >= 1; extrema undefined when a NaN is there
  SumAndExtrema (*sum_and_extrema_ahead)(const T* x, std::ptrdiff_t n);
  /// The first and second power only; both functions ask for the other half of the n elements behind.
  CentredPowers (*second)(const T* x, std::ptrdiff_t n, double centre);  ///< first and second power only
  CentredPowers (*fourth)(const T* x, std::ptrdiff_t n, double centre);
};

/// The kernels for float or double; chosen once, see simd::isa_name.
template <class T>
const MomentKernels<T>& moment_kernels();

}  // namespace lagoon::statistics::detail
