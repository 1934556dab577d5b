// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lagoon {

/// Bits of mantissa that a kernel works with where the caller may choose.
enum class Precision {
  float32,
  float64,
  extended,  ///< more than float64, by the means that each kernel states
};

/// How a kernel computes; the result's definition does not depend on it, its last bits may depend on `precision`.
struct ComputeOptions {
  bool parallel = true;  ///< false: this thread alone
  Precision precision = Precision::float64;
};

}  // namespace lagoon
