// SPDX-License-Identifier: Apache-2.0
// Kinds of files that we read and do not write; the libraries write them here.
#include <gtest/gtest.h>
#include <lagoon/kernels/files/picture.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "odd_tiffs.hpp"
#include "pictures.hpp"
#include "temporary_folder.hpp"

#include <jpeglib.h>
#include <webp/encode.h>
#include <webp/mux.h>

namespace lagoon::files {
namespace {

template <class T>
T ramp(int row, int column, int sample) {
  return static_cast<T>(row * 11 + column * 7 + sample * 50);
}

template <class T>
imaging::Picture odd(const OddTiff& kind, const std::function<T(int, int, int)>& value = ramp<T>) {
  const TemporaryFolder folder;
  write_odd<T>(folder.path("odd.tif"), kind, value);
  return read_picture(folder.path("odd.tif"));
}

template <class T>
void expect_ramp(const imaging::Picture& picture, std::ptrdiff_t channels, const std::string& what) {
  const auto& p = pixels_of<T>(picture);
  ASSERT_EQ(p.extents(), (Extents<3>{kOddRows, kOddColumns, channels})) << what;
  for (int i = 0; i < 20; ++i)
    for (int j = 0; j < 30; ++j)
      for (int c = 0; c < channels; ++c) ASSERT_EQ(p(i, j, c), ramp<T>(i, j, c)) << what << " " << i << " " << j;
}

TEST(OddTiffs, StripsTilesAndPlanesInEitherByteOrderAreTheSamePixels) {
  for (const std::uint16_t compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_PACKBITS,
                                          COMPRESSION_ADOBE_DEFLATE, COMPRESSION_LZMA, COMPRESSION_ZSTD})
    for (const bool tiles : {false, true})
      for (const std::uint16_t planes : {PLANARCONFIG_CONTIG, PLANARCONFIG_SEPARATE})
        for (const bool big_endian : {false, true}) {
          const OddTiff kind = {.compression = compression,
                                .planes = planes,
                                .tiles = tiles,
                                .big_endian = big_endian,
                                .big = big_endian};
          const std::string what = std::to_string(compression) + (tiles ? " tiles" : " strips") +
                                   (planes == PLANARCONFIG_SEPARATE ? " planes" : "");
          expect_ramp<std::uint8_t>(odd<std::uint8_t>(kind), 3, what);
          OddTiff deep = kind;
          deep.bits = 16;
          expect_ramp<std::uint16_t>(odd<std::uint16_t>(deep), 3, what + " 16 bits");
        }
}

TEST(OddTiffs, SamplesThatAreNeitherColourNorAlphaAreLeftOut) {
  expect_ramp<std::uint8_t>(odd<std::uint8_t>({.samples = 4, .extra = EXTRASAMPLE_UNSPECIFIED}), 3, "unspecified");
  expect_ramp<std::uint8_t>(odd<std::uint8_t>({.samples = 4, .extra = EXTRASAMPLE_UNASSALPHA}), 4, "alpha");
  expect_ramp<std::uint8_t>(
      odd<std::uint8_t>({.samples = 4, .planes = PLANARCONFIG_SEPARATE, .extra = EXTRASAMPLE_UNASSALPHA}), 4, "planes");
}

TEST(OddTiffs, ColoursAreDividedByTheAlphaTheyWereMultipliedWith) {
  const auto picture = odd<std::uint8_t>({.samples = 4, .extra = EXTRASAMPLE_ASSOCALPHA}, [](int row, int, int sample) {
    return static_cast<std::uint8_t>(sample == 3 ? (row == 0 ? 0 : 128) : 64);
  });
  EXPECT_EQ(pixels_of<std::uint8_t>(picture)(1, 1, 0), 128);
  EXPECT_EQ(pixels_of<std::uint8_t>(picture)(1, 1, 3), 128);
  EXPECT_EQ(pixels_of<std::uint8_t>(picture)(0, 0, 0), 0);
}

TEST(OddTiffs, WhereZeroIsWhiteIsTurnedRound) {
  const auto picture = odd<std::uint8_t>({.photometric = PHOTOMETRIC_MINISWHITE, .samples = 1});
  EXPECT_EQ(pixels_of<std::uint8_t>(picture)(2, 3, 0), 255 - 43);
  EXPECT_EQ(picture.channels(), 1);
}

TEST(OddTiffs, PalettesAreTheirColours) {
  const auto picture = odd<std::uint8_t>({.photometric = PHOTOMETRIC_PALETTE, .samples = 1});
  const auto& p = pixels_of<std::uint8_t>(picture);
  ASSERT_EQ(p.extent(2), 3);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(p(i, 4, 0), ramp<std::uint8_t>(i, 4, 0));
    EXPECT_EQ(p(i, 4, 1), 255 - ramp<std::uint8_t>(i, 4, 0));
    EXPECT_EQ(p(i, 4, 2), 9);
  }
}

