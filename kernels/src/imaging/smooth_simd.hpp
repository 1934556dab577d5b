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

/// Unsharp mask of integers whose blur reaches one pixel, as what is added to a pixel: own times itself, less edges
/// times the mean of its four neighbours, less corners times the mean of those in the corners; in 65,536ths. own is the
/// sum of the others, so that a constant stays what it is, and below 32,768. Means of bytes are rounded to bytes in
/// between, by which a sum is off by at most a fifteenth of the amount before it is rounded itself.
struct SmallMask {
  std::uint16_t own = 0, edges = 0, corners = 0;
};

/// A half of a level, in 256ths, and what is taken away too much on the average since such means are rounded up.
constexpr int half_of(const SmallMask& mask) { return 128 + mask.edges / 2048 + mask.corners / 512; }

/// Elements [begin, end) of such a row of n, one by one.
void small_mask_part(const std::uint8_t* const* rows, std::ptrdiff_t n, std::ptrdiff_t step, const SmallMask& mask,
                     std::ptrdiff_t begin, std::ptrdiff_t end, std::uint8_t* out);

/// Loops of blurring, sharpening and correlating. n is at least 64. Rows that are summed along have their edges
/// repeated on both sides: for reach elements `step` apart.
struct SmoothKernels {
  /// out = sum of weights * (in one step before, in the middle, one step behind) in 32,768ths, of levels to kFraction
  /// bits behind the point (down3), and of those to themselves (within sharpen3).
  void (*down3)(const std::uint8_t* above, const std::uint8_t* middle, const std::uint8_t* below, std::int16_t side,
                std::int16_t centre, std::int16_t* out, std::ptrdiff_t n);
  void (*sharpen3)(const std::uint8_t* x, const std::int16_t* down, std::ptrdiff_t step, std::int16_t side,
                   std::int16_t centre, const FixedUnsharp& u, std::uint8_t* out, std::ptrdiff_t n);
  /// A row of n of it with the rows above and below; neighbours are `step` apart, and the edge repeats. Means of bytes
  /// are rounded up, for which the constant makes up.
  ///   next   is fetched meanwhile, and the result goes past the caches; null: neither
  void (*small_mask_u8)(const std::uint8_t* const* rows, std::ptrdiff_t n, std::ptrdiff_t step, const SmallMask& mask,
                        const std::uint8_t* next, std::uint8_t* out);
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
