// SPDX-License-Identifier: Apache-2.0
// Any bytes as a Matrix Market file: a matrix that can be looked at from end to end, or a lagoon::Error.
#include <lagoon/kernels/files/matrix_market.hpp>

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  double sum = 0;
  try {
    const auto a = lagoon::files::parse_matrix_market({reinterpret_cast<const char*>(data), size}, "fuzz", 1 << 20);
    for (std::ptrdiff_t i = 0; i < a.size(); ++i) sum += a.data()[i];
  } catch (const lagoon::Error&) {
  }
  volatile double keep = sum;
  (void)keep;
  return 0;
}
