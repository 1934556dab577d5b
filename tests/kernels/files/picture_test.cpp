// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/kernels/files/picture.hpp>

#include <cstring>

#include "pictures.hpp"
#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

TEST(Pictures, PngKeepsEightAndSixteenBitsOfOneToFourChannels) {
  for (std::ptrdiff_t channels = 1; channels <= 4; ++channels) {
    const auto eight = made<std::uint8_t>(37, 53, channels);
    EXPECT_TRUE(same_pixels<std::uint8_t>(decoded(encode_picture(eight, {.format = "png"})), eight)) << channels;
    const auto sixteen = made<std::uint16_t>(37, 53, channels);
    EXPECT_TRUE(
        same_pixels<std::uint16_t>(decoded(encode_picture(sixteen, {.format = "png", .compression = 1})), sixteen))
        << channels;
  }
}

TEST(Pictures, TiffKeepsEightAndSixteenBitsAndFloatsOfOneToFourChannels) {
  for (std::ptrdiff_t channels = 1; channels <= 4; ++channels)
    for (const int compression : {0, 6}) {
      const PictureWriteOptions options = {.format = "tiff", .compression = compression};
      const auto eight = made<std::uint8_t>(37, 53, channels);
      const auto sixteen = made<std::uint16_t>(37, 53, channels);
      const auto floats = made<float>(37, 53, channels);
      EXPECT_TRUE(same_pixels<std::uint8_t>(decoded(encode_picture(eight, options)), eight)) << channels;
      EXPECT_TRUE(same_pixels<std::uint16_t>(decoded(encode_picture(sixteen, options)), sixteen)) << channels;
      EXPECT_TRUE(same_pixels<float>(decoded(encode_picture(floats, options)), floats)) << channels;
    }
}

TEST(Pictures, TheirOwnPixelsAreUntouchedByTiffsPredictor) {
  const auto picture = made<std::uint8_t>(9, 11, 3), same = made<std::uint8_t>(9, 11, 3);
  (void)encode_picture(picture, {.format = "tiff"});
  EXPECT_TRUE(same_pixels<std::uint8_t>(picture, same));
}

TEST(Pictures, LosslessWebpKeepsColoursAlsoBelowTransparency) {
  for (std::ptrdiff_t channels : {3, 4}) {
    auto picture = made<std::uint8_t>(37, 53, channels);
    if (channels == 4) std::get<imaging::Pixels<std::uint8_t>>(picture.pixels)(3, 3, 3) = 0;
    EXPECT_TRUE(
        same_pixels<std::uint8_t>(decoded(encode_picture(picture, {.format = "webp", .lossless = true})), picture));
  }
  const auto grey = decoded(encode_picture(made<std::uint8_t>(8, 8, 1), {.format = "webp", .lossless = true}));
  EXPECT_EQ(grey.channels(), 3) << "WebP has no grey";
  EXPECT_EQ(pixels_of<std::uint8_t>(grey)(2, 3, 0), pixels_of<std::uint8_t>(made<std::uint8_t>(8, 8, 1))(2, 3, 0));
}

TEST(Pictures, LossyFormatsComeNear) {
  for (const char* format : {"jpeg", "webp"})
    for (std::ptrdiff_t channels : {1, 3}) {
      if (channels == 1 && format == std::string("webp")) continue;
      const auto picture = made<std::uint8_t>(120, 160, channels);
      // Smooth pictures: the quantisers of quality 95 have steps of a few levels.
      EXPECT_LT(distance(decoded(encode_picture(picture, {.format = format, .quality = 95})), picture), 2.0) << format;
      EXPECT_LT(encode_picture(picture, {.format = format, .quality = 30}).size(),
                encode_picture(picture, {.format = format, .quality = 95}).size());
    }
}