TEST(OddTiffs, FaxesAreBlackAndWhite) {
  for (const std::uint16_t compression : {COMPRESSION_NONE, COMPRESSION_CCITTFAX3, COMPRESSION_CCITTFAX4}) {
    const OddTiff kind = {.photometric = PHOTOMETRIC_MINISWHITE, .samples = 1, .bits = 1, .compression = compression};
    const auto picture = odd<std::uint8_t>(kind, [](int row, int column, int) {  // the first four bytes of a row
      return static_cast<std::uint8_t>(column < 4 && row % 2 == 1 ? 0xF0 : 0);
    });
    const auto& p = pixels_of<std::uint8_t>(picture);
    ASSERT_EQ(p.extents(), (Extents<3>{20, 30, 1}));
    for (int i = 0; i < 20; ++i)
      for (int j = 0; j < 30; ++j) ASSERT_EQ(p(i, j, 0), i % 2 == 1 && j % 8 < 4 ? 0 : 255) << compression << " " << i;
  }
}

TEST(OddTiffs, CmykBecomesColours) {
  const auto picture = odd<std::uint8_t>({.photometric = PHOTOMETRIC_SEPARATED, .samples = 4},
                                         [](int, int, int s) { return static_cast<std::uint8_t>(s == 0 ? 255 : 0); });
  const auto& p = pixels_of<std::uint8_t>(picture);
  ASSERT_EQ(p.extent(2), 3);
  EXPECT_EQ(p(3, 3, 0), 0);
  EXPECT_EQ(p(3, 3, 1), 255);
}

TEST(OddTiffs, JpegWithinIsReadInColour) {
  for (const std::uint16_t photometric : {PHOTOMETRIC_YCBCR, PHOTOMETRIC_RGB})
    for (const bool tiles : {false, true}) {
      const OddTiff kind = {
          .photometric = photometric, .compression = COMPRESSION_JPEG, .tiles = tiles, .rows_per_strip = 16};
      const auto picture = odd<std::uint8_t>(
          kind, [](int row, int, int sample) { return static_cast<std::uint8_t>(row * 5 + sample * 40); });
      const auto& p = pixels_of<std::uint8_t>(picture);
      ASSERT_EQ(p.extent(2), 3);
      for (int c = 0; c < 3; ++c) EXPECT_NEAR(p(10, 10, c), 50 + 40 * c, 6) << photometric;
    }
}

TEST(OddTiffs, OtherSamplesAreRefusedWithTheReason) {
  const TemporaryFolder folder;
  const std::string path = folder.path("odd.tif");
  write_odd<std::uint32_t>(path, {.samples = 3, .bits = 32}, ramp<std::uint32_t>);
  EXPECT_EQ(error_of([&] { (void)read_picture(path); }),
            "invalid_argument: " + path + ": tiff: Sorry, can not handle images with 32-bit samples");
}

