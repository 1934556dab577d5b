// SPDX-License-Identifier: Apache-2.0
// Any bytes as a DCD file: frames that can be looked at from end to end, or a lagoon::Error.
#include <lagoon/kernels/files/dcd.hpp>

#include <algorithm>
#include <cstdint>

#include <lagoon/core/error.hpp>

using namespace lagoon::files;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  double sum = 0;
  try {
    const auto reader = DcdReader::over({reinterpret_cast<const char*>(data), size}, "fuzz");
    for (std::size_t k = 0; k < std::min<std::size_t>(reader.frames(), 64); ++k) {
      const auto frame = reader.read(k);
      if (frame.positions.extent(0) != reader.particles()) __builtin_trap();
      for (std::ptrdiff_t i = 0; i < frame.positions.size(); ++i) sum += frame.positions.data()[i];
    }
  } catch (const lagoon::Error&) {
  }
  volatile double keep = sum;
  (void)keep;
  return 0;
}
