// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/parallel.hpp>
#include <lagoon/kernels/imaging/filters.hpp>

#include "past_cache.hpp"
#include "ready_rows.hpp"
#include "smooth_simd.hpp"
#include "smoother.hpp"

namespace lagoon::imaging {
namespace {

/// make(begin, end, first row of these) for bands of rows, in parallel; each band looks `radius` rows around.
template <class T, class F>
Pixels<T> by_bands(View<const T, 3> pixels, std::ptrdiff_t radius, F make) {
  Pixels<T> result(pixels.extents());
  const std::ptrdiff_t row = pixels.extent(1) * pixels.extent(2);
  const std::ptrdiff_t grain = std::max(detail::rows_per_task(row, 512 * 1024), 4 * radius);
  parallel_for(pixels.extent(0), {grain},
               [&](std::ptrdiff_t begin, std::ptrdiff_t end) { make(begin, end, result.data() + begin * row, row); });
  return result;
}

template <class T>
Pixels<T> smoothed(View<const T, 3> pixels, const detail::Smoother<T>& smoother) {
  const bool past_cache = detail::goes_past_cache(static_cast<std::size_t>(pixels.size()) * sizeof(T));
  return by_bands(pixels, smoother.radius(),
                  [&](std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row) {
                    smoother.make(pixels, begin, end, to, to_row, past_cache);
                  });
}

/// Nine weights as numbers, and as integers of which 2^shift is one.
struct Nine {
  float weights[9]{};
  std::int16_t fixed[10]{};
  int shift = -1;  // none: the weights are too large for it
};

Nine nine_of(const std::array<std::array<double, 3>, 3>& weights) {
  Nine nine;
  double most = 0, sum = 0;
  for (std::size_t k = 0; k < 9; ++k) {
    const double w = weights[k / 3][k % 3];
    detail::check_number(w, -1000, 1000, "convolve3x3", "a weight");
    nine.weights[k] = static_cast<float>(w);
    most = std::max(most, std::fabs(w));
    sum += w;
  }
  // Below 2^31 with 9 weights of 15 bits and 8 bits of level; and no finer than makes sense.
  while (nine.shift < 14 && std::ldexp(most, nine.shift + 1) <= 32000) ++nine.shift;
  if (nine.shift < 8) {
    nine.shift = -1;
    return nine;
  }
  int left = static_cast<int>(std::lround(std::ldexp(sum, nine.shift)));
  for (std::size_t k = 0; k < 9; ++k) {
    nine.fixed[k] = static_cast<std::int16_t>(std::lround(std::ldexp(weights[k / 3][k % 3], nine.shift)));
    left -= nine.fixed[k];
  }
  nine.fixed[4] = static_cast<std::int16_t>(nine.fixed[4] + left);  // so that a constant comes out right
  return nine;
}

template <class T>
void restore_alpha(View<const T, 3> from, std::ptrdiff_t row, T* to) {
  const std::ptrdiff_t channels = from.extent(2);
  if (!detail::has_alpha(channels)) return;
  for (std::ptrdiff_t x = 0; x < from.extent(1); ++x) to[x * channels + channels - 1] = from(row, x, channels - 1);
}

/// Rows [begin, end) made of three rows each, as W.
template <class T, class W, class F>
void by_three(View<const T, 3> pixels, std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row, F f) {
  detail::ReadyRows<T, W> ready(pixels, 4, 1);
  for (std::ptrdiff_t y = begin; y < end; ++y, to += to_row) {
    const W* rows[3];
    for (std::ptrdiff_t k = 0; k < 3; ++k) rows[k] = ready.at(y + k - 1) - pixels.extent(2);
    f(rows, to);
    restore_alpha(pixels, y, to);
  }
}

}  // namespace

template <class T>
Pixels<T> gaussian_blur(View<const T, 3> pixels, double sigma) {
  detail::check_pixels(pixels, "gaussian_blur");
  return smoothed(pixels, detail::Smoother<T>(sigma, pixels.extent(2)));
}

template <class T>
Pixels<T> sharpen(View<const T, 3> pixels, const Unsharp& options) {
  detail::check_pixels(pixels, "sharpen");
  return smoothed(pixels, detail::Smoother<T>(options, pixels.extent(2)));
}

template <class T>
Pixels<T> convolve3x3(View<const T, 3> pixels, const std::array<std::array<double, 3>, 3>& weights) {
  detail::check_pixels(pixels, "convolve3x3");
  const Nine nine = nine_of(weights);
  const std::ptrdiff_t channels = pixels.extent(2), n = pixels.extent(1) * channels, size = detail::padded(n);
  const detail::SmoothKernels& kernels = detail::smooth_kernels();
  return by_bands(pixels, 1, [&](std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row) {
    if constexpr (std::is_same_v<T, std::uint8_t>) {
      if (nine.shift >= 0) {
        Tensor<T, 1> line({size});
        by_three<T, std::int16_t>(pixels, begin, end, to, to_row, [&](const std::int16_t* const* rows, T* out) {
          kernels.nine_i16(rows, nine.fixed, channels, nine.shift, n >= 64 ? out : line.data(), n >= 64 ? n : size);
          if (n < 64) std::copy_n(line.data(), n, out);
        });
        return;
      }
    }
    Tensor<float, 1> line({size});
    by_three<T, float>(pixels, begin, end, to, to_row, [&](const float* const* rows, T* out) {
      kernels.nine_f32(rows, nine.weights, channels, line.data(), size);
      detail::from_work(line.data(), pixels.extent(1), channels, {}, out);
    });
  });
}

#define LAGOON_SMOOTH(T)                                           \
  template Pixels<T> gaussian_blur<T>(View<const T, 3>, double);   \
  template Pixels<T> sharpen<T>(View<const T, 3>, const Unsharp&); \
  template Pixels<T> convolve3x3<T>(View<const T, 3>, const std::array<std::array<double, 3>, 3>&);
LAGOON_SMOOTH(std::uint8_t)
LAGOON_SMOOTH(std::uint16_t)
LAGOON_SMOOTH(float)

}  // namespace lagoon::imaging
