// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/kernels/imaging/picture.hpp>
#include <span>
#include <string>
#include <string_view>

namespace lagoon::files {

/// What a file may cost, looked at before anything is allocated.
struct PictureLimits {
  std::ptrdiff_t max_pixels = std::ptrdiff_t{1} << 28;  ///< rows * columns
  /// Of the pixels decoded, as they are asked for, and of what a library holds of the whole picture besides: the
  /// coefficients of a progressive JPEG, the colours of a lossless WebP.
  std::ptrdiff_t max_bytes = std::ptrdiff_t{4} << 30;
};

struct PictureReadOptions {
  /// JPEG is decoded at 1/8, 1/4 or 1/2 of its size where that is still at least this large; 0: any. Both 0: whole. It
  /// is much faster, and what a resize to this size throws away is not decoded. Other formats come whole.
  std::ptrdiff_t at_least_columns = 0, at_least_rows = 0;
  bool upright = false;  ///< the two sizes are of the picture as its orientation wants it shown
  PictureLimits limits{};
};

/// What the header says, without decoding.
struct PictureInfo {
  std::string format;
  std::ptrdiff_t rows = 0, columns = 0, channels = 0;
  int bits = 8;  ///< of a channel
  int orientation = 1;
};

/// Reads a picture, whatever its format: JPEG, PNG, TIFF or WebP, told by its first bytes and not by its name. CMYK
/// becomes RGB, a palette its colours, 1 to 4 bits become 8; 16 bits stay, and so do TIFF's floats. Of an animation and
/// of several pages the first is read. A JPEG that is cut short is read as far as it goes, with a warning.
///   cost     one pass into the result, a look at the stop each few rows; JPEG as TurboJPEG does it
///   throws   not_found, permission_denied, invalid_argument (no picture, of an unknown format, or broken: naming file,
///            format and what the library says), resource_exhausted (limits), data_loss (cut short beyond use)
imaging::Picture read_picture(const std::string& path, const PictureReadOptions& options = {});
imaging::Picture decode_picture(std::span<const std::byte> bytes, const std::string& name,
                                const PictureReadOptions& options = {});
PictureInfo picture_info(std::span<const std::byte> bytes, const std::string& name);

struct PictureWriteOptions {
  std::string format{};          ///< "jpeg", "png", "tiff", "webp"; nothing: by the ending of the path
  int quality = 85;              ///< of jpeg and webp, 1 to 100
  bool progressive = false;      ///< of jpeg
  int chroma_subsampling = 420;  ///< of jpeg: 444, 422 or 420
  int compression = 6;           ///< of png and tiff, 0 to 9
  bool lossless = false;         ///< of webp
  /// Resolution and EXIF, which tells the picture's own orientation whatever it said before. False: the profile alone,
  /// and the orientation where that is not 1, lest the picture turns. TIFF has no EXIF.
  bool keep_metadata = false;
};

/// Writes a picture; the file appears whole or not at all (see AtomicFile). JPEG has no alpha: it is blended onto
/// white. JPEG and WebP have 8 bits, WebP no grey, and PNG no floats: they become 16 bits.
///   cost     a look at the stop each row or so; libwebp lets nobody look for 60 ms at 0.75 million pixels of noise
///   throws   invalid_argument (an option, no pixels, more than a format can hold), and as AtomicFile does
void write_picture(const std::string& path, const imaging::Picture& picture, const PictureWriteOptions& options = {});
std::vector<std::byte> encode_picture(const imaging::Picture& picture, const PictureWriteOptions& options);

}  // namespace lagoon::files
