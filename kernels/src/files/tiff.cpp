// SPDX-License-Identifier: Apache-2.0
// Reading TIFF, and what makes it a format. Grey and colours of 8 bits, 16 bits or floats are read as they are; the
// rest (palettes, few bits, faxes, CMYK, YCbCr) by libtiff's own conversion to 8-bit colours.
#include <lagoon/engine/stop.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "csv_error.hpp"
#include "picture_format.hpp"
#include "picture_rows.hpp"
#include "tiff_encode.hpp"
#include "tiff_errors.hpp"

namespace lagoon::files {
namespace {

constexpr std::ptrdiff_t kMaxPiece = 128 << 20;  // bytes of a tile, and of any one thing that libtiff asks for

struct Source {
  Bytes bytes;
  std::size_t at = 0;
};

tmsize_t take(thandle_t client, void* to, tmsize_t size) {
  auto& source = *static_cast<Source*>(client);
  const std::size_t begin = std::min(source.at, source.bytes.size());
  const std::size_t n = std::min(static_cast<std::size_t>(std::max<tmsize_t>(size, 0)), source.bytes.size() - begin);
  if (n > 0) std::memcpy(to, source.bytes.data() + begin, n);
  source.at = begin + n;
  return static_cast<tmsize_t>(n);
}

tmsize_t put_nothing(thandle_t, void*, tmsize_t) { return -1; }

toff_t seek(thandle_t client, toff_t to, int from) {
  auto& source = *static_cast<Source*>(client);
  source.at = (from == SEEK_SET ? 0 : from == SEEK_CUR ? source.at : source.bytes.size()) + to;
  return source.at;
}

toff_t size_of(thandle_t client) { return static_cast<Source*>(client)->bytes.size(); }

int map(thandle_t client, void** base, toff_t* size) {
  const Source& source = *static_cast<Source*>(client);
  *base = const_cast<std::byte*>(source.bytes.data());  // libtiff only reads what it has mapped
  *size = source.bytes.size();
  return 1;
}

/// What the directory says of the pixels.
struct Layout {
  std::uint32_t columns = 0, rows = 0;
  std::uint16_t bits = 1, samples = 1, format = SAMPLEFORMAT_UINT, planes = PLANARCONFIG_CONTIG;
  std::uint16_t photometric = PHOTOMETRIC_MINISBLACK, compression = COMPRESSION_NONE;
  std::uint16_t orientation = 1;
  bool alpha = false, premultiplied = false;
  bool direct = false;  // read as it is, not by libtiff's conversion
  std::ptrdiff_t channels = 1;
};

/// Colours that were multiplied by alpha, as they were before.
template <class T>
void divide_by_alpha(T* row, std::ptrdiff_t columns, std::ptrdiff_t channels) {
  for (std::ptrdiff_t j = 0; j < columns; ++j, row += channels) {
    const float alpha = level<float>(row[channels - 1]);
    for (std::ptrdiff_t c = 0; c + 1 < channels; ++c) row[c] = alpha > 0 ? level<T>(level<float>(row[c]) / alpha) : T{};
  }
}

class TiffReader {
 public:
  TiffReader(Bytes bytes, const std::string& name) : name_(name), source_{bytes} {
    tiff_ = open_tiff(name, "r", {&source_, take, put_nothing, seek, size_of, map}, errors_, kMaxPiece);
    if (!tiff_) fail();
    read_layout();
  }

  PictureInfo info() const {
    PictureInfo info;
    info.rows = layout_.rows;
    info.columns = layout_.columns;
    info.channels = layout_.channels;
    info.bits = layout_.direct ? layout_.bits : 8;
    info.orientation = layout_.orientation;
    return info;
  }

  imaging::Picture decode(const PictureReadOptions& options) {
    const std::ptrdiff_t rows = layout_.rows, columns = layout_.columns;
    // Within what is wanted first: the products below cannot overflow then.
    check_limits({rows, columns, 0}, options.limits, name_, kTiff.name);
    const std::ptrdiff_t pixel = layout_.direct ? layout_.channels * (layout_.bits / 8) : layout_.channels + 4;
    check_limits({rows, columns, rows * columns * pixel}, options.limits, name_, kTiff.name);
    check_size(rows * columns);
    imaging::Picture picture;
    if (!layout_.direct)
      picture.pixels = converted();
    else if (layout_.bits == 8)
      picture.pixels = pixels<std::uint8_t>();
    else if (layout_.bits == 16)
      picture.pixels = pixels<std::uint16_t>();
    else
      picture.pixels = pixels<float>();
    read_metadata(picture.metadata);
    for (std::size_t k = 0; k < errors_.warning_count; ++k) picture.warnings.emplace_back(errors_.warnings[k].data());
    return picture;
  }

