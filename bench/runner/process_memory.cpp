// SPDX-License-Identifier: Apache-2.0
#include "runner/process_memory.hpp"

#include <fstream>
#include <stdexcept>

namespace lagoon::bench {

double memory_of_process(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(field + ":", 0) == 0) return 1024 * std::stod(line.substr(field.size() + 1));
  throw std::runtime_error("/proc/self/status has no " + field);
}

void forget_peak() {
  std::ofstream refs("/proc/self/clear_refs");
  refs << 5 << std::flush;
  if (!refs) throw std::runtime_error("/proc/self/clear_refs: the peak cannot be reset");
}

}  // namespace lagoon::bench
