// SPDX-License-Identifier: Apache-2.0
// The loops over colours as they read without vectors: what a processor without them runs, and the ends of rows.
#include <algorithm>
#include <cmath>

#include "colour_simd.hpp"

namespace lagoon::imaging::detail {
namespace {

void srgb_to_light(float* row, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i)
    row[i] = row[i] <= 0.04045F ? row[i] * (1 / 12.92F) : std::pow((row[i] + 0.055F) * (1 / 1.055F), 2.4F);
}

void light_to_srgb(float* row, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i)
    row[i] = row[i] <= 0.0031308F ? row[i] * 12.92F : std::pow(row[i], 1 / 2.4F) * 1.055F - 0.055F;
}

void power(float* row, std::ptrdiff_t n, float exponent) {
  for (std::ptrdiff_t i = 0; i < n; ++i) row[i] = row[i] < 1e-30F ? 0 : std::pow(row[i], exponent);
}

std::uint8_t cut(float v) { return static_cast<std::uint8_t>(std::clamp(v, 0.0F, 255.0F)); }

void line_u8(const std::uint8_t* in, std::uint8_t* out, std::ptrdiff_t n, float factor, float offset) {
  for (std::ptrdiff_t i = 0; i < n; ++i) out[i] = cut(std::fma(static_cast<float>(in[i]), factor, offset + 0.5F));
}

void fixed_line_u8(const std::uint8_t* in, std::uint8_t* out, std::ptrdiff_t n, const FixedLine& line) {
  const auto held = [](unsigned v) { return std::min(v, 65535U); };
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const unsigned v = in[i] * 256U, above = v > line.before ? v - line.before : 0;
    const unsigned product = held((above * line.part >> 16) + (line.whole ? above : 0));
    out[i] = static_cast<std::uint8_t>(held(product + line.after) >> 8);
  }
}

void lookup_u8(const std::uint8_t* in, std::uint8_t* out, std::ptrdiff_t n, const std::uint8_t* table) {
  for (std::ptrdiff_t i = 0; i < n; ++i) out[i] = table[in[i]];
}

void matrix_u8(const std::uint8_t* in, std::uint8_t* out, std::ptrdiff_t n, std::ptrdiff_t channels,
               const float (*matrix)[4]) {
  for (std::ptrdiff_t x = 0; x < n; ++x, in += channels, out += channels) {
    const float r = in[0], g = in[1], b = in[2];
    if (channels == 4) out[3] = in[3];
    for (std::ptrdiff_t c = 0; c < 3; ++c) {
      const float* const m = matrix[c];
      out[c] = cut(std::fma(m[0], r, std::fma(m[1], g, std::fma(m[2], b, m[3] + 0.5F))));
    }
  }
}

void grey_u8(const std::uint8_t* in, std::uint8_t* out, std::ptrdiff_t n) {
  for (std::ptrdiff_t x = 0; x < n; ++x)
    out[x] = static_cast<std::uint8_t>((9798 * in[3 * x] + 19235 * in[3 * x + 1] + 3735 * in[3 * x + 2] + 16384) >> 15);
}

}  // namespace

ColourKernels plain_colour_kernels() {
  return {&srgb_to_light, &light_to_srgb, &power, &line_u8, &fixed_line_u8, &lookup_u8, &matrix_u8, &grey_u8};
}

}  // namespace lagoon::imaging::detail