 private:
  [[noreturn]] void fail() const { fail_picture(Errc::invalid_argument, name_, kTiff.name, errors_.text()); }

  std::uint16_t field(ttag_t tag) const {
    std::uint16_t value = 0;
    TIFFGetFieldDefaulted(tiff_.get(), tag, &value);
    return value;
  }

  void read_layout() {
    Layout& l = layout_;
    TIFF* const tiff = tiff_.get();
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &l.columns);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &l.rows);
    l.bits = field(TIFFTAG_BITSPERSAMPLE);
    l.samples = field(TIFFTAG_SAMPLESPERPIXEL);
    l.format = field(TIFFTAG_SAMPLEFORMAT);
    l.planes = field(TIFFTAG_PLANARCONFIG);
    l.compression = field(TIFFTAG_COMPRESSION);
    l.orientation = field(TIFFTAG_ORIENTATION);
    if (l.orientation < 1 || l.orientation > 8) l.orientation = 1;
    if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &l.photometric))
      l.photometric = l.samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
    if (!TIFFIsCODECConfigured(l.compression))
      fail_picture(Errc::invalid_argument, name_, kTiff.name,
                   "compression " + std::to_string(l.compression) + " is not one that this libtiff can undo");
    if (l.photometric == PHOTOMETRIC_YCBCR && l.compression == COMPRESSION_JPEG && l.samples == 3 && l.bits == 8 &&
        l.planes == PLANARCONFIG_CONTIG && TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB))
      l.photometric = PHOTOMETRIC_RGB;  // libjpeg makes it so
    const bool grey = l.photometric == PHOTOMETRIC_MINISBLACK || l.photometric == PHOTOMETRIC_MINISWHITE;
    const std::uint16_t colours = grey ? 1 : 3;
    std::uint16_t extra = 0;
    const std::uint16_t* meaning = nullptr;
    if (TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &extra, &meaning) && extra > 0) {
      l.premultiplied = meaning[0] == EXTRASAMPLE_ASSOCALPHA;
      l.alpha = l.premultiplied || meaning[0] == EXTRASAMPLE_UNASSALPHA;
    } else {
      l.alpha = (grey || l.photometric == PHOTOMETRIC_RGB) && l.samples == colours + 1;  // as careless writers mean it
    }
    l.alpha = l.alpha && l.samples > colours;
    const bool integers = (l.bits == 8 || l.bits == 16) && l.format == SAMPLEFORMAT_UINT;
    const bool floats = l.bits == 32 && l.format == SAMPLEFORMAT_IEEEFP && l.photometric != PHOTOMETRIC_MINISWHITE;
    l.direct = (integers || floats) && (grey || l.photometric == PHOTOMETRIC_RGB) && l.samples >= colours;
    if (!l.direct) {
      std::array<char, 1024> why{};
      if (l.format != SAMPLEFORMAT_UINT || !TIFFRGBAImageOK(tiff, why.data()))
        fail_picture(Errc::invalid_argument, name_, kTiff.name,
                     why[0] ? std::string(why.data())
                            : std::to_string(l.bits) + "-bit samples of format " + std::to_string(l.format) +
                                  " are not read; 8 and 16 bits unsigned and 32-bit floats are");
    }
    l.channels = colours + (l.alpha ? 1 : 0);
  }

  /// Whether the file can hold so many pixels at all; only of compressions whose best is known.
  void check_size(std::ptrdiff_t pixels) const {
    if (TIFFIsTiled(tiff_.get())) return;  // tiles that are alike may be one
    std::ptrdiff_t ratio = 0;
    switch (layout_.compression) {
      case COMPRESSION_NONE: ratio = 1; break;
      case COMPRESSION_PACKBITS: ratio = 64; break;  // 128 bytes from two
      case COMPRESSION_ADOBE_DEFLATE:
      case COMPRESSION_DEFLATE: ratio = 1032; break;  // zlib's own figure
      case COMPRESSION_LZW: ratio = 4096; break;      // no string is longer
      default: return;
    }
    const std::ptrdiff_t stored = pixels / 8 * layout_.bits;  // of one sample at least
    if (stored / ratio > std::ssize(source_.bytes))
      fail_picture(Errc::data_loss, name_, kTiff.name,
                   counted(source_.bytes.size(), "byte") + " are too few for " + std::to_string(layout_.columns) +
                       " x " + std::to_string(layout_.rows) + " pixels");
  }

  template <class T>
  imaging::Pixels<T> pixels() {
    imaging::Pixels<T> pixels({layout_.rows, layout_.columns, layout_.channels});
    const bool separate = layout_.planes == PLANARCONFIG_SEPARATE;
    const std::ptrdiff_t planes = separate ? layout_.channels : 1;
    for (std::ptrdiff_t plane = 0; plane < planes; ++plane) {
      if (TIFFIsTiled(tiff_.get()))
        read_tiles(pixels, plane, separate);
      else
        read_strips(pixels, plane, separate);
    }
    for (std::ptrdiff_t i = 0; i < layout_.rows; ++i) {
      if (i % kRowsPerStep == 0) throw_if_stopped();
      finish(&pixels(i, 0, 0));
    }
    return pixels;
  }

  template <class T>
  void finish(T* row) const {
    const std::ptrdiff_t columns = layout_.columns, channels = layout_.channels;
    if constexpr (!std::is_same_v<T, float>) {
      if (layout_.photometric == PHOTOMETRIC_MINISWHITE)
        for (std::ptrdiff_t j = 0; j < columns; ++j) row[j * channels] = static_cast<T>(~row[j * channels]);
    }
    if (layout_.alpha && layout_.premultiplied) divide_by_alpha(row, columns, channels);
  }

  /// Samples of the file to where they belong among the channels.
  template <class T>
  static void scatter(const T* from, std::ptrdiff_t samples, T* to, std::ptrdiff_t channels, std::ptrdiff_t taken,
                      std::ptrdiff_t columns) {
    for (std::ptrdiff_t j = 0; j < columns; ++j, from += samples, to += channels)
      for (std::ptrdiff_t c = 0; c < taken; ++c) to[c] = from[c];
  }

  /// Bytes that libtiff will write are what we have made room for.
  void check_piece(std::uint64_t bytes, std::uint64_t expected) const {
    if (bytes != expected)
      fail_picture(Errc::invalid_argument, name_, kTiff.name, "its pieces have another size than its pixels");
  }

  template <class T>
  void read_strips(imaging::Pixels<T>& pixels, std::ptrdiff_t plane, bool separate) {
    const std::ptrdiff_t columns = layout_.columns, channels = layout_.channels;
    const std::ptrdiff_t samples = separate ? 1 : layout_.samples;
    check_piece(TIFFScanlineSize64(tiff_.get()), static_cast<std::uint64_t>(columns * samples) * sizeof(T));
    const bool in_place = samples == channels;
    Tensor<T, 1> scratch({in_place ? 0 : columns * samples});
    for (std::uint32_t i = 0; i < layout_.rows; ++i) {
      if (i % kRowsPerStep == 0) throw_if_stopped();
      T* const row = &pixels(static_cast<std::ptrdiff_t>(i), 0, 0);
      T* const to = in_place ? row : scratch.data();
      if (TIFFReadScanline(tiff_.get(), to, i, static_cast<std::uint16_t>(plane)) < 0)
        fail_strile(TIFFComputeStrip(tiff_.get(), i, static_cast<std::uint16_t>(plane)));
      if (!in_place) scatter(to, samples, row + plane, channels, separate ? 1 : channels, columns);
    }
  }

  template <class T>
  void read_tiles(imaging::Pixels<T>& pixels, std::ptrdiff_t plane, bool separate) {
    const std::ptrdiff_t channels = layout_.channels, samples = separate ? 1 : layout_.samples;
    std::uint32_t width = 0, height = 0;
    TIFFGetField(tiff_.get(), TIFFTAG_TILEWIDTH, &width);
    TIFFGetField(tiff_.get(), TIFFTAG_TILELENGTH, &height);
    const std::uint64_t bytes = TIFFTileSize64(tiff_.get());
    if (bytes == 0 || bytes > kMaxPiece)
      fail_picture(Errc::resource_exhausted, name_, kTiff.name,
                   "tiles of " + counted(bytes, "byte") + "; at most " + grouped(kMaxPiece) + " are read");
    check_piece(bytes, std::uint64_t{width} * height * static_cast<std::uint64_t>(samples) * sizeof(T));
    Tensor<T, 1> tile({static_cast<std::ptrdiff_t>(bytes / sizeof(T))});
    for (std::ptrdiff_t top = 0; top < layout_.rows; top += height)
      for (std::ptrdiff_t left = 0; left < layout_.columns; left += width) {
        throw_if_stopped();
        const auto x = static_cast<std::uint32_t>(left), y = static_cast<std::uint32_t>(top);
        const auto z = static_cast<std::uint16_t>(plane);
        if (TIFFReadTile(tiff_.get(), tile.data(), x, y, 0, z) < 0)
          fail_strile(TIFFComputeTile(tiff_.get(), x, y, 0, z));
        const std::ptrdiff_t rows = std::min<std::ptrdiff_t>(height, layout_.rows - top);
        const std::ptrdiff_t columns = std::min<std::ptrdiff_t>(width, layout_.columns - left);
        for (std::ptrdiff_t i = 0; i < rows; ++i)
          scatter(tile.data() + i * std::ptrdiff_t{width} * samples, samples, &pixels(top + i, left, plane), channels,
                  separate ? 1 : channels, columns);
      }
  }

  /// A strip or tile could not be read: because it lies behind the end of the file, or else.
  [[noreturn]] void fail_strile(std::uint32_t strile) const {
    const std::uint64_t begin = TIFFGetStrileOffset(tiff_.get(), strile);
    const std::uint64_t bytes = TIFFGetStrileByteCount(tiff_.get(), strile), size = source_.bytes.size();
    if (begin > size || bytes > size - begin)
      fail_picture(Errc::data_loss, name_, kTiff.name, "the file ends before its pixels do");
    fail();
  }

  /// By libtiff's conversion, a strip or a row of tiles at a time.
  imaging::Pixels<std::uint8_t> converted() {
    const std::ptrdiff_t rows = layout_.rows, columns = layout_.columns, channels = layout_.channels;
    std::uint32_t step = 0;
    TIFFGetFieldDefaulted(tiff_.get(), TIFFIsTiled(tiff_.get()) ? TIFFTAG_TILELENGTH : TIFFTAG_ROWSPERSTRIP, &step);
    const std::ptrdiff_t band = std::clamp<std::ptrdiff_t>(step, 1, rows);
    std::array<char, 1024> why{};
    TIFFRGBAImage image{};
    if (!TIFFRGBAImageBegin(&image, tiff_.get(), 1, why.data()))
      fail_picture(Errc::invalid_argument, name_, kTiff.name, why.data());
    const std::unique_ptr<TIFFRGBAImage, decltype(&TIFFRGBAImageEnd)> owner(&image, TIFFRGBAImageEnd);
    image.req_orientation = image.orientation;  // as it lies
    imaging::Pixels<std::uint8_t> pixels({rows, columns, channels});
    Tensor<std::uint32_t, 2> raster({band, columns});
    for (std::ptrdiff_t top = 0; top < rows; top += band) {
      throw_if_stopped();
      const std::ptrdiff_t n = std::min(band, rows - top);
      image.row_offset = static_cast<int>(top);
      if (!TIFFRGBAImageGet(&image, raster.data(), layout_.columns, static_cast<std::uint32_t>(n))) fail();
      const std::uint32_t* from = raster.data();
      std::uint8_t* to = &pixels(top, 0, 0);
      for (std::ptrdiff_t k = 0; k < n * columns; ++k, ++from, to += channels) {
        for (std::ptrdiff_t c = 0; c < (channels <= 2 ? 1 : 3); ++c)
          to[c] = static_cast<std::uint8_t>(*from >> (8 * c));
        if (layout_.alpha) to[channels - 1] = static_cast<std::uint8_t>(*from >> 24);
      }
      if (!layout_.alpha) continue;
      for (std::ptrdiff_t i = top; i < top + n; ++i) divide_by_alpha(&pixels(i, 0, 0), columns, channels);
    }
    return pixels;
  }

  void read_metadata(imaging::Metadata& metadata) const {
    metadata.orientation = layout_.orientation;
    std::uint32_t size = 0;
    const void* profile = nullptr;
    if (TIFFGetField(tiff_.get(), TIFFTAG_ICCPROFILE, &size, &profile) && profile) {
      const Bytes bytes = bytes_at(profile, size);
      metadata.icc.assign(bytes.begin(), bytes.end());
    }
    float density = 0;
    const std::uint16_t unit = field(TIFFTAG_RESOLUTIONUNIT);
    const bool said = TIFFGetField(tiff_.get(), TIFFTAG_XRESOLUTION, &density) != 0 && density > 0;
    if (said && unit == RESUNIT_INCH) metadata.pixels_per_inch = density;
    if (said && unit == RESUNIT_CENTIMETER) metadata.pixels_per_inch = density * 2.54;
  }

  const std::string& name_;
  Source source_;
  TiffErrors errors_;  // outlives the handle, which may still complain when it is closed
  TiffHandle tiff_;
  Layout layout_;
};

bool is_tiff(Bytes b) {
  if (b.size() < 4) return false;
  return std::memcmp(b.data(), "II*\0", 4) == 0 || std::memcmp(b.data(), "MM\0*", 4) == 0 ||
         std::memcmp(b.data(), "II+\0", 4) == 0 || std::memcmp(b.data(), "MM\0+", 4) == 0;  // + is BigTIFF
}

PictureInfo info(Bytes bytes, const std::string& name) { return TiffReader(bytes, name).info(); }

imaging::Picture decode(Bytes bytes, const std::string& name, const PictureReadOptions& options) {
  return TiffReader(bytes, name).decode(options);
}

}  // namespace

const PictureFormat kTiff = {"tiff", {"tif", "tiff"}, is_tiff, info, decode, encode_tiff};

}  // namespace lagoon::files
