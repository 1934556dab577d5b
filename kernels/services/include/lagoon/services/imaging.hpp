// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/rpc/contract.hpp>
#include <lagoon/rpc/service.hpp>
#include <string>
#include <vector>

namespace lagoon::services {

// Pixels are rows x columns x channels of sRGB in 8 bits: grey, grey and alpha, RGB, or RGB and alpha. A picture of 16
// bits keeps them from file to file and from bytes to bytes; where pixels are asked for it is rounded to 8.

/// What is done to a picture, in the order of the fields; all as it comes does nothing but to turn it upright.
struct ImageRecipe {
  bool upright = true;                  ///< turns it as its EXIF orientation says
  std::int64_t columns = 0, rows = 0;   ///< the new size; 0 and 0: as it is
  std::string fit = "fit";              ///< fit (inside the size), fill (cover it, the rest cut off), exact (stretch)
  bool enlarge = false;                 ///< whether a smaller picture becomes larger
  std::string filter = "lanczos3";      ///< box, bilinear, bicubic, lanczos3
  bool linear_light = false;            ///< resizes in light rather than in sRGB; then nothing is left out in decoding
  double sharpen = 0;                   ///< amount of unsharp mask; 0: none
  double sharpen_sigma = 0.5;           ///< pixels
  double brightness = 1, contrast = 1;  ///< factors; contrast is about middle grey
  double saturation = 1, gamma = 1;     ///< a factor; value^(1/gamma)
  bool grey = false;
  LAGOON_FIELDS(ImageRecipe, upright, columns, rows, fit, enlarge, filter, linear_light, sharpen, sharpen_sigma,
                brightness, contrast, saturation, gamma, grey)
};

/// How a picture becomes bytes. See files::PictureWriteOptions.
struct ImageEncoding {
  std::string format{};       ///< jpeg, png, tiff, webp; nothing: pixels as they are, or by the ending of a path
  std::int64_t quality = 85;  ///< of jpeg and webp, 1 to 100
  bool progressive = false;   ///< of jpeg
  std::int64_t chroma_subsampling = 420;  ///< of jpeg: 444, 422 or 420
  std::int64_t compression = 6;           ///< of png, 0 to 9
  bool lossless = false;                  ///< of webp
  bool keep_metadata = false;             ///< EXIF besides the colour profile
  LAGOON_FIELDS(ImageEncoding, format, quality, progressive, chroma_subsampling, compression, lossless, keep_metadata)
};

/// A picture as pixels, which are read where they are, or as the bytes of a file of any format.
struct ProcessImageRequest {
  Frozen<std::uint8_t, 3> pixels{};
  Frozen<std::uint8_t, 1> bytes{};  ///< read when there are no pixels
  ImageRecipe recipe{};
  ImageEncoding encoding{};
  std::string name{};        ///< of the picture, in what is said about it
  std::int64_t preview = 0;  ///< pixels of the longer side of a small JPEG of the result; 0: none
  LAGOON_FIELDS(ProcessImageRequest, pixels, bytes, recipe, encoding, name, preview)
};
struct ProcessedImage {
  Frozen<std::uint8_t, 3> pixels{};  ///< those of the request where the recipe changes nothing; empty with a format
  Frozen<std::uint8_t, 1> bytes{};   ///< in the format that was asked for
  std::int64_t rows = 0, columns = 0, channels = 0;
  std::vector<std::string> warnings{};       ///< what was wrong with the bytes and could be lived with
  std::int64_t rows_in = 0, columns_in = 0;  ///< of the request, shown as its orientation wants it
  std::string format{};                      ///< of the request's bytes
  Frozen<std::uint8_t, 1> preview{};
  LAGOON_FIELDS(ProcessedImage, pixels, bytes, rows, columns, channels, warnings, rows_in, columns_in, format, preview)
};

struct DecodeImageRequest {
  Frozen<std::uint8_t, 1> bytes{};
  std::int64_t at_least_columns = 0, at_least_rows = 0;  ///< a JPEG may come smaller, down to this size; 0: whole
  LAGOON_FIELDS(DecodeImageRequest, bytes, at_least_columns, at_least_rows)
};
struct DecodedImage {
  Frozen<std::uint8_t, 3> pixels{};
  std::string format{};
  std::int64_t orientation = 1;  ///< EXIF's, not applied
  std::vector<std::string> warnings{};
  LAGOON_FIELDS(DecodedImage, pixels, format, orientation, warnings)
};

struct EncodeImageRequest {
  Frozen<std::uint8_t, 3> pixels{};
  ImageEncoding encoding{};  ///< its format must be said
  LAGOON_FIELDS(EncodeImageRequest, pixels, encoding)
};
struct EncodedImage {
  Frozen<std::uint8_t, 1> bytes{};
  LAGOON_FIELDS(EncodedImage, bytes)
};

struct ImageInfoRequest {
  Frozen<std::uint8_t, 1> bytes{};  ///< the whole file or its beginning
  LAGOON_FIELDS(ImageInfoRequest, bytes)
};
struct ImageInfo {
  std::string format{};
  std::int64_t rows = 0, columns = 0, channels = 0, bits = 8, orientation = 1;
  LAGOON_FIELDS(ImageInfo, format, rows, columns, channels, bits, orientation)
};

struct ImageFileRequest {
  std::string input{}, output{};  ///< paths where the service runs; the output appears whole or not at all
  ImageRecipe recipe{};
  ImageEncoding encoding{};
  std::int64_t preview = 0;  ///< pixels of the longer side of a small JPEG of the result; 0: none
  LAGOON_FIELDS(ImageFileRequest, input, output, recipe, encoding, preview)
};
struct ImageFileResult {
  std::int64_t rows_in = 0, columns_in = 0, rows = 0, columns = 0;
  std::int64_t bytes_in = 0, bytes_out = 0;
  std::string format{};  ///< of the input
  std::vector<std::string> warnings{};
  Frozen<std::uint8_t, 1> preview{};
  LAGOON_FIELDS(ImageFileResult, rows_in, columns_in, rows, columns, bytes_in, bytes_out, format, warnings, preview)
};

struct ImageBatchRequest {
  std::vector<std::string> inputs{}, outputs{};  ///< as many of one as of the other
  ImageRecipe recipe{};
  ImageEncoding encoding{};
  std::int64_t at_once = 0;  ///< photographs under way at a time; 0: as many as there are cores
  LAGOON_FIELDS(ImageBatchRequest, inputs, outputs, recipe, encoding, at_once)
};
/// One photograph of a batch, in the order in which they end.
struct ImageBatchProgress {
  std::int64_t current = 0;  ///< which of the inputs, from 0
  std::string name{};        ///< its path
  bool ok = true;
  std::string error{};  ///< why not; the others go on
  double seconds = 0;   ///< that it took
  ImageFileResult file{};
  std::int64_t processed = 0, total = 0;  ///< photographs that have ended, this one among them
  double progress = 0;                    ///< processed / total
  LAGOON_FIELDS(ImageBatchProgress, current, name, ok, error, seconds, file, processed, total, progress)
};

using ProcessImage = Unary<"process_image", ProcessImageRequest, ProcessedImage, Idempotent, CpuBound,
                           Doc<"Orient, resize, sharpen and colour one picture; pixels or bytes in and out">>;
using DecodeImage =
    Unary<"decode", DecodeImageRequest, DecodedImage, Idempotent, CpuBound, Doc<"Pixels of a JPEG, PNG, TIFF or WebP">>;
using EncodeImage =
    Unary<"encode", EncodeImageRequest, EncodedImage, Idempotent, CpuBound, Doc<"Pixels as the bytes of a file">>;
using InfoOfImage =
    Unary<"info", ImageInfoRequest, ImageInfo, Idempotent, Doc<"Size and kind of a picture, without decoding it">>;
using ProcessImageFile =
    Unary<"process_file", ImageFileRequest, ImageFileResult, Idempotent, CpuBound, Doc<"The same from file to file">>;
using ProcessBatch = ServerStream<"process_batch", ImageBatchRequest, ImageBatchProgress, Idempotent, CpuBound,
                                  Doc<"Many files side by side; what is wrong with one does not stop the others">>;

using Imaging =
    Contract<"lagoon.Imaging", ProcessImage, DecodeImage, EncodeImage, InfoOfImage, ProcessImageFile, ProcessBatch>;

Service imaging_service();

}  // namespace lagoon::services
