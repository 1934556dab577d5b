// SPDX-License-Identifier: Apache-2.0
// Any bytes as XYZ: frames that hold together and come back from what is written of them, or a lagoon::Error.
#include <lagoon/kernels/files/xyz.hpp>

#include <cstdint>

#include <lagoon/core/error.hpp>

using namespace lagoon::files;

/// The first byte chooses units.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  XyzOptions options{.max_particles = 1 << 16};
  if (data[0] & 1) options.units = lagoon::dynamics::Units::nano();
  std::size_t frames = 0;
  try {
    auto reader = XyzReader::over(text, "fuzz", options);
    while (const auto frame = reader.next()) {
      ++frames;
      check(frame->system);  // an error here is one of the reader's
    }
  } catch (const lagoon::Error& e) {
    if (e.status().message().starts_with("system:")) __builtin_trap();
    return 0;
  }
  // Whatever reads to its end has as many frames when they are only counted, and a last one.
  auto counter = XyzReader::over(text, "fuzz", options);
  while (counter.skip()) --frames;
  if (frames != 0) __builtin_trap();
  return 0;
}
