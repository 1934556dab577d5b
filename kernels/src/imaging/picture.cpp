// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/imaging/picture.hpp>

namespace lagoon::imaging {
namespace {

std::ptrdiff_t extent(const AnyPixels& pixels, std::size_t axis) {
  return std::visit([axis](const auto& p) { return p.extent(axis); }, pixels);
}

}  // namespace

std::ptrdiff_t Picture::rows() const { return extent(pixels, 0); }
std::ptrdiff_t Picture::columns() const { return extent(pixels, 1); }
std::ptrdiff_t Picture::channels() const { return extent(pixels, 2); }

}  // namespace lagoon::imaging
