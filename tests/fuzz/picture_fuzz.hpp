// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/files/picture.hpp>

#include <cstdint>
#include <string>
#include <variant>

/// Any bytes as a picture: pixels that can be looked at from end to end, at two sizes, or a lagoon::Error.
inline int fuzz_picture(const std::uint8_t* data, std::size_t size) {
  using namespace lagoon;
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  const files::PictureLimits limits = {.max_pixels = 1 << 18, .max_bytes = 8 << 20};
  double sum = 0;
  for (const std::ptrdiff_t at_least : {0, 1}) {
    try {
      const auto picture = files::decode_picture(
          bytes, "fuzz", {.at_least_columns = at_least, .at_least_rows = at_least, .limits = limits});
      std::visit(
          [&](const auto& p) {
            for (std::ptrdiff_t k = 0; k < p.size(); ++k) sum += p.data()[k] > 0;
          },
          picture.pixels);
    } catch (const Error&) {
    }
  }
  try {
    sum += static_cast<double>(files::picture_info(bytes, "fuzz").rows);
  } catch (const Error&) {
  }
  volatile double keep = sum;
  (void)keep;
  return 0;
}
