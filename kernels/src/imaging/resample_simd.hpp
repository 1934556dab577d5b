// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace lagoon::imaging::detail {

/// Rows that the horizontal pass works on side by side: lanes of its vectors. Between the passes, element x of those
/// rows lies at [x * kSide, (x + 1) * kSide), so that both passes add up whole vectors, whatever the channels are.
inline constexpr std::ptrdiff_t kSide = 32;

/// Bits behind the point of 8-bit levels between two passes; above are 9 for what Lanczos leaves above white.
inline constexpr int kFraction = 6;

/// What bounds the shift of integer weights: of levels below 256, and of 15 bits.
inline constexpr int kMaxShiftOfLevels = 21, kMaxShiftOfFractions = 15;

/// Elements of a row of the result, as sums over elements `step` apart.
template <class W>
struct Across {
  const std::ptrdiff_t* begin;
  const std::ptrdiff_t* count;
  const W* weights;
  std::ptrdiff_t widest, first, last;  // which elements; weights of element i are at i * widest
  std::ptrdiff_t base;                 // the column that `in` begins with
  std::ptrdiff_t wide;                 // channels * kSide
  int shift;
};

/// Loops of resizing. n is at least 64; that of float a multiple of it.
struct ResampleKernels {
  /// out = sum of weights * rows, kFraction bits behind the point. `taps` is even.
  void (*down_u8)(const std::uint8_t* const* rows, const std::int16_t* weights, std::ptrdiff_t taps, int shift,
                  std::int16_t* out, std::ptrdiff_t n);
  void (*down_f32)(const float* const* rows, const float* weights, std::ptrdiff_t taps, float* out, std::ptrdiff_t n);
  /// out = whole levels, not yet held in range.
  void (*across_i16)(const Across<std::int16_t>& a, const std::int16_t* in, std::int16_t* out);
  void (*across_f32)(const Across<float>& a, const float* in, float* out);
  /// to[j][i] = from[i][j]; rows and columns are multiples of 8 and 4.
  void (*turn_i16)(const std::int16_t* from, std::ptrdiff_t from_row, std::int16_t* to, std::ptrdiff_t to_row,
                   std::ptrdiff_t rows, std::ptrdiff_t columns);
  void (*turn_f32)(const float* from, std::ptrdiff_t from_row, float* to, std::ptrdiff_t to_row, std::ptrdiff_t rows,
                   std::ptrdiff_t columns);
  /// Held in 0 to 255.
  void (*narrow)(const std::int16_t* from, std::uint8_t* to, std::ptrdiff_t n);
  /// The mean of 2x2 pixels, rounded half up: n pixels of `channels`.
  ///   ahead   what lies so far behind either row is fetched meanwhile; 0: nothing
  void (*halve_u8)(const std::uint8_t* above, const std::uint8_t* below, std::uint8_t* to, std::ptrdiff_t n,
                   std::ptrdiff_t channels, std::ptrdiff_t ahead);
};
const ResampleKernels& resample_kernels();

/// The same without vectors.
ResampleKernels plain_resample_kernels();

}  // namespace lagoon::imaging::detail
