// SPDX-License-Identifier: Apache-2.0
#include "png_encode.hpp"

#include <lagoon/engine/stop.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <utility>

#include "exif.hpp"
#include "picture_format.hpp"
#include "picture_rows.hpp"
#include "png_errors.hpp"

namespace lagoon::files {
namespace {

constexpr double kMetresPerInch = 0.0254;

void append(png_structp png, png_bytep from, std::size_t size) {
  auto& bytes = *static_cast<std::vector<std::byte>*>(png_get_io_ptr(png));
  bool good = true;
  try {
    const Bytes more = bytes_at(from, size);
    bytes.insert(bytes.end(), more.begin(), more.end());
  } catch (...) {  // must not pass through libpng
    good = false;
  }
  if (!good) png_error(png, "no memory for the file");
}

void flush(png_structp) {}

class PngWriter {
 public:
  PngWriter(const imaging::Picture& picture, const std::string& name, const PictureWriteOptions& options)
      : picture_(picture), name_(name), options_(options) {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, &errors_, on_png_error, on_png_warning);
    if (png_) info_ = png_create_info_struct(png_);
  }
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  std::vector<std::byte> encode() {
    if (!info_) fail_picture(Errc::resource_exhausted, name_, kPng.name, "no memory for libpng");
    const bool deep = !std::holds_alternative<imaging::Pixels<std::uint8_t>>(picture_.pixels);
    std::vector<std::byte> exif = exif_to_write(picture_.metadata, options_.keep_metadata);
    run([&] {
      png_set_write_fn(png_, &bytes_, append, flush);
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
      png_set_compression_level(png_, options_.compression);
      png_set_benign_errors(png_, 1);  // a profile that libpng finds wrong is left out
      describe(deep ? 16 : 8);
      if (!exif.empty())
        png_set_eXIf_1(png_, info_, static_cast<png_uint_32>(exif.size()), reinterpret_cast<png_bytep>(exif.data()));
      png_write_info(png_, info_);
      if (deep && std::endian::native == std::endian::little) png_set_swap(png_);
    });
    if (deep)
      write_rows<std::uint16_t>();
    else
      write_rows<std::uint8_t>();
    run([&] { png_write_end(png_, info_); });
    return std::move(bytes_);
  }

 private:
  template <class F>
  void run(F&& step) {
    if (!survives(errors_.exit, step)) fail_picture(Errc::invalid_argument, name_, kPng.name, errors_.message.data());
  }

  void describe(int bits) {
    constexpr int kTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                              PNG_COLOR_TYPE_RGB_ALPHA};
    auto size = [](std::ptrdiff_t n) {  // libpng says so when it is too large
      return static_cast<png_uint_32>(std::min<std::ptrdiff_t>(n, std::ptrdiff_t{PNG_UINT_31_MAX} + 1));
    };
    png_set_IHDR(png_, info_, size(picture_.columns()), size(picture_.rows()), bits, kTypes[picture_.channels() - 1],
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    const imaging::Metadata& m = picture_.metadata;
    if (!m.icc.empty())
      png_set_iCCP(png_, info_, "profile", PNG_COMPRESSION_TYPE_BASE, reinterpret_cast<png_const_bytep>(m.icc.data()),
                   static_cast<png_uint_32>(m.icc.size()));
    const double density = std::round(m.pixels_per_inch / kMetresPerInch);
    if (!options_.keep_metadata || !(density >= 1 && density <= PNG_UINT_31_MAX)) return;
    const auto per_metre = static_cast<png_uint_32>(density);
    png_set_pHYs(png_, info_, per_metre, per_metre, PNG_RESOLUTION_METER);
  }

  template <class T>
  void write_rows() {
    Tensor<T, 1> scratch({picture_.columns() * picture_.channels()});
    for (std::ptrdiff_t row = 0; row < picture_.rows(); ++row) {
      throw_if_stopped();  // a row may be long, and compression slow
      const T* levels = row_as(picture_.pixels, row, scratch.data());
      run([&] { png_write_row(png_, reinterpret_cast<png_const_bytep>(levels)); });
    }
  }

  const imaging::Picture& picture_;
  const std::string& name_;
  const PictureWriteOptions& options_;
  std::vector<std::byte> bytes_;
  PngErrors errors_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

void on_png_error(png_structp png, png_const_charp message) {
  auto& errors = *static_cast<PngErrors*>(png_get_error_ptr(png));
  std::snprintf(errors.message.data(), errors.message.size(), "%s", message);
  std::longjmp(errors.exit, 1);
}

void on_png_warning(png_structp png, png_const_charp message) {
  auto& errors = *static_cast<PngErrors*>(png_get_error_ptr(png));
  if (errors.warning_count == errors.warnings.size()) return;
  auto& text = errors.warnings[errors.warning_count++];
  std::snprintf(text.data(), text.size(), "%s", message);
}

std::vector<std::byte> encode_png(const imaging::Picture& picture, const std::string& name,
                                  const PictureWriteOptions& options) {
  return PngWriter(picture, name, options).encode();
}

}  // namespace lagoon::files
