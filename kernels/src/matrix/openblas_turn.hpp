// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lagoon::matrix::detail {

/// Held while OpenBLAS runs. The flavour with threads is told once to use none, which would fight those of the
/// isolates, and calls go side by side. The flavour without threads takes no locks: two calls at once may get the same
/// buffer and then wrong digits (upstream issue 2126), so there its calls are made one after the other, and more cores
/// do not help.
class OpenBlasTurn {
 public:
  OpenBlasTurn();
  ~OpenBlasTurn();
  OpenBlasTurn(const OpenBlasTurn&) = delete;
  OpenBlasTurn& operator=(const OpenBlasTurn&) = delete;
};

}  // namespace lagoon::matrix::detail
