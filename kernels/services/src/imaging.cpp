// SPDX-License-Identifier: Apache-2.0
#include <lagoon/services/imaging.hpp>

#include <lagoon/engine/parallel.hpp>
#include <lagoon/rpc/serve.hpp>

#include <algorithm>
#include <cmath>

#include "imaging_files.hpp"
#include "message_bytes.hpp"

namespace lagoon::services {
namespace {

constexpr std::ptrdiff_t kGrain = 1 << 16;  // values: 20 us of rounding or copying

[[noreturn]] void unknown(const char* method, const char* field, const std::string& value, const char* known) {
  throw Error(Errc::invalid_argument,
              std::string(method) + ": " + field + " " + (value.empty() ? "''" : value) + " is not known; " + known);
}

imaging::Fit fit_of(const std::string& word, const char* method) {
  if (word == "fit") return imaging::Fit::fit;
  if (word == "fill") return imaging::Fit::fill;
  if (word == "exact") return imaging::Fit::exact;
  unknown(method, "fit", word, "fit, fill and exact are");
}

imaging::ResizeFilter filter_of(const std::string& word, const char* method) {
  if (word == "box") return imaging::ResizeFilter::box;
  if (word == "bilinear") return imaging::ResizeFilter::bilinear;
  if (word == "bicubic") return imaging::ResizeFilter::bicubic;
  if (word == "lanczos3") return imaging::ResizeFilter::lanczos3;
  unknown(method, "filter", word, "box, bilinear, bicubic and lanczos3 are");
}

std::span<const std::byte> bytes_of(const Frozen<std::uint8_t, 1>& bytes, const char* method) {
  if (bytes.empty()) throw Error(Errc::invalid_argument, std::string(method) + ": bytes is empty");
  if (!bytes.view().is_contiguous())
    throw Error(Errc::invalid_argument, std::string(method) + ": bytes has gaps; copy_of makes a copy without them");
  return std::as_bytes(std::span(bytes.data(), bytes.bytes()));
}

/// A picture over the pixels of a request, which stay where they are.
imaging::Picture picture_over(const Frozen<std::uint8_t, 3>& pixels) {
  const auto keep = std::make_shared<Frozen<std::uint8_t, 3>>(pixels);
  // A picture owns what it could write; kernels and encoders take it as const, so that nobody does.
  auto* data = const_cast<std::uint8_t*>(pixels.data());
  const View<std::uint8_t, 3> view(data, pixels.extents(), pixels.view().strides());
  imaging::Picture picture;
  picture.pixels = Tensor<std::uint8_t, 3>::over(view, keep);
  return picture;
}

void check_pixels(const Frozen<std::uint8_t, 3>& pixels, const char* method) {
  const Extents<3> e = pixels.extents();
  if (pixels.empty() || e[2] > 4)
    throw Error(Errc::invalid_argument, std::string(method) + ": pixels is " + std::to_string(e[0]) + "x" +
                                            std::to_string(e[1]) + "x" + std::to_string(e[2]) +
                                            "; rows x columns x 1 to 4 channels are wanted");
}

template <class T>
std::uint8_t in_8_bits(T value) {
  if constexpr (std::is_same_v<T, std::uint16_t>)
    return static_cast<std::uint8_t>((value * 255U + 32767U) / 65535U);
  else
    return static_cast<std::uint8_t>(std::lround(255 * std::clamp(value == value ? value : T{}, T{0}, T{1})));
}

Frozen<std::uint8_t, 3> pixels_of(imaging::Picture&& picture) {
  return std::visit(
      []<class T>(imaging::Pixels<T>& from) {
        if constexpr (std::is_same_v<T, std::uint8_t>) {
          return std::move(from).freeze();
        } else {
          Tensor<std::uint8_t, 3> to(from.extents());
          parallel_for(from.size(), {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
            for (std::ptrdiff_t i = begin; i < end; ++i) to.data()[i] = in_8_bits(from.data()[i]);
          });
          return std::move(to).freeze();
        }
      },
      picture.pixels);
}

Frozen<std::uint8_t, 1> encoded(const imaging::Picture& picture, const files::PictureWriteOptions& options) {
  const std::vector<std::byte> bytes = files::encode_picture(picture, options);
  return message_bytes(bytes.data(), bytes.size());
}

bool changes_nothing(const imaging::Recipe& r) { return !r.size && r.sharpen == 0 && r.colour.none() && !r.grey; }

ProcessedImage process_image(const ProcessImageRequest& r) {
  const imaging::Recipe recipe = recipe_of(r.recipe, "process_image");
  const files::PictureWriteOptions options = write_options_of(r.encoding, "process_image");
  check_preview(r.preview, "process_image");
  imaging::Picture picture;
  files::PictureInfo info;
  const bool has_pixels = !r.pixels.empty();
  if (has_pixels) {
    check_pixels(r.pixels, "process_image");
    picture = picture_over(r.pixels);
    info.rows = r.pixels.extent(0);
    info.columns = r.pixels.extent(1);
  } else {
    const std::span<const std::byte> bytes = bytes_of(r.bytes, r.name.empty() ? "process_image" : r.name.c_str());
    picture = decode_for(recipe, bytes, r.name.empty() ? "process_image: bytes" : r.name, &info);
  }
  ProcessedImage reply;
  reply.rows_in = info.rows;
  reply.columns_in = info.columns;
  reply.format = picture.format;
  reply.warnings = std::move(picture.warnings);
  const bool as_it_is = has_pixels && changes_nothing(recipe);
  if (!as_it_is) picture = imaging::apply(picture, recipe);
  reply.rows = picture.rows();
  reply.columns = picture.columns();
  reply.channels = picture.channels();
  if (r.preview > 0) reply.preview = preview_of(picture, r.preview);
  if (!options.format.empty())
    reply.bytes = encoded(picture, options);
  else
    reply.pixels = as_it_is ? r.pixels : pixels_of(std::move(picture));
  return reply;
}

DecodedImage decode(const DecodeImageRequest& r) {
  if (r.at_least_columns < 0 || r.at_least_rows < 0)
    throw Error(Errc::out_of_range, "decode: a size to decode at must not be negative");
  auto picture = files::decode_picture(bytes_of(r.bytes, "decode"), "decode: bytes",
                                       {.at_least_columns = static_cast<std::ptrdiff_t>(r.at_least_columns),
                                        .at_least_rows = static_cast<std::ptrdiff_t>(r.at_least_rows)});
  DecodedImage reply{
      .format = picture.format, .orientation = picture.metadata.orientation, .warnings = std::move(picture.warnings)};
  reply.pixels = pixels_of(std::move(picture));
  return reply;
}

EncodedImage encode(const EncodeImageRequest& r) {
  const files::PictureWriteOptions options = write_options_of(r.encoding, "encode");
  if (options.format.empty()) unknown("encode", "encoding.format", "", "jpeg, png, tiff and webp are");
  check_pixels(r.pixels, "encode");
  return {encoded(picture_over(r.pixels), options)};
}

ImageInfo info(const ImageInfoRequest& r) {
  const files::PictureInfo i = files::picture_info(bytes_of(r.bytes, "info"), "info: bytes");
  return {i.format, i.rows, i.columns, i.channels, i.bits, i.orientation};
}

}  // namespace

imaging::Recipe recipe_of(const ImageRecipe& r, const char* method) {
  imaging::Recipe recipe;
  recipe.upright = r.upright;
  if (r.columns != 0 || r.rows != 0) {
    if (r.columns < 1 || r.rows < 1)
      throw Error(Errc::out_of_range, std::string(method) + ": the size is " + std::to_string(r.columns) + "x" +
                                          std::to_string(r.rows) + "; both sides must be 1 at least, or both 0");
    recipe.size = imaging::Size{r.columns, r.rows};
  }
  recipe.fit = fit_of(r.fit, method);
  recipe.enlarge = r.enlarge;
  recipe.filter = filter_of(r.filter, method);
  recipe.linear_light = r.linear_light;
  recipe.sharpen = r.sharpen;
  recipe.sharpen_sigma = r.sharpen_sigma;
  recipe.colour = {.brightness = r.brightness, .contrast = r.contrast, .saturation = r.saturation, .gamma = r.gamma};
  recipe.grey = r.grey;
  return recipe;
}

files::PictureWriteOptions write_options_of(const ImageEncoding& e, const char* method) {
  const std::string& format = e.format;
  if (!format.empty() && format != "jpeg" && format != "png" && format != "tiff" && format != "webp")
    unknown(method, "encoding.format", format, "jpeg, png, tiff and webp are");
  const auto within = [&](std::int64_t value, std::int64_t low, std::int64_t high, const char* field) {
    if (value < low || value > high)
      throw Error(Errc::out_of_range, std::string(method) + ": encoding." + field + " is " + std::to_string(value) +
                                          "; " + std::to_string(low) + " to " + std::to_string(high) + " can be");
    return static_cast<int>(value);
  };
  const std::int64_t chroma = e.chroma_subsampling;
  if (chroma != 444 && chroma != 422 && chroma != 420)
    unknown(method, "encoding.chroma_subsampling", std::to_string(chroma), "444, 422 and 420 are");
  return {.format = format,
          .quality = within(e.quality, 1, 100, "quality"),
          .progressive = e.progressive,
          .chroma_subsampling = static_cast<int>(chroma),
          .compression = within(e.compression, 0, 9, "compression"),
          .lossless = e.lossless,
          .keep_metadata = e.keep_metadata};
}

Service imaging_service() {
  return serve<Imaging>(
      on<ProcessImage>(process_image), on<DecodeImage>(decode), on<EncodeImage>(encode), on<InfoOfImage>(info),
      on<ProcessImageFile>([](const ImageFileRequest& r) { return process_file(r); }), on<ProcessBatch>(process_batch));
}

}  // namespace lagoon::services
