// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/kernels/imaging/picture.hpp>

namespace lagoon::imaging {

/// What a pixel of the result is the weighted mean of. Where it shrinks, filters widen with the scale, so that nothing
/// aliases, as in Pillow. Box takes whole pixels: where it shrinks by an integer, it is OpenCV's INTER_AREA.
enum class ResizeFilter { box, bilinear, bicubic, lanczos3 };

struct ResizeOptions {
  ResizeFilter filter = ResizeFilter::lanczos3;
  bool linear_light = false;  ///< decodes sRGB before and encodes it after, so that fine patterns keep their brightness
};

/// Pixels at another size. With alpha, colours are weighted by it.
///   rows, columns   of the result, positive
///   throws          invalid_argument (no pixels, a size that is not positive, more than 4 channels)
///   cost            O(pixels in * support), two separable passes over 32 rows at a time; parallel by bands of rows;
///   the
///                   same bits for any number of cores. 8 bits without alpha: integers, the same bits everywhere
///   source          Turkowski 1990; bicubic is Keys 1981 with a = -1/2; lanczos3 is Duchon 1979
template <class T>
Pixels<T> resize(View<const T, 3> pixels, std::ptrdiff_t rows, std::ptrdiff_t columns,
                 const ResizeOptions& options = {});

}  // namespace lagoon::imaging
