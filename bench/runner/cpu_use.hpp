// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace lagoon::bench {

/// CPU seconds of the whole machine and of this program, to tell how much others used in between.
struct CpuUse {
  double machine = 0;
  double own = 0;
  static CpuUse now();
  /// CPU seconds that other processes (and the host of a virtual machine) used since `begin`.
  double others_since(const CpuUse& begin) const { return (machine - begin.machine) - (own - begin.own); }
};

}  // namespace lagoon::bench
