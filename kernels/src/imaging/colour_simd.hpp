// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace lagoon::imaging::detail {

/// (whole + part / 2^16) * (level - before) + after, where all has 8 bits behind the point and each sum is held within
/// 16: what integers can do of a line.
struct FixedLine {
  bool whole = false;
  std::uint16_t part = 0, before = 0, after = 0;
};

/// Loops over colours. Rows are in one piece; `out` may be `in`.
struct ColourKernels {
  void (*srgb_to_light)(float* row, std::ptrdiff_t n);
  void (*light_to_srgb)(float* row, std::ptrdiff_t n);
  /// v^exponent of what is above 0; the rest is 0. NaN stays.
  void (*power)(float* row, std::ptrdiff_t n, float exponent);
  /// factor * level + offset, rounded half up and held in 0 to 255.
  void (*line_u8)(const std::uint8_t* in, std::uint8_t* out, std::ptrdiff_t n, float factor, float offset);
  /// The whole part of the line.
  void (*fixed_line_u8)(const std::uint8_t* in, std::uint8_t* out, std::ptrdiff_t n, const FixedLine& line);
  void (*lookup_u8)(const std::uint8_t* in, std::uint8_t* out, std::ptrdiff_t n, const std::uint8_t* table);
  /// n pixels of 3 or 4 channels; the fourth stays.
  void (*matrix_u8)(const std::uint8_t* in, std::uint8_t* out, std::ptrdiff_t n, std::ptrdiff_t channels,
                    const float (*matrix)[4]);
  /// n pixels of 3 channels: weights * colours in 65,536ths.
  void (*grey_u8)(const std::uint8_t* in, std::uint8_t* out, std::ptrdiff_t n);
};
const ColourKernels& colour_kernels();

/// The same without vectors.
ColourKernels plain_colour_kernels();

}  // namespace lagoon::imaging::detail
