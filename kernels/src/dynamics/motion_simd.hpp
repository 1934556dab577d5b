// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace lagoon::dynamics::detail {

/// Slots [begin, end), multiples of kCluster.
struct MotionView {
  double* x[3];
  double* v[3];
  double* f[3];
  const double* listed[3];
  const double* inverse_mass;
  double listed_scale;
  // In mixed precision: forces of pairs, which are all there are, and positions from the middle of the box.
  float* f32[3];
  float* x32[3];
  double middle[3];
};

struct MotionKernels {
  /// See move() in motion.hpp. Returns the farthest squared; `*lost` becomes true where that is not below limit2.
  double (*move)(const MotionView& m, std::ptrdiff_t begin, std::ptrdiff_t end, double kick, int kicks, double drift,
                 double limit2, bool* lost);
  /// The same where forces are f32 and f is zero: x is rounded to x32 too, and f32 becomes zero.
  double (*move_rounded)(const MotionView& m, std::ptrdiff_t begin, std::ptrdiff_t end, double kick, int kicks,
                         double drift, double limit2, bool* lost);
  void (*kick)(const MotionView& m, std::ptrdiff_t begin, std::ptrdiff_t end, double kick);
};
const MotionKernels& motion_kernels();

}  // namespace lagoon::dynamics::detail
