// SPDX-License-Identifier: Apache-2.0
#include "work_row.hpp"

#include <array>

#include "colour_simd.hpp"

namespace lagoon::imaging::detail {
namespace {

/// Light of each level of 8 bits.
const std::array<float, 256>& light_of_levels() {
  static const std::array<float, 256> table = [] {
    std::array<float, 256> t{};
    for (std::size_t k = 0; k < t.size(); ++k) {
      const double v = static_cast<double>(k) / 255;
      t[k] = static_cast<float>(v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
    }
    return t;
  }();
  return table;
}

/// f(colour) for each number that is not alpha.
template <class F>
void each_colour(float* row, std::ptrdiff_t n, std::ptrdiff_t channels, F f) {
  const std::ptrdiff_t colours = channels - (has_alpha(channels) ? 1 : 0);
  for (std::ptrdiff_t x = 0; x < n; ++x, row += channels)
    for (std::ptrdiff_t c = 0; c < colours; ++c) f(row[c], row[channels - 1]);
}

/// A function of whole rows, applied to colours alone.
void apply(void (*function)(float*, std::ptrdiff_t), float* row, std::ptrdiff_t n, std::ptrdiff_t channels) {
  if (!has_alpha(channels)) return function(row, n * channels);
  constexpr std::ptrdiff_t kPart = 64;
  float alpha[kPart];
  for (std::ptrdiff_t x = 0; x < n; x += kPart, row += kPart * channels) {
    const std::ptrdiff_t m = std::min(kPart, n - x);
    for (std::ptrdiff_t k = 0; k < m; ++k) alpha[k] = row[k * channels + channels - 1];
    function(row, m * channels);
    for (std::ptrdiff_t k = 0; k < m; ++k) row[k * channels + channels - 1] = alpha[k];
  }
}

template <class T>
void levels_to_light(float* row, std::ptrdiff_t n, std::ptrdiff_t channels) {
  const std::ptrdiff_t size = n * channels;
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    const auto& table = light_of_levels();
    if (!has_alpha(channels)) {
      for (std::ptrdiff_t i = 0; i < size; ++i) row[i] = table[static_cast<std::size_t>(row[i])];
      return;
    }
    each_colour(row, n, channels, [&](float& v, float) { v = table[static_cast<std::size_t>(v)]; });
    for (std::ptrdiff_t x = 0; x < n; ++x) row[x * channels + channels - 1] *= 1 / 255.0F;
  } else {
    constexpr auto kScale = static_cast<float>(1 / kWhite<T>);
    for (std::ptrdiff_t i = 0; i < size; ++i) row[i] *= kScale;
    apply(colour_kernels().srgb_to_light, row, n, channels);
  }
}

}  // namespace

template <class T>
void to_work(In<T> pixels, std::ptrdiff_t row, std::ptrdiff_t begin, std::ptrdiff_t end, const Work& work, float* to) {
  const std::ptrdiff_t channels = pixels.extent(2), n = end - begin;
  const T* from = row_of(pixels, row) + begin * pixels.stride(1);
  if (has_plain_rows(pixels)) {
    for (std::ptrdiff_t i = 0; i < n * channels; ++i) to[i] = static_cast<float>(from[i]);
  } else {
    float* out = to;
    for (std::ptrdiff_t x = 0; x < n; ++x, from += pixels.stride(1))
      for (std::ptrdiff_t c = 0; c < channels; ++c) *out++ = static_cast<float>(from[c * pixels.stride(2)]);
  }
  if (work.linear_light) levels_to_light<T>(to, n, channels);
  if (work.weighted) {
    const float scale = work.linear_light ? 1.0F : static_cast<float>(1 / kWhite<T>);
    each_colour(to, n, channels, [&](float& v, float alpha) { v *= alpha * scale; });
  }
}

template <class T>
void from_work(float* row, std::ptrdiff_t n, std::ptrdiff_t channels, const Work& work, T* to) {
  constexpr auto kTop = static_cast<float>(kWhite<T>);
  if (work.weighted) {
    const float white = work.linear_light ? 1.0F : kTop;
    // Where alpha is NaN, so are the colours.
    each_colour(row, n, channels, [&](float& v, float alpha) { v = alpha <= 0 ? 0 : v * (white / alpha); });
  }
  if (work.linear_light) {
    apply(colour_kernels().light_to_srgb, row, n, channels);
    for (std::ptrdiff_t i = 0; i < n * channels; ++i) row[i] *= kTop;
  }
  if constexpr (std::is_integral_v<T>) {
    for (std::ptrdiff_t i = 0; i < n * channels; ++i) {
      const float v = row[i] + 0.5F;
      to[i] = static_cast<T>(v > 0 ? (v < kTop ? v : kTop) : 0.0F);  // what is held in range is cut as it should
    }
  } else {
    std::copy_n(row, n * channels, to);
  }
}

#define LAGOON_WORK_ROW(T)                                                                              \
  template void to_work<T>(In<T>, std::ptrdiff_t, std::ptrdiff_t, std::ptrdiff_t, const Work&, float*); \
  template void from_work<T>(float*, std::ptrdiff_t, std::ptrdiff_t, const Work&, T*);
LAGOON_WORK_ROW(std::uint8_t)
LAGOON_WORK_ROW(std::uint16_t)
LAGOON_WORK_ROW(float)

}  // namespace lagoon::imaging::detail
