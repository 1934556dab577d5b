// SPDX-License-Identifier: Apache-2.0
// What a file may cost, and decoding no more of it than is wanted.
#include <gtest/gtest.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/files/picture.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "pictures.hpp"
#include "src/files/byte_source.hpp"
#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

const char* const kFormats[] = {"jpeg", "png", "tiff", "webp"};

TEST(PictureLimits, AreCheckedBeforeAnythingIsAllocated) {
  Engine engine({.cores = 1});
  Isolate isolate(engine, {.name = "reader", .memory_limit = 64 << 20});
  for (const char* format : kFormats) {
    const auto bytes = encode_picture(made<std::uint8_t>(300, 400, 3), {.format = format});
    isolate.run([&] {
      EXPECT_EQ(error_of([&] { (void)decoded(bytes, {.limits = {.max_pixels = 119'999}}); }),
                "resource_exhausted: a picture: " + std::string(format) +
                    ": 400 x 300 pixels; the limit is 119,999 in all (raise max_pixels)");
      const std::string error = error_of([&] { (void)decoded(bytes, {.limits = {.max_bytes = 359'999}}); });
      EXPECT_NE(error.find("to decode; the limit is 359,999 (raise max_bytes)"), std::string::npos) << error;
      EXPECT_EQ(decoded(bytes, {.limits = {.max_pixels = 120'000}}).rows(), 300);
    });
  }
}

TEST(PictureLimits, BytesAreThoseOfTheSizeAsked) {
  const auto bytes = encode_picture(made<std::uint8_t>(400, 800, 3), {.format = "jpeg"});
  const PictureLimits limits = {.max_bytes = 60'000};
  EXPECT_THROW((void)decoded(bytes, {.limits = limits}), Error);
  EXPECT_EQ(decoded(bytes, {.at_least_columns = 200, .at_least_rows = 100, .limits = limits}).rows(), 100);
}

TEST(PictureLimits, ProgressiveFilesCountTheirCoefficients) {
  const auto bytes = encode_picture(made<std::uint8_t>(160, 160, 3), {.format = "jpeg", .progressive = true});
  const std::ptrdiff_t pixels = 160 * 160 * 3, coefficients = 160 * 160 * 2 * 3 / 2;
  EXPECT_EQ(decoded(bytes, {.limits = {.max_bytes = pixels + coefficients}}).rows(), 160);
  EXPECT_THROW((void)decoded(bytes, {.limits = {.max_bytes = pixels + coefficients - 1}}), Error);
}

/// A file that claims other extents than it has.
std::vector<std::byte> claiming(std::vector<std::byte> bytes, std::size_t at, unsigned rows, unsigned columns,
                                std::size_t width) {
  for (std::size_t k = 0; k < width; ++k) {
    bytes[at + k] = static_cast<std::byte>(rows >> (8 * (width - 1 - k)));
    bytes[at + width + k] = static_cast<std::byte>(columns >> (8 * (width - 1 - k)));
  }
  return bytes;
}

TEST(PictureLimits, AFileThatPromisesTooMuchAllocatesNothing) {
  Engine engine({.cores = 1});
  Isolate isolate(engine, {.name = "reader", .memory_limit = 16 << 20});
  const auto png = claiming(encode_picture(made<std::uint8_t>(8, 8, 3), {.format = "png"}), 16, 16'000, 16'000, 4);
  auto jpeg = encode_picture(made<std::uint8_t>(8, 8, 3), {.format = "jpeg"});
  std::size_t frame = 0;
  while (jpeg[frame] != std::byte{0xFF} || jpeg[frame + 1] != std::byte{0xC0}) ++frame;
  const auto wide = claiming(jpeg, frame + 5, 65'000, 65'000, 2), tall = claiming(jpeg, frame + 5, 16'000, 16'000, 2);
  isolate.run([&] {
    EXPECT_NE(error_of([&] { (void)decoded(png); }), "no error");  // its checksum, as it happens
    EXPECT_EQ(error_of([&] { (void)decoded(wide); }).substr(0, 18), "resource_exhausted");
    EXPECT_EQ(error_of([&] { (void)decoded(tall); }).substr(0, 18), "resource_exhausted") << "the isolate's memory";
  });
  EXPECT_LT(isolate.memory()->use().peak, 1u << 20);
}

TEST(PictureLimits, JpegIsDecodedAtTheSmallestSizeThatIsLargeEnough) {
  const auto bytes = encode_picture(made<std::uint8_t>(303, 405, 3), {.format = "jpeg"});
  auto size = [&](std::ptrdiff_t columns, std::ptrdiff_t rows) {
    const auto p = decoded(bytes, {.at_least_columns = columns, .at_least_rows = rows});
    return std::pair(p.columns(), p.rows());
  };
  using Pair = std::pair<std::ptrdiff_t, std::ptrdiff_t>;
  EXPECT_EQ(size(0, 0), Pair(405, 303));
  EXPECT_EQ(size(1, 1), Pair(51, 38));
  EXPECT_EQ(size(51, 38), Pair(51, 38));
  EXPECT_EQ(size(52, 1), Pair(102, 76));
  EXPECT_EQ(size(0, 77), Pair(203, 152));
  EXPECT_EQ(size(203, 152), Pair(203, 152));
  EXPECT_EQ(size(204, 152), Pair(405, 303));
  EXPECT_EQ(size(4000, 3000), Pair(405, 303));
}

TEST(PictureLimits, ScaledPixelsAreMeansOfWhatTheyStandFor) {
  const auto picture = made<std::uint8_t>(320, 320, 3);
  const auto bytes = encode_picture(picture, {.format = "jpeg", .quality = 95});
  const auto small = decoded(bytes, {.at_least_columns = 80, .at_least_rows = 80});
  const auto &all = pixels_of<std::uint8_t>(picture), &few = pixels_of<std::uint8_t>(small);
  for (std::ptrdiff_t i = 0; i < 80; i += 7)
    for (std::ptrdiff_t j = 0; j < 80; j += 7) {
      double sum = 0;
      for (std::ptrdiff_t k = 0; k < 16; ++k) sum += all(4 * i + k / 4, 4 * j + k % 4, 1);
      EXPECT_NEAR(few(i, j, 1), sum / 16, 3);  // quality 95 and a smooth picture
    }
}

TEST(PictureLimits, SizesAreOfTheUprightPictureWhenAsked) {
  auto picture = made<std::uint8_t>(300, 400, 3);
  picture.metadata.orientation = 6;  // shown as 300 x 400
  const auto bytes = encode_picture(picture, {.format = "jpeg"});
  EXPECT_EQ(decoded(bytes, {.at_least_columns = 60, .at_least_rows = 100, .upright = true}).columns(), 100);
  EXPECT_EQ(decoded(bytes, {.at_least_columns = 60, .at_least_rows = 100}).columns(), 200);
}

TEST(PictureLimits, JpegWithoutEndOfScansIsAnError) {
  const auto bytes = encode_picture(made<std::uint8_t>(32, 32, 1), {.format = "jpeg", .progressive = true});
  std::size_t scan = bytes.size();  // the last one
  do --scan;
  while (bytes[scan] != std::byte{0xFF} || bytes[scan + 1] != std::byte{0xDA});
  std::vector<std::byte> many(bytes.begin(), bytes.end() - 2);
  for (int k = 0; k < 2000; ++k)
    many.insert(many.end(), bytes.begin() + static_cast<std::ptrdiff_t>(scan), bytes.end() - 2);
  many.insert(many.end(), bytes.end() - 2, bytes.end());
  EXPECT_EQ(error_of([&] { (void)decoded(many); }), "invalid_argument: a picture: jpeg: more than 100 scans");
}

TEST(PictureLimits, ADeviceThatNeverEndsIsAnError) {
  EXPECT_EQ(error_of([] { (void)read_picture("/dev/zero"); }),
            "invalid_argument: /dev/zero: not a picture of a format that is known (jpeg, png, tiff, webp): it begins "
            "with 00 00 00 00");
  EXPECT_EQ(error_of([] { (void)read_picture("/dev/null"); }), "invalid_argument: /dev/null: the file is empty");
  for (std::size_t most : {std::size_t{1000}, std::size_t{3} << 20})
    EXPECT_EQ(error_of([&] { (void)ByteSource::open("/dev/zero", {.most = most}); }),
              "resource_exhausted: /dev/zero: it is no regular file, and gives more than " +
                  std::string(most == 1000 ? "1,000" : "3,145,728") + " bytes, which is the limit");
}

TEST(PictureLimits, APictureComesOutOfAPipe) {
  const TemporaryFolder folder;
  const std::string pipe = folder.path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const auto bytes = encode_picture(made<std::uint8_t>(300, 400, 3), {.format = "png"});
  std::thread writer([&] {
    std::ofstream to(pipe, std::ios::binary);
    for (const std::byte b : bytes) to.put(static_cast<char>(b)).flush();
  });
  EXPECT_EQ(read_picture(pipe).rows(), 300);
  writer.join();
}

TEST(PictureLimits, AStopEndsReadingAndWriting) {
  const auto picture = made<std::uint8_t>(64, 64, 3);
  for (const char* format : kFormats) {
    const auto bytes = encode_picture(picture, {.format = format});
    StopControl stop;
    stop.request_stop();
    const StopScope scope(&stop);
    EXPECT_EQ(error_of([&] { (void)decoded(bytes); }).substr(0, 9), "cancelled") << format;
    EXPECT_EQ(error_of([&] { (void)encode_picture(picture, {.format = format}); }).substr(0, 9), "cancelled");
  }
}

}  // namespace
}  // namespace lagoon::files
