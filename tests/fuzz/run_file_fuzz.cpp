// SPDX-License-Identifier: Apache-2.0
// Any bytes as a run file: a run whose numbers make sense, or a lagoon::Error that names file, line and column.
#include <lagoon/core/error.hpp>
#include <lagoon/kernels/dynamics/run_file.hpp>

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto run = lagoon::dynamics::parse_run_file({reinterpret_cast<const char*>(data), size}, "fuzz");
    if (!(run.model.cutoff > 0) || !(run.options.time_step > 0) || run.model.types.empty() || run.steps < 0)
      std::abort();
    if (run.model.types.size() != run.start.types.size()) std::abort();
  } catch (const lagoon::Error& e) {
    if (!e.status().message().starts_with("fuzz:")) std::abort();
  }
  return 0;
}
