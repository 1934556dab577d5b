// SPDX-License-Identifier: Apache-2.0
// The loops of resizing as they read without vectors: what a processor without them runs, and what the others are
// compared with.
#include <algorithm>

#include "resample_simd.hpp"

namespace lagoon::imaging::detail {
namespace {

std::int16_t held(std::int32_t v) { return static_cast<std::int16_t>(std::clamp(v, -32768, 32767)); }

void down_u8(const std::uint8_t* const* rows, const std::int16_t* weights, std::ptrdiff_t taps, int shift,
             std::int16_t* out, std::ptrdiff_t n) {
  const int down = shift - kFraction;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    std::int32_t sum = 1 << (down - 1);
    for (std::ptrdiff_t k = 0; k < taps; ++k) sum += weights[k] * rows[k][i];
    out[i] = held(sum >> down);
  }
}

void down_f32(const float* const* rows, const float* weights, std::ptrdiff_t taps, float* out, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    float sum = 0;
    for (std::ptrdiff_t k = 0; k < taps; ++k) sum += weights[k] * rows[k][i];
    out[i] = sum;
  }
}

void across_i16(const Across<std::int16_t>& a, const std::int16_t* in, std::int16_t* out) {
  const int down = a.shift + kFraction;
  for (std::ptrdiff_t i = a.first; i < a.last; ++i, out += a.wide)
    for (std::ptrdiff_t v = 0; v < a.wide; ++v) {
      std::int32_t sum = 1 << (down - 1);
      for (std::ptrdiff_t k = 0; k < a.count[i]; ++k)
        sum += a.weights[i * a.widest + k] * in[(a.begin[i] - a.base + k) * a.wide + v];
      out[v] = held(sum >> down);
    }
}

void across_f32(const Across<float>& a, const float* in, float* out) {
  for (std::ptrdiff_t i = a.first; i < a.last; ++i, out += a.wide)
    for (std::ptrdiff_t v = 0; v < a.wide; ++v) {
      float sum = 0;
      for (std::ptrdiff_t k = 0; k < a.count[i]; ++k)
        sum += a.weights[i * a.widest + k] * in[(a.begin[i] - a.base + k) * a.wide + v];
      out[v] = sum;
    }
}

template <class T>
void turn(const T* from, std::ptrdiff_t from_row, T* to, std::ptrdiff_t to_row, std::ptrdiff_t rows,
          std::ptrdiff_t columns) {
  for (std::ptrdiff_t i = 0; i < rows; ++i)
    for (std::ptrdiff_t j = 0; j < columns; ++j) to[j * to_row + i] = from[i * from_row + j];
}

void narrow(const std::int16_t* from, std::uint8_t* to, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i) to[i] = static_cast<std::uint8_t>(std::clamp<int>(from[i], 0, 255));
}

void halve_u8(const std::uint8_t* above, const std::uint8_t* below, std::uint8_t* to, std::ptrdiff_t n,
              std::ptrdiff_t channels, std::ptrdiff_t) {
  for (std::ptrdiff_t x = 0; x < n; ++x)
    for (std::ptrdiff_t c = 0; c < channels; ++c) {
      const std::ptrdiff_t i = 2 * x * channels + c, j = i + channels;
      to[x * channels + c] = static_cast<std::uint8_t>((above[i] + above[j] + below[i] + below[j] + 2) / 4);
    }
}

}  // namespace

ResampleKernels plain_resample_kernels() {
  return {&down_u8, &down_f32, &across_i16, &across_f32, &turn<std::int16_t>, &turn<float>, &narrow, &halve_u8};
}

}  // namespace lagoon::imaging::detail
