// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/kernels/imaging/filters.hpp>
#include <lagoon/kernels/imaging/picture.hpp>
#include <lagoon/kernels/imaging/resize.hpp>
#include <optional>

namespace lagoon::imaging {

/// How a picture meets a size that has another shape.
enum class Fit {
  fit,    ///< as large as goes in; one side may be shorter
  fill,   ///< as small as covers it; what sticks out is cut off, evenly
  exact,  ///< stretched
};

struct Size {
  std::ptrdiff_t columns = 0, rows = 0;
};

/// What is done to a photograph, in as few looks at the memory as can be: resized, cut, sharpened, coloured, made grey,
/// and turned as it is put down, where it is smallest. Bit for bit what resize, sharpen, adjust, grey and upright give
/// one after the other.
struct Recipe {
  bool upright = true;         ///< turns it as the metadata's orientation says
  std::optional<Size> size{};  ///< none: as it is
  Fit fit = Fit::fit;
  bool enlarge = false;  ///< whether a picture that is smaller becomes larger
  ResizeFilter filter = ResizeFilter::lanczos3;
  bool linear_light = false;   ///< resizes in light rather than in sRGB
  double sharpen = 0;          ///< amount of unsharp mask of sigma `sharpen_sigma`; 0: none
  double sharpen_sigma = 0.5;  ///< pixels
  Adjustments colour{};
  bool grey = false;
};

/// The size that a picture of `from` gets.
Size size_after(const Recipe& recipe, Size from);

/// The picture after the recipe, of the same type of pixel. The bytes are the same for any number of cores.
///   throws   invalid_argument (a size without pixels, an amount that is not finite)
///   cost     O(pixels in and out), bands of rows in parallel; scratch of some rows per core
Picture apply(const Picture& picture, const Recipe& recipe);

}  // namespace lagoon::imaging