TEST(Pictures, JpegIsSubsampledAndProgressiveAsAsked) {
  const auto picture = made<std::uint8_t>(64, 64, 3);
  for (int chroma : {444, 422, 420})
    for (bool progressive : {false, true}) {
      const PictureWriteOptions options = {
          .format = "jpeg", .quality = 95, .progressive = progressive, .chroma_subsampling = chroma};
      const auto bytes = encode_picture(picture, options);
      EXPECT_LT(distance(decoded(bytes), picture), 2.0);
      std::size_t frame =
          0;  // SOF0 or SOF2: FF C0, two bytes of length, 8 bits, rows, columns, 3, then id and sampling
      while (bytes[frame] != std::byte{0xFF} || bytes[frame + 1] != std::byte(progressive ? 0xC2 : 0xC0)) ++frame;
      const int sampling = chroma == 444 ? 0x11 : chroma == 422 ? 0x21 : 0x22;
      EXPECT_EQ(std::to_integer<int>(bytes[frame + 11]), sampling);
    }
}

TEST(Pictures, JpegHasNoAlphaAndBecomesWhiteBehindIt) {
  imaging::Picture picture;
  picture.pixels = imaging::Pixels<std::uint8_t>::zeros({16, 16, 4});
  const auto white = decoded(encode_picture(picture, {.format = "jpeg"}));
  EXPECT_EQ(white.channels(), 3);
  EXPECT_EQ(pixels_of<std::uint8_t>(white)(8, 8, 1), 255);
  picture.pixels = imaging::Pixels<std::uint8_t>::filled({16, 16, 2}, 128);
  const auto grey = decoded(encode_picture(picture, {.format = "jpeg"}));
  EXPECT_EQ(grey.channels(), 1);
  EXPECT_NEAR(pixels_of<std::uint8_t>(grey)(8, 8, 0), 191, 1);  // (128 * 128 + 255 * 127) / 255
}

TEST(Pictures, LevelsOfOtherTypesAreRounded) {
  imaging::Picture picture;
  imaging::Pixels<float> floats({1, 6, 1});
  const float levels[] = {-1, 0, 0.5F, 1, 7, std::numeric_limits<float>::quiet_NaN()};
  std::copy(std::begin(levels), std::end(levels), floats.data());
  picture.pixels = std::move(floats);
  const auto deep = decoded(encode_picture(picture, {.format = "png"}));
  const std::uint16_t expected[] = {0, 0, 32768, 65535, 65535, 0};
  EXPECT_EQ(std::memcmp(pixels_of<std::uint16_t>(deep).data(), expected, sizeof expected), 0);
  imaging::Pixels<std::uint16_t> sixteen({1, 1, 3});
  for (int c = 0; c < 3; ++c) sixteen(0, 0, c) = static_cast<std::uint16_t>(257 * 100 + 128 * c);
  picture.pixels = std::move(sixteen);
  const auto eight = decoded(encode_picture(picture, {.format = "webp", .lossless = true}));
  for (int c = 0; c < 3; ++c) EXPECT_EQ(pixels_of<std::uint8_t>(eight)(0, 0, c), c == 2 ? 101 : 100);
}

TEST(Pictures, StridedPixelsAreWrittenAsTheyAreSeen) {
  const auto whole = made<std::uint8_t>(20, 30, 3);
  auto pixels = std::make_shared<imaging::Pixels<std::uint8_t>>(
      imaging::Pixels<std::uint8_t>::copy_of(pixels_of<std::uint8_t>(whole).view()));
  imaging::Picture part;  // every other column, from the bottom up
  part.pixels = imaging::Pixels<std::uint8_t>::over(
      View<std::uint8_t, 3>(pixels->data() + 19 * 90, {20, 15, 3}, {-90, 6, 1}), pixels);
  for (const char* format : {"png", "tiff", "webp"}) {
    const auto read = decoded(encode_picture(part, {.format = format, .lossless = true}));
    EXPECT_EQ(pixels_of<std::uint8_t>(read)(1, 7, 2), pixels_of<std::uint8_t>(whole)(18, 14, 2)) << format;
  }
}

TEST(Pictures, InfoSaysWhatDecodingGives) {
  for (const char* format : {"jpeg", "png", "tiff", "webp"}) {
    const auto bytes = encode_picture(made<std::uint8_t>(31, 47, 3), {.format = format});
    const PictureInfo info = picture_info(bytes, "x");
    EXPECT_EQ(info.format, format);
    EXPECT_EQ(info.rows, 31);
    EXPECT_EQ(info.columns, 47);
    EXPECT_EQ(info.channels, 3);
    EXPECT_EQ(info.bits, 8);
    EXPECT_EQ(decoded(bytes).format, format);
  }
  EXPECT_EQ(picture_info(encode_picture(made<std::uint16_t>(5, 5, 2), {.format = "png"}), "x").bits, 16);
  EXPECT_EQ(picture_info(encode_picture(made<float>(5, 5, 2), {.format = "tiff"}), "x").bits, 32);
  EXPECT_EQ(picture_info(encode_picture(made<std::uint16_t>(5, 5, 2), {.format = "png"}), "x").channels, 2);
}

