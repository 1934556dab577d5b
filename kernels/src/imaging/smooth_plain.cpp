// SPDX-License-Identifier: Apache-2.0
// The loops of blurring and sharpening as they read without vectors.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "resample_simd.hpp"
#include "smooth_simd.hpp"

namespace lagoon::imaging::detail {
namespace {

std::int16_t held(int v) { return static_cast<std::int16_t>(std::clamp(v, -32768, 32767)); }
int product(int a, int b) { return (a * b + (1 << 14)) >> 15; }
std::uint8_t level_of(int v) { return static_cast<std::uint8_t>(std::clamp((v + 32) >> kFraction, 0, 255)); }

void down3(const std::uint8_t* above, const std::uint8_t* middle, const std::uint8_t* below, std::int16_t side,
           std::int16_t centre, std::int16_t* out, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i)
    out[i] = held(product((above[i] + below[i]) << kFraction, side) + product(middle[i] << kFraction, centre));
}

std::uint8_t unsharp(int x, int blurred, const FixedUnsharp& u) {
  const int difference = (x << kFraction) - blurred;
  int change = product(difference, u.factor);
  for (int k = 0; k < u.doubled; ++k) change = held(2 * change);
  if (std::abs(difference) < u.threshold) change = 0;
  return level_of(held((x << kFraction) + change));
}

void sharpen3(const std::uint8_t* x, const std::int16_t* down, std::ptrdiff_t step, std::int16_t side,
              std::int16_t centre, const FixedUnsharp& u, std::uint8_t* out, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i)
    out[i] = unsharp(x[i], held(product(down[i - step] + down[i + step], side) + product(down[i], centre)), u);
}

void small_mask_u8(const std::uint8_t* const* rows, std::ptrdiff_t n, std::ptrdiff_t step, const SmallMask& mask,
                   const std::uint8_t*, std::uint8_t* out) {
  small_mask_part(rows, n, step, mask, 0, n, out);
}

void along_i16(const std::int16_t* in, const std::int16_t* weights, std::ptrdiff_t taps, std::ptrdiff_t step, int shift,
               std::int16_t* out, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    std::int32_t sum = 1 << (shift - 1);
    for (std::ptrdiff_t k = 0; k < taps; ++k) sum += weights[k] * in[i + k * step];
    out[i] = held(sum >> shift);
  }
}

void along_f32(const float* in, const float* weights, std::ptrdiff_t taps, std::ptrdiff_t step, float* out,
               std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    float sum = 0;
    for (std::ptrdiff_t k = 0; k < taps; ++k) sum += weights[k] * in[i + k * step];
    out[i] = sum;
  }
}

void unsharp_u8(const std::uint8_t* x, const std::int16_t* blurred, const FixedUnsharp& u, std::uint8_t* out,
                std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i) out[i] = unsharp(x[i], blurred[i], u);
}

void unsharp_f32(const float* x, const float* blurred, float amount, float threshold, float* out, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const float difference = x[i] - blurred[i];
    out[i] = std::fabs(difference) < threshold ? x[i] : x[i] + amount * difference;
  }
}

void whole(const std::int16_t* in, std::uint8_t* out, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i) out[i] = level_of(in[i]);
}

void nine_i16(const std::int16_t* const* rows, const std::int16_t* weights, std::ptrdiff_t step, int shift,
              std::uint8_t* out, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    std::int32_t sum = 1 << shift >> 1;
    for (std::ptrdiff_t k = 0; k < 9; ++k) sum += weights[k] * rows[k / 3][i + k % 3 * step];
    out[i] = static_cast<std::uint8_t>(std::clamp(sum >> shift, 0, 255));
  }
}

void nine_f32(const float* const* rows, const float* weights, std::ptrdiff_t step, float* out, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    float sum = 0;
    for (std::ptrdiff_t k = 0; k < 9; ++k) sum += weights[k] * rows[k / 3][i + k % 3 * step];
    out[i] = sum;
  }
}

}  // namespace

void small_mask_part(const std::uint8_t* const* rows, std::ptrdiff_t n, std::ptrdiff_t step, const SmallMask& mask,
                     std::ptrdiff_t begin, std::ptrdiff_t end, std::uint8_t* out) {
  const auto mean = [](unsigned a, unsigned b) { return (a + b + 1) / 2; };
  const std::uint8_t *above = rows[0], *middle = rows[1], *below = rows[2];
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    const std::ptrdiff_t left = i < step ? i : i - step, right = i + step < n ? i + step : i;
    const unsigned beside = 128U * (middle[left] + middle[right]);
    const unsigned edges = mean(256 * mean(above[i], below[i]), beside);
    const unsigned corners = 256 * mean(mean(above[left], below[left]), mean(above[right], below[right]));
    const unsigned less = (edges * mask.edges >> 16) + (corners * mask.corners >> 16);
    const int more = static_cast<int>((256U * middle[i] * mask.own >> 16) - less);
    out[i] = static_cast<std::uint8_t>(std::clamp(256 * middle[i] + half_of(mask) + more, 0, 65535) >> 8);
  }
}

SmoothKernels plain_smooth_kernels() {
  return {&down3,      &sharpen3,    &small_mask_u8, &along_i16, &along_f32,
          &unsharp_u8, &unsharp_f32, &whole,         &nine_i16,  &nine_f32};
}

}  // namespace lagoon::imaging::detail
