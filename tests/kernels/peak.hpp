// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/isolate.hpp>

#include <cstddef>

namespace lagoon::test {

/// The most bytes that an isolate held while f ran in it.
template <class F>
std::size_t peak_of(F f) {
  Engine engine;
  Isolate isolate(engine);
  isolate.run(f);
  return isolate.memory()->use().peak;
}

}  // namespace lagoon::test