TEST(Pictures, MetadataIsKeptOrStripped) {
  const auto profile = bytes_of(std::string(300, 'p'));
  for (const char* format : {"jpeg", "webp"})
    for (bool big_endian : {false, true}) {
      auto picture = made<std::uint8_t>(16, 16, 3);
      picture.metadata.exif = made_exif(6, big_endian);
      picture.metadata.icc = profile;
      picture.metadata.pixels_per_inch = 300;
      const auto kept = decoded(encode_picture(picture, {.format = format, .keep_metadata = true}));
      EXPECT_EQ(kept.metadata.exif, made_exif(1, big_endian)) << "the orientation is the picture's own";
      EXPECT_EQ(kept.metadata.icc, profile);
      EXPECT_EQ(kept.metadata.orientation, 1);
      EXPECT_EQ(kept.metadata.pixels_per_inch, format == std::string("jpeg") ? 300 : 0);
      const auto stripped = decoded(encode_picture(picture, {.format = format}));
      EXPECT_TRUE(stripped.metadata.exif.empty());
      EXPECT_EQ(stripped.metadata.icc, profile) << "without it colours change";
      EXPECT_EQ(stripped.metadata.pixels_per_inch, 0);
    }
  auto picture = made<std::uint8_t>(16, 16, 3);
  picture.metadata.exif = made_exif(6);
  picture.metadata.pixels_per_inch = 300;
  const auto png = decoded(encode_picture(picture, {.format = "png", .keep_metadata = true}));
  EXPECT_EQ(png.metadata.exif, made_exif(1));
  EXPECT_NEAR(png.metadata.pixels_per_inch, 300, 0.02);  // PNG counts whole pixels per metre
  picture.metadata.icc = profile;
  const auto tiff = decoded(encode_picture(picture, {.format = "tiff", .keep_metadata = true}));
  EXPECT_EQ(tiff.metadata.icc, profile);
  EXPECT_EQ(tiff.metadata.pixels_per_inch, 300);
}

TEST(Pictures, ThatAreNotUprightStayTurnedWhenTheirMetadataAreStripped) {
  for (const char* format : {"jpeg", "png", "tiff", "webp"})
    for (bool keep : {false, true})
      for (int orientation = 1; orientation <= 8; ++orientation) {
        auto picture = made<std::uint8_t>(16, 16, 3);
        picture.metadata.orientation = orientation;
        const auto bytes = encode_picture(picture, {.format = format, .keep_metadata = keep});
        EXPECT_EQ(decoded(bytes).metadata.orientation, orientation) << format;
        EXPECT_EQ(picture_info(bytes, "x").orientation, orientation) << format;
      }
}

TEST(Pictures, OrientationIsAddedToExifThatHasNone) {
  auto picture = made<std::uint8_t>(16, 16, 3);
  picture.metadata.exif =
      bytes_of(std::string("II*\0\x08\0\0\0\x01\0\x0F\x01\x02\0\x07\0\0\0\x1A\0\0\0\0\0\0\0Lagoon\0", 33));
  picture.metadata.orientation = 8;
  const auto read = decoded(encode_picture(picture, {.format = "jpeg", .keep_metadata = true}));
  EXPECT_EQ(read.metadata.orientation, 8);
  const std::string text(reinterpret_cast<const char*>(read.metadata.exif.data()), read.metadata.exif.size());
  EXPECT_NE(text.find("Lagoon"), std::string::npos);
  picture.metadata.exif = bytes_of("no EXIF at all");
  EXPECT_EQ(decoded(encode_picture(picture, {.format = "jpeg", .keep_metadata = true})).metadata.orientation, 8);
}

