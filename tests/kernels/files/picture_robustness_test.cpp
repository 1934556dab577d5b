// SPDX-License-Identifier: Apache-2.0
// Damaged files: a picture or an error that names the file, never a crash.
#include <gtest/gtest.h>
#include <lagoon/kernels/files/picture.hpp>

#include <algorithm>
#include <random>

#include "pictures.hpp"
#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

constexpr PictureReadOptions kSmall = {.limits = {.max_pixels = 1 << 20, .max_bytes = 16 << 20}};

/// Reads all of the picture, so that a sanitizer sees what was not written.
long look_at(const std::vector<std::byte>& bytes) {
  long sum = 0;
  try {
    const auto picture = decoded(bytes, kSmall);
    std::visit(
        [&](const auto& p) {
          for (std::ptrdiff_t k = 0; k < p.size(); ++k) sum += p.data()[k] > 0;
        },
        picture.pixels);
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("a picture"), std::string::npos) << e.what();
  }
  try {
    (void)picture_info(bytes, "a picture");
  } catch (const Error&) {
  }
  return sum;
}

struct Kind {
  const char* name;
  PictureWriteOptions options;
  bool deep = false;
};

class DamagedPictures : public ::testing::TestWithParam<Kind> {
 protected:
  std::vector<std::byte> file() const {
    auto picture = GetParam().deep ? made<std::uint16_t>(24, 40, 4) : made<std::uint8_t>(24, 40, 3);
    picture.metadata.exif = made_exif(6);
    picture.metadata.icc = bytes_of(std::string(200, 'p'));
    PictureWriteOptions options = GetParam().options;
    options.keep_metadata = true;
    return encode_picture(picture, options);
  }
};

TEST_P(DamagedPictures, CutShortAt512Places) {
  const auto whole = file();
  for (std::size_t k = 0; k < 512; ++k)
    look_at({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(k * whole.size() / 512)});
}

TEST_P(DamagedPictures, WithOneBitFlippedTenThousandTimes) {
  const auto whole = file();
  std::mt19937 random(20240607);
  for (int k = 0; k < 10'000; ++k) {
    auto bytes = whole;
    const std::size_t at = random() % bytes.size();
    bytes[at] ^= std::byte{1} << (random() % 8);
    look_at(bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, DamagedPictures,
    ::testing::Values(Kind{"jpeg", {.format = "jpeg"}}, Kind{"progressive", {.format = "jpeg", .progressive = true}},
                      Kind{"png", {.format = "png"}}, Kind{"png16", {.format = "png"}, true},
                      Kind{"tiff", {.format = "tiff"}}, Kind{"tiff16", {.format = "tiff", .compression = 0}, true},
                      Kind{"webp", {.format = "webp"}}, Kind{"lossless", {.format = "webp", .lossless = true}}),
    [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace lagoon::files
