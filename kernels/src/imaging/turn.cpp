// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/parallel.hpp>
#include <lagoon/kernels/imaging/filters.hpp>

#include "turned.hpp"

namespace lagoon::imaging {

template <class T>
View<const T, 3> crop(View<const T, 3> pixels, std::ptrdiff_t top, std::ptrdiff_t left, std::ptrdiff_t rows,
                      std::ptrdiff_t columns) {
  const auto check = [](std::ptrdiff_t begin, std::ptrdiff_t size, std::ptrdiff_t extent, const char* name) {
    if (begin < 0 || size < 0 || begin > extent || size > extent - begin)
      throw Error(Errc::out_of_range, std::string("crop: ") + std::to_string(size) + " " + name + " from " +
                                          std::to_string(begin) + " on; the pixels have " + std::to_string(extent));
  };
  check(top, rows, pixels.extent(0), "rows");
  check(left, columns, pixels.extent(1), "columns");
  return pixels.slice(0, top, top + rows).slice(1, left, left + columns);
}

template <class T>
Pixels<T> upright(View<const T, 3> pixels, int orientation) {
  detail::check_pixels(pixels, "upright");
  detail::check_orientation(orientation, "upright");
  const View<const T, 3> from = detail::turned(pixels, orientation);
  Pixels<T> result(from.extents());
  const std::ptrdiff_t grain = (detail::rows_per_task(from.extent(1) * from.extent(2)) + 31) / 32 * 32;
  parallel_for(from.extent(0), {grain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    detail::copy_pixels<T>(from.slice(0, begin, end), result.view().slice(0, begin, end));
  });
  return result;
}

template <class T>
Pixels<T> rotate(View<const T, 3> pixels, int quarter_turns) {
  constexpr int kOrientation[4] = {1, 6, 3, 8};
  return upright(pixels, kOrientation[(quarter_turns % 4 + 4) % 4]);
}

#define LAGOON_TURN(T)                                                                                                 \
  template View<const T, 3> crop<T>(View<const T, 3>, std::ptrdiff_t, std::ptrdiff_t, std::ptrdiff_t, std::ptrdiff_t); \
  template Pixels<T> upright<T>(View<const T, 3>, int);                                                                \
  template Pixels<T> rotate<T>(View<const T, 3>, int);
LAGOON_TURN(std::uint8_t)
LAGOON_TURN(std::uint16_t)
LAGOON_TURN(float)

}  // namespace lagoon::imaging
