// SPDX-License-Identifier: Apache-2.0
#include "kernels/handover.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

namespace lagoon::bench {

Handover::Handover(const double* numbers, std::ptrdiff_t count) {
  std::error_code none;
  const auto room = std::filesystem::space("/dev/shm", none);
  const bool fits = !none && room.available > 2 * static_cast<std::size_t>(count) * sizeof(double);
  const auto folder = fits ? "/dev/shm" : std::filesystem::temp_directory_path();
  path_ = folder / fmt::format("lagoon_bench_{}.f64", getpid());
  std::filesystem::remove(path_);
  add(numbers, count);
}

Handover::~Handover() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void Handover::add(const double* numbers, std::ptrdiff_t count) const {
  std::FILE* file = std::fopen(path_.c_str(), "ab");
  if (!file) throw std::runtime_error("cannot write " + path_.string());
  const auto bytes = static_cast<std::size_t>(count) * sizeof(double);
  const bool written = std::fwrite(numbers, 1, bytes, file) == bytes;
  if (std::fclose(file) != 0 || !written) throw std::runtime_error("cannot write " + path_.string());
}

}  // namespace lagoon::bench
