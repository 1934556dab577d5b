// SPDX-License-Identifier: Apache-2.0
#include "tiff_encode.hpp"

#include <lagoon/engine/stop.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <limits>
#include <type_traits>

#include "picture_format.hpp"
#include "picture_rows.hpp"
#include "tiff_errors.hpp"

namespace lagoon::files {
namespace {

constexpr std::ptrdiff_t kStripBytes = 256 << 10;
constexpr std::ptrdiff_t kMaxClassic = std::ptrdiff_t{3} << 30;  // places in a TIFF file are 32 bits wide

/// A file in memory that can be written anywhere: libtiff comes back to its beginning when it knows the rest.
struct Sink {
  std::vector<std::byte> bytes;
  std::size_t at = 0;
};

tmsize_t take(thandle_t client, void* to, tmsize_t size) {
  auto& sink = *static_cast<Sink*>(client);
  const std::size_t n =
      std::min(static_cast<std::size_t>(size), sink.bytes.size() - std::min(sink.at, sink.bytes.size()));
  std::memcpy(to, sink.bytes.data() + sink.at, n);
  sink.at += n;
  return static_cast<tmsize_t>(n);
}

tmsize_t put(thandle_t client, void* from, tmsize_t size) {
  auto& sink = *static_cast<Sink*>(client);
  const std::size_t n = static_cast<std::size_t>(size), end = sink.at + n;
  try {
    if (end > sink.bytes.capacity()) sink.bytes.reserve(std::max(end, 2 * sink.bytes.capacity()));
    if (end > sink.bytes.size()) sink.bytes.resize(end);
  } catch (...) {  // must not pass through libtiff
    return -1;
  }
  std::memcpy(sink.bytes.data() + sink.at, from, n);
  sink.at = end;
  return size;
}

toff_t seek(thandle_t client, toff_t to, int from) {
  auto& sink = *static_cast<Sink*>(client);
  const std::size_t base = from == SEEK_SET ? 0 : from == SEEK_CUR ? sink.at : sink.bytes.size();
  sink.at = base + to;
  return sink.at;
}

toff_t size_of(thandle_t client) { return static_cast<Sink*>(client)->bytes.size(); }
int map_nothing(thandle_t, void**, toff_t*) { return 0; }

void describe(TIFF* tiff, const imaging::Picture& picture, const PictureWriteOptions& options, int bits, bool floats) {
  const std::ptrdiff_t channels = picture.channels();
  const imaging::Metadata& m = picture.metadata;
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(picture.columns()));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(picture.rows()));
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, static_cast<int>(channels));
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, floats ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, channels <= 2 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, m.orientation);
  const std::ptrdiff_t row = picture.columns() * channels * (bits / 8);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<std::uint32_t>(std::max<std::ptrdiff_t>(1, kStripBytes / row)));
  if (channels % 2 == 0) {
    const std::uint16_t alpha = EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &alpha);
  }
  if (options.compression > 0) {
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    TIFFSetField(tiff, TIFFTAG_PREDICTOR, floats ? PREDICTOR_FLOATINGPOINT : PREDICTOR_HORIZONTAL);
    TIFFSetField(tiff, TIFFTAG_ZIPQUALITY, options.compression);
  }
  if (!m.icc.empty()) TIFFSetField(tiff, TIFFTAG_ICCPROFILE, static_cast<std::uint32_t>(m.icc.size()), m.icc.data());
  if (!options.keep_metadata || !(m.pixels_per_inch > 0)) return;
  TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
  TIFFSetField(tiff, TIFFTAG_XRESOLUTION, m.pixels_per_inch);
  TIFFSetField(tiff, TIFFTAG_YRESOLUTION, m.pixels_per_inch);
}

template <class T>
std::vector<std::byte> encode(const imaging::Picture& picture, const std::string& name,
                              const PictureWriteOptions& options) {
  const std::ptrdiff_t row = picture.columns() * picture.channels();
  const std::ptrdiff_t row_bytes = row * static_cast<std::ptrdiff_t>(sizeof(T));
  const bool big = row_bytes > kMaxClassic / picture.rows();
  Sink sink;
  TiffErrors errors;
  auto fail = [&] { fail_picture(Errc::invalid_argument, name, kTiff.name, errors.text()); };
  const TiffBytes bytes = {&sink, take, put, seek, size_of, map_nothing};
  {
    const TiffHandle tiff = open_tiff(name, big ? "w8" : "w", bytes, errors, std::numeric_limits<tmsize_t>::max());
    if (!tiff) fail();
    describe(tiff.get(), picture, options, 8 * sizeof(T), std::is_same_v<T, float>);
    Tensor<T, 1> scratch({row});
    for (std::ptrdiff_t i = 0; i < picture.rows(); ++i) {
      if (i % kRowsPerStep == 0) throw_if_stopped();
      const T* levels = row_as(picture.pixels, i, scratch.data());
      // The predictor works in place: never on the caller's own pixels.
      if (levels != scratch.data()) std::memcpy(scratch.data(), levels, static_cast<std::size_t>(row_bytes));
      if (TIFFWriteScanline(tiff.get(), scratch.data(), static_cast<std::uint32_t>(i)) < 0) fail();
    }
    if (!TIFFWriteDirectory(tiff.get())) fail();
  }
  return std::move(sink.bytes);
}

}  // namespace

std::vector<std::byte> encode_tiff(const imaging::Picture& picture, const std::string& name,
                                   const PictureWriteOptions& options) {
  constexpr std::ptrdiff_t kMaxSide = std::numeric_limits<std::int32_t>::max();
  if (picture.rows() > kMaxSide || picture.columns() > kMaxSide / 16)
    fail_picture(Errc::invalid_argument, name, kTiff.name,
                 std::to_string(picture.columns()) + " x " + std::to_string(picture.rows()) + " pixels are too many");
  return std::visit(
      [&](const auto& p) {
        return encode<typename std::remove_cvref_t<decltype(p)>::value_type>(picture, name, options);
      },
      picture.pixels);
}

}  // namespace lagoon::files
