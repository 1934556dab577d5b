// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <lagoon/kernels/imaging/picture.hpp>

// Filters of std::uint8_t, std::uint16_t and float, any strides in, a new contiguous array out. All throw
// invalid_argument for pixels without channels or with more than 4, and for parameters that make no sense; all are
// parallel by bands of rows and give the same bits for any number of cores.
namespace lagoon::imaging {

/// The colours of a picture, changed pixel by pixel in this order, rounded at the end alone; alpha stays. What is below
/// black is black before gamma.
struct Adjustments {
  double brightness = 1;  ///< factor
  double contrast = 1;    ///< factor of the distance from middle grey (1/2)
  double saturation = 1;  ///< factor of the distance from the pixel's own grey (Rec. 601 luma)
  double gamma = 1;       ///< value^(1/gamma)
  bool none() const noexcept { return brightness == 1 && contrast == 1 && saturation == 1 && gamma == 1; }
};
template <class T>
Pixels<T> adjust(View<const T, 3> pixels, const Adjustments& adjustments);

/// matrix * (red, green, blue, 1) of three or four channels; alpha stays.
template <class T>
Pixels<T> colour_matrix(View<const T, 3> pixels, const std::array<std::array<double, 4>, 3>& matrix);

/// Grey, and alpha where there is one: 0.299 red + 0.587 green + 0.114 blue (Rec. 601 luma).
template <class T>
Pixels<T> grey(View<const T, 3> pixels);

/// Gaussian blur; edges repeat. Cut where a weight falls below a thousandth of the middle's; with alpha, colours are
/// weighted by it.
///   sigma   pixels, 0 to 1000
template <class T>
Pixels<T> gaussian_blur(View<const T, 3> pixels, double sigma);

/// pixels + amount * (pixels - blurred) where that difference is at least `threshold` (of 0 to 1); alpha stays.
struct Unsharp {
  double sigma = 0.5;  ///< pixels
  double amount = 0.5;
  double threshold = 0;
};
template <class T>
Pixels<T> sharpen(View<const T, 3> pixels, const Unsharp& options);

/// Correlation with nine weights; edges repeat; alpha stays.
template <class T>
Pixels<T> convolve3x3(View<const T, 3> pixels, const std::array<std::array<double, 3>, 3>& weights);

/// Spreads each colour channel so that its levels are used evenly (histogram equalisation); alpha and NaN stay. Of
/// float, 65,536 levels are told apart.
template <class T>
Pixels<T> equalise(View<const T, 3> pixels);

/// Rows [top, top + rows) and columns [left, left + columns): a view, nothing is copied.
///   throws   out_of_range
template <class T>
View<const T, 3> crop(View<const T, 3> pixels, std::ptrdiff_t top, std::ptrdiff_t left, std::ptrdiff_t rows,
                      std::ptrdiff_t columns);

/// As EXIF's orientation (1 to 8) wants it shown: turned by quarters and mirrored.
template <class T>
Pixels<T> upright(View<const T, 3> pixels, int orientation);

/// By so many quarter turns to the right; negative: to the left.
template <class T>
Pixels<T> rotate(View<const T, 3> pixels, int quarter_turns);

}  // namespace lagoon::imaging
