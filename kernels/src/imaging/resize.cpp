// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/imaging/resize.hpp>

#include <lagoon/engine/parallel.hpp>

#include "past_cache.hpp"
#include "resizer.hpp"

namespace lagoon::imaging {

template <class T>
Pixels<T> resize(View<const T, 3> pixels, std::ptrdiff_t rows, std::ptrdiff_t columns, const ResizeOptions& options) {
  detail::check_pixels(pixels, "resize");
  if (rows < 1 || columns < 1)
    throw Error(Errc::invalid_argument, "resize: the size asked for is " + std::to_string(columns) + " columns, " +
                                            std::to_string(rows) + " rows; both must be 1 or more");
  const std::ptrdiff_t channels = pixels.extent(2), row = columns * channels;
  Pixels<T> result({rows, columns, channels});
  const detail::Resizer<T> resizer(pixels, rows, columns, {0, 0, rows, columns}, options);
  // Whole sides of rows, and so many that some 2 million elements pass.
  const std::ptrdiff_t read = std::max(row, pixels.extent(0) / rows * pixels.extent(1) * channels);
  const std::ptrdiff_t grain = detail::kSide * detail::rows_per_task(read * detail::kSide, 2 << 20);
  const bool past_cache = detail::goes_past_cache(result.bytes());
  parallel_for(rows, {grain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    resizer.make(begin, end, result.data() + begin * row, row, past_cache);
  });
  return result;
}

#define LAGOON_RESIZE(T) \
  template Pixels<T> resize<T>(View<const T, 3>, std::ptrdiff_t, std::ptrdiff_t, const ResizeOptions&);
LAGOON_RESIZE(std::uint8_t)
LAGOON_RESIZE(std::uint16_t)
LAGOON_RESIZE(float)

}  // namespace lagoon::imaging
