// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc.hpp>

#include <functional>
#include <vector>

// Calls of the built-in services that compute for long enough to be stopped on their way: of each family those methods
// whose requests one array of numbers makes. Not there: Cholesky, which wants a positive definite one, what is made of
// other methods (norms by singular values, folds, `examine`), predictions, readers, batches, and streams.
namespace lagoon::bench {

/// A call on its way; while this lives the call may refer to its array.
struct Begun {
  std::function<void()> cancel;
  std::function<bool()> is_done;
};

struct StoppedKernel {
  const char* name;
  std::ptrdiff_t size;  // of the array below
  std::function<Frozen<double, 1>(std::ptrdiff_t size)> numbers;
  /// Makes a call whose request has that array.
  std::function<Begun(Endpoint&, Frozen<double, 1>, const CallOptions&)> begin;
  bool cancelled_when_dropped = false;
};

/// size   of what is done to as many numbers as there are; other methods have sizes of their own, so that a call takes
///        some tenths of a second
std::vector<StoppedKernel> stopped_kernels(std::ptrdiff_t size);

}  // namespace lagoon::bench