/// A JPEG file of four inks; libjpeg writes Adobe's marker, which says that they are inverted.
std::vector<std::byte> cmyk_file(const std::array<unsigned char, 4>& ink, bool adobe) {
  jpeg_compress_struct cinfo{};
  jpeg_error_mgr errors{};
  cinfo.err = jpeg_std_error(&errors);
  jpeg_create_compress(&cinfo);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&cinfo, &bytes, &size);
  cinfo.image_width = cinfo.image_height = 16;
  cinfo.input_components = 4;
  cinfo.in_color_space = JCS_CMYK;
  jpeg_set_defaults(&cinfo);
  jpeg_set_colorspace(&cinfo, adobe ? JCS_YCCK : JCS_CMYK);
  cinfo.write_Adobe_marker = adobe ? TRUE : FALSE;
  jpeg_set_quality(&cinfo, 100, TRUE);
  jpeg_start_compress(&cinfo, TRUE);
  std::vector<unsigned char> row;
  for (int j = 0; j < 16; ++j) row.insert(row.end(), ink.begin(), ink.end());
  JSAMPROW rows[] = {row.data()};
  for (int i = 0; i < 16; ++i) jpeg_write_scanlines(&cinfo, rows, 1);
  jpeg_finish_compress(&cinfo);
  jpeg_destroy_compress(&cinfo);
  const std::unique_ptr<unsigned char, decltype(&std::free)> owner(bytes, std::free);
  return bytes_of({reinterpret_cast<const char*>(bytes), size});
}

TEST(OddJpegs, FourInksAreLightWhetherInvertedOrNot) {
  for (const bool adobe : {false, true}) {
    const std::array<unsigned char, 4> ink = {55, 155, 255, 100};  // cyan, magenta, yellow, black
    std::array<unsigned char, 4> stored = ink;
    for (unsigned char& v : stored) v = adobe ? static_cast<unsigned char>(255 - v) : v;
    const auto picture = decoded(cmyk_file(stored, adobe));
    const auto& p = pixels_of<std::uint8_t>(picture);
    ASSERT_EQ(p.extent(2), 3);
    for (int c = 0; c < 3; ++c) {
      const double light = (255.0 - ink[static_cast<std::size_t>(c)]) * (255 - 100) / 255;
      EXPECT_NEAR(p(7, 7, c), light, 3) << adobe;
    }
  }
}

TEST(OddWebps, TheFirstFrameOfAnAnimationIsReadWhereItStands) {
  const std::unique_ptr<WebPMux, decltype(&WebPMuxDelete)> mux(WebPMuxNew(), WebPMuxDelete);
  const auto frame = encode_picture(made<std::uint8_t>(8, 10, 3), {.format = "webp", .lossless = true});
  WebPMuxFrameInfo info{};
  info.bitstream = {reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()};
  info.id = WEBP_CHUNK_ANMF;
  info.x_offset = 4;
  info.y_offset = 2;
  info.duration = 100;
  for (int k = 0; k < 2; ++k) ASSERT_EQ(WebPMuxPushFrame(mux.get(), &info, 1), WEBP_MUX_OK);
  ASSERT_EQ(WebPMuxSetCanvasSize(mux.get(), 20, 16), WEBP_MUX_OK);
  WebPMuxAnimParams params{};
  ASSERT_EQ(WebPMuxSetAnimationParams(mux.get(), &params), WEBP_MUX_OK);
  WebPData all{};
  ASSERT_EQ(WebPMuxAssemble(mux.get(), &all), WEBP_MUX_OK);
  const auto bytes = bytes_of({reinterpret_cast<const char*>(all.bytes), all.size});
  WebPDataClear(&all);
  const auto picture = decoded(bytes), single = made<std::uint8_t>(8, 10, 3);
  const auto& p = pixels_of<std::uint8_t>(picture);
  ASSERT_EQ(p.extents(), (Extents<3>{16, 20, 4}));
  EXPECT_EQ(p(0, 0, 3), 0);
  EXPECT_EQ(p(2, 4, 3), 255);
  EXPECT_EQ(p(5, 9, 1), pixels_of<std::uint8_t>(single)(3, 5, 1));
  EXPECT_EQ(p(10, 14, 3), 0);
  ASSERT_EQ(picture.warnings.size(), 1u);
}

}  // namespace
}  // namespace lagoon::files
