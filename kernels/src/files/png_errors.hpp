// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <csetjmp>
#include <cstddef>

#include <png.h>

namespace lagoon::files {

/// What libpng has to say, kept where its C may write it: an error jumps to `exit`, the first warnings are kept.
struct PngErrors {
  using Text = std::array<char, 128>;
  std::jmp_buf exit{};
  Text message{};
  std::array<Text, 4> warnings{};
  std::size_t warning_count = 0;
};

/// For png_create_*_struct, with a PngErrors as its error_ptr.
[[noreturn]] void on_png_error(png_structp png, png_const_charp message);
void on_png_warning(png_structp png, png_const_charp message);

}  // namespace lagoon::files
