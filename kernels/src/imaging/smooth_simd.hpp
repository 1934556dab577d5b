// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace lagoon::imaging::detail {

/// Unsharp mask of integers: level + amount * (level - blurred) where that difference is `threshold` or more, counted
/// with kFraction bits behind the point. amount is factor / 2^15 * 2^doubled.
struct FixedUnsharp {
  std::int16_t factor = 0;
  int doubled = 0;
  std::int16_t threshold = 0;
};

/// Loops of blurring, sharpening and correlating. n is at least 64. Rows that are summed along have their edges
/// repeated on both sides: for reach elements `step` apart.
struct SmoothKernels {
  /// out = sum of weights * (in one step before, in the middle, one step behind) in 32,768ths, of levels to kFraction
  /// bits behind the point (down3), and of those to themselves (within sharpen3).
  void (*down3)(const std::uint8_t* above, const std::uint8_t* middle, const std::uint8_t* below, std::int16_t side,
                std::int16_t centre, std::int16_t* out, std::ptrdiff_t n);
  void (*sharpen3)(const std::uint8_t* x, const std::int16_t* down, std::ptrdiff_t step, std::int16_t side,
                   std::int16_t centre, const FixedUnsharp& u, std::uint8_t* out, std::ptrdiff_t n);
  /// out[i] = sum over k of weights[k] * in[i + k * step]; taps is even for integers, whose in has one step more.
  void (*along_i16)(const std::int16_t* in, const std::int16_t* weights, std::ptrdiff_t taps, std::ptrdiff_t step,
                    int shift, std::int16_t* out, std::ptrdiff_t n);
  void (*along_f32)(const float* in, const float* weights, std::ptrdiff_t taps, std::ptrdiff_t step, float* out,
                    std::ptrdiff_t n);
  void (*unsharp_u8)(const std::uint8_t* x, const std::int16_t* blurred, const FixedUnsharp& u, std::uint8_t* out,
                     std::ptrdiff_t n);
  void (*unsharp_f32)(const float* x, const float* blurred, float amount, float threshold, float* out,
                      std::ptrdiff_t n);
  /// Levels of numbers with kFraction bits.
  void (*whole)(const std::int16_t* in, std::uint8_t* out, std::ptrdiff_t n);
  /// Nine weights and a zero, 2^shift is one; rows begin one step before their first pixel and have room for two more.
  void (*nine_i16)(const std::int16_t* const* rows, const std::int16_t* weights, std::ptrdiff_t step, int shift,
                   std::uint8_t* out, std::ptrdiff_t n);
  void (*nine_f32)(const float* const* rows, const float* weights, std::ptrdiff_t step, float* out, std::ptrdiff_t n);
};
const SmoothKernels& smooth_kernels();

/// The same without vectors.
SmoothKernels plain_smooth_kernels();

}  // namespace lagoon::imaging::detail