TEST(Pictures, FormatIsToldByTheBytesNotByTheName) {
  const TemporaryFolder folder;
  const auto picture = made<std::uint8_t>(16, 16, 3);
  write_picture(folder.path("really.png"), picture, {.format = "tiff"});
  EXPECT_EQ(read_picture(folder.path("really.png")).format, "tiff");
  for (const char* name : {"a.JPG", "a.jpeg", "a.png", "a.tif", "a.TIFF", "a.webp"}) {
    write_picture(folder.path(name), picture);
    EXPECT_EQ(read_picture(folder.path(name)).rows(), 16) << name;
  }
}

TEST(Pictures, FailuresNameTheFileAndWhatToDo) {
  const TemporaryFolder folder;
  const auto picture = made<std::uint8_t>(4, 4, 3);
  auto error = [&](const std::string& name, const PictureWriteOptions& options) {
    const std::string path = folder.path(name);
    std::string text = error_of([&] { write_picture(path, picture, options); });
    const auto at = text.find(path);
    return at == std::string::npos ? text : text.replace(at, path.size(), name);
  };
  EXPECT_EQ(error("a.gif", {}),
            "invalid_argument: a.gif: its ending says no format that can be written; jpeg, png, tiff, webp can");
  EXPECT_EQ(error("a.png", {.format = "gif"}),
            "invalid_argument: a.png: format 'gif' cannot be written; jpeg, png, tiff, webp can");
  EXPECT_EQ(error("a.jpg", {.quality = 0}), "invalid_argument: a.jpg: quality 0 is not within 1 to 100");
  EXPECT_EQ(error("a.png", {.compression = 10}), "invalid_argument: a.png: compression 10 is not within 0 to 9");
  EXPECT_EQ(error("a.jpg", {.chroma_subsampling = 411}),
            "invalid_argument: a.jpg: chroma subsampling 411 is none of 444, 422, 420");
  EXPECT_EQ(error_of([] { (void)encode_picture({}, {.format = "png"}); }),
            "invalid_argument: the picture: the picture has no pixels");
  EXPECT_EQ(error_of([] { (void)encode_picture(made<std::uint8_t>(2, 2, 5), {.format = "png"}); }),
            "invalid_argument: the picture: the picture has 5 channels; 1 to 4 are written");
  EXPECT_EQ(error_of([] { (void)encode_picture(made<std::uint8_t>(1, 16384, 1), {.format = "webp"}); }),
            "invalid_argument: the picture: webp: 16384 x 1 pixels; WebP goes to 16383 x 16383");
  EXPECT_EQ(error_of([] { (void)encode_picture(made<std::uint8_t>(1, 65536, 1), {.format = "jpeg"}); }),
            "invalid_argument: the picture: jpeg: Maximum supported image dimension is 65500 pixels");
  EXPECT_EQ(folder.files(), 0u) << "nothing is left behind";

  folder.write("a.jpg", "");
  EXPECT_EQ(error_of([&] { (void)read_picture(folder.path("a.jpg")); }),
            "invalid_argument: " + folder.path("a.jpg") + ": the file is empty");
  folder.write("a.jpg", "GIF89a");
  EXPECT_EQ(error_of([&] { (void)read_picture(folder.path("a.jpg")); }),
            "invalid_argument: " + folder.path("a.jpg") +
                ": not a picture of a format that is known (jpeg, png, tiff, webp): it begins with 47 49 46 38");
  folder.write("a.jpg", "\xFF\xD8\xFF\xE0");
  EXPECT_EQ(error_of([&] { (void)read_picture(folder.path("a.jpg")); }),
            "data_loss: " + folder.path("a.jpg") + ": jpeg: the file ends before its pixels begin");
  EXPECT_EQ(error_of([&] { (void)read_picture(folder.path("none.jpg")); }).substr(0, 9), "not_found");
  EXPECT_EQ(error_of([&] { (void)read_picture(folder.path("")); }),
            "invalid_argument: " + folder.path("") + ": it is a folder; a file is wanted");
}

TEST(Pictures, AFailedWriteLeavesTheOldFile) {
  const TemporaryFolder folder;
  folder.write("a.webp", "old");
  EXPECT_THROW(write_picture(folder.path("a.webp"), made<std::uint8_t>(1, 16384, 1)), Error);
  EXPECT_EQ(folder.read("a.webp"), "old");
  EXPECT_EQ(folder.files(), 1u);
}

}  // namespace
}  // namespace lagoon::files
