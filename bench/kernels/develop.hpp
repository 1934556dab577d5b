// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/isolate.hpp>

#include <string>
#include <vector>

#include "rivals/photographs.hpp"

namespace lagoon::bench {

/// A photograph in, a small JPEG out, by the kernels: on the cores of this thread's isolate.
rivals::Jpeg develop(const rivals::Jpeg& file, const rivals::Development& development);

/// All photographs in an isolate that has so many cores: one is one task.
class Darkroom {
 public:
  Darkroom(rivals::Photographs photographs, const rivals::Development& development, unsigned workers);

  /// Seconds until all are done.
  double develop_all();
  /// Of the last time.
  const std::vector<rivals::Jpeg>& results() const { return results_; }

 private:
  const rivals::Photographs photographs_;
  const rivals::Development development_;
  std::vector<rivals::Jpeg> results_;
  Engine engine_;
  Isolate isolate_;
};

std::string workers_of(unsigned workers);

}  // namespace lagoon::bench
