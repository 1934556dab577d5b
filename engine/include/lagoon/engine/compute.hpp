// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lagoon {

/// How a kernel computes; what it computes does not depend on it.
struct ComputeOptions {
  bool parallel = true;  ///< false: this thread alone
};

}  // namespace lagoon
