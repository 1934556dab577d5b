// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/parallel.hpp>
#include <lagoon/kernels/imaging/filters.hpp>
#include <optional>

#include "colour_map.hpp"
#include "past_cache.hpp"

namespace lagoon::imaging {
namespace {

/// result row = f(row in one piece, result row), in parallel.
template <class T, class F>
Pixels<T> by_rows(View<const T, 3> pixels, std::ptrdiff_t channels, F f) {
  const std::ptrdiff_t rows = pixels.extent(0), columns = pixels.extent(1), in_channels = pixels.extent(2);
  Pixels<T> result({rows, columns, channels});
  const bool plain = detail::has_plain_rows(pixels), one_piece = plain && pixels.stride(0) == columns * in_channels;
  const bool large = detail::goes_past_cache(result.bytes());
  parallel_for(rows, {detail::rows_per_task(columns * in_channels)}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    Tensor<T, 1> row;
    std::optional<detail::PastCache<T>> past_cache;
    if (!plain) row = Tensor<T, 1>({columns * in_channels});
    if (large) past_cache.emplace();
    const std::ptrdiff_t step = one_piece ? end - begin : 1;  // rows that are one for f
    for (std::ptrdiff_t y = begin; y < end; y += step) {
      if (!plain) detail::gather_row(pixels, y, 0, columns, row.data());
      const T* const in = plain ? detail::row_of(pixels, y) : row.data();
      T* const out = result.data() + y * columns * channels;
      if (large) {
        past_cache->put(out, step * columns, channels,
                        [&](std::ptrdiff_t x, std::ptrdiff_t last, T* to) { f(in + x * in_channels, to, last - x); });
      } else {
        f(in, out, step * columns);
      }
    }
    if (large) detail::finish_past_cache();
  });
  return result;
}

}  // namespace

template <class T>
Pixels<T> adjust(View<const T, 3> pixels, const Adjustments& adjustments) {
  detail::check_pixels(pixels, "adjust");
  const detail::ColourMap<T> map(adjustments, pixels.extent(2));
  return by_rows(pixels, pixels.extent(2), [&](const T* in, T* out, std::ptrdiff_t n) { map.row(in, out, n); });
}

template <class T>
Pixels<T> colour_matrix(View<const T, 3> pixels, const std::array<std::array<double, 4>, 3>& matrix) {
  detail::check_pixels(pixels, "colour_matrix");
  const detail::ColourMap<T> map(matrix, pixels.extent(2));
  return by_rows(pixels, pixels.extent(2), [&](const T* in, T* out, std::ptrdiff_t n) { map.row(in, out, n); });
}

template <class T>
Pixels<T> grey(View<const T, 3> pixels) {
  detail::check_pixels(pixels, "grey");
  const std::ptrdiff_t channels = pixels.extent(2);
  return by_rows(pixels, detail::grey_channels(channels),
                 [&](const T* in, T* out, std::ptrdiff_t n) { detail::grey_row(in, out, n, channels); });
}

#define LAGOON_COLOUR(T)                                                                              \
  template Pixels<T> adjust<T>(View<const T, 3>, const Adjustments&);                                 \
  template Pixels<T> colour_matrix<T>(View<const T, 3>, const std::array<std::array<double, 4>, 3>&); \
  template Pixels<T> grey<T>(View<const T, 3>);
LAGOON_COLOUR(std::uint8_t)
LAGOON_COLOUR(std::uint16_t)
LAGOON_COLOUR(float)

}  // namespace lagoon::imaging
