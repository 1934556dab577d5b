// SPDX-License-Identifier: Apache-2.0
#include "webp_encode.hpp"

#include <lagoon/engine/stop.hpp>

#include <memory>

#include "chunks.hpp"
#include "exif.hpp"
#include "picture_format.hpp"
#include "picture_rows.hpp"

#include <webp/encode.h>
#include <webp/mux.h>

namespace lagoon::files {
namespace {

int append(const std::uint8_t* from, std::size_t size, const WebPPicture* picture) {
  try {
    static_cast<Chunks*>(picture->custom_ptr)->append(from, size);
    return 1;
  } catch (...) {  // must not pass through libwebp
    return 0;
  }
}

int go_on(int /*percent*/, const WebPPicture*) { return stop_requested() ? 0 : 1; }

/// Red, green, blue, and alpha where there is one: contiguous, in place when the picture lies so.
class Colours {
 public:
  explicit Colours(const imaging::Picture& picture) : alpha_(picture.channels() % 2 == 0) {
    const std::ptrdiff_t rows = picture.rows(), columns = picture.columns(), in = picture.channels();
    const auto* bytes = std::get_if<imaging::Pixels<std::uint8_t>>(&picture.pixels);
    if (bytes && bytes->view().is_contiguous() && in >= 3) {
      data_ = bytes->data();
      return;
    }
    const std::ptrdiff_t out = channels();
    made_ = imaging::Pixels<std::uint8_t>({rows, columns, out});
    Tensor<std::uint8_t, 1> scratch({columns * in});
    for (std::ptrdiff_t i = 0; i < rows; ++i) {
      if (i % kRowsPerStep == 0) throw_if_stopped();
      const std::uint8_t* from = row_as(picture.pixels, i, scratch.data());
      std::uint8_t* to = &made_(i, 0, 0);
      for (std::ptrdiff_t j = 0; j < columns; ++j, from += in, to += out) {
        for (std::ptrdiff_t c = 0; c < 3; ++c) to[c] = from[in >= 3 ? c : 0];
        if (alpha_) to[3] = from[in - 1];
      }
    }
    data_ = made_.data();
  }
  std::ptrdiff_t channels() const { return alpha_ ? 4 : 3; }
  const std::uint8_t* data() const { return data_; }

 private:
  bool alpha_;
  imaging::Pixels<std::uint8_t> made_;
  const std::uint8_t* data_ = nullptr;
};

std::vector<std::byte> encode_pixels(const imaging::Picture& picture, const std::string& name,
                                     const PictureWriteOptions& options) {
  WebPConfig config;
  WebPPicture frame;
  if (!WebPConfigInit(&config) || !WebPPictureInit(&frame))
    fail_picture(Errc::internal, name, kWebp.name, "another version of libwebp");
  const std::unique_ptr<WebPPicture, decltype(&WebPPictureFree)> owner(&frame, WebPPictureFree);
  config.lossless = options.lossless ? 1 : 0;
  config.exact = config.lossless;  // colours below alpha 0 as well
  if (!options.lossless) config.quality = static_cast<float>(options.quality);
  Chunks bytes;
  frame.use_argb = config.lossless;
  frame.width = static_cast<int>(picture.columns());
  frame.height = static_cast<int>(picture.rows());
  frame.writer = append;
  frame.custom_ptr = &bytes;
  frame.progress_hook = go_on;
  {
    const Colours colours(picture);
    const int row = static_cast<int>(picture.columns() * colours.channels());
    const auto import = colours.channels() == 4 ? WebPPictureImportRGBA : WebPPictureImportRGB;
    if (!import(&frame, colours.data(), row))
      fail_picture(Errc::resource_exhausted, name, kWebp.name, "no memory for libwebp");
  }
  if (WebPEncode(&config, &frame)) return bytes.joined();
  throw_if_stopped();
  const bool memory = frame.error_code == VP8_ENC_ERROR_OUT_OF_MEMORY ||
                      frame.error_code == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY ||
                      frame.error_code == VP8_ENC_ERROR_BAD_WRITE;
  if (memory) fail_picture(Errc::resource_exhausted, name, kWebp.name, "no memory for libwebp");
  fail_picture(Errc::invalid_argument, name, kWebp.name,
               "libwebp cannot encode it (its error " + std::to_string(frame.error_code) + ")");
}

WebPData data_over(const std::vector<std::byte>& bytes) { return {data_of(bytes), bytes.size()}; }

/// The file with profile and EXIF beside its pixels.
std::vector<std::byte> with_metadata(const std::vector<std::byte>& file, const std::vector<std::byte>& icc,
                                     const std::vector<std::byte>& exif, const std::string& name) {
  const WebPData image = data_over(file), profile = data_over(icc), payload = data_over(exif);
  const std::unique_ptr<WebPMux, decltype(&WebPMuxDelete)> mux(WebPMuxNew(), WebPMuxDelete);
  WebPData all{};
  const std::unique_ptr<WebPData, decltype(&WebPDataClear)> owner(&all, WebPDataClear);
  const bool good = mux && WebPMuxSetImage(mux.get(), &image, 0) == WEBP_MUX_OK &&
                    (icc.empty() || WebPMuxSetChunk(mux.get(), "ICCP", &profile, 0) == WEBP_MUX_OK) &&
                    (exif.empty() || WebPMuxSetChunk(mux.get(), "EXIF", &payload, 0) == WEBP_MUX_OK) &&
                    WebPMuxAssemble(mux.get(), &all) == WEBP_MUX_OK;
  if (!good) fail_picture(Errc::resource_exhausted, name, kWebp.name, "no memory for the metadata");
  const Bytes bytes = bytes_at(all.bytes, all.size);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::vector<std::byte> encode_webp(const imaging::Picture& picture, const std::string& name,
                                   const PictureWriteOptions& options) {
  if (picture.columns() > WEBP_MAX_DIMENSION || picture.rows() > WEBP_MAX_DIMENSION)
    fail_picture(Errc::invalid_argument, name, kWebp.name,
                 std::to_string(picture.columns()) + " x " + std::to_string(picture.rows()) +
                     " pixels; WebP goes to 16383 x 16383");
  std::vector<std::byte> file = encode_pixels(picture, name, options);
  const std::vector<std::byte> exif = exif_to_write(picture.metadata, options.keep_metadata);
  if (exif.empty() && picture.metadata.icc.empty()) return file;
  return with_metadata(file, picture.metadata.icc, exif, name);
}

}  // namespace lagoon::files
