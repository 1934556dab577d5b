// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <lagoon/kernels/imaging/picture.hpp>
#include <limits>
#include <type_traits>
#include <variant>

namespace lagoon::files {

/// A level as another type writes it; rounded, floats cut to [0, 1] and NaN 0.
template <class To, class From>
To level(From v) {
  if constexpr (std::is_same_v<To, From>) {
    return v;
  } else if constexpr (std::is_same_v<To, float>) {
    return static_cast<float>(v) / static_cast<float>(std::numeric_limits<From>::max());
  } else if constexpr (std::is_same_v<From, float>) {
    return static_cast<To>((v > 0 ? std::min(v, 1.0F) : 0.0F) * static_cast<float>(std::numeric_limits<To>::max()) +
                           0.5F);
  } else if constexpr (sizeof(To) > sizeof(From)) {
    return static_cast<To>(v * 257);
  } else {
    return static_cast<To>((v * 255U + 32767U) / 65535U);
  }
}

/// One row of a picture as levels of type To: in place when it lies so, in `scratch` (columns * channels) otherwise.
template <class To>
const To* row_as(const imaging::AnyPixels& pixels, std::ptrdiff_t row, To* scratch) {
  return std::visit(
      [&](const auto& p) -> const To* {
        const auto v = p.view().slice(0, row, row + 1);
        using From = typename std::remove_cvref_t<decltype(p)>::value_type;
        if constexpr (std::is_same_v<From, To>) {
          if (v.is_contiguous()) return v.data();
        }
        To* out = scratch;
        for (std::ptrdiff_t j = 0; j < v.extent(1); ++j)
          for (std::ptrdiff_t c = 0; c < v.extent(2); ++c) *out++ = level<To>(v(0, j, c));
        return scratch;
      },
      pixels);
}

}  // namespace lagoon::files
