// SPDX-License-Identifier: Apache-2.0
// Published files with published answers: PngSuite, and what other libraries keep as their regressions.
#include <gtest/gtest.h>
#include <lagoon/kernels/files/picture.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <map>

#include "pictures.hpp"
#include "sha256.hpp"
#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

nlohmann::json answers(const std::string& name) { return nlohmann::json::parse(std::ifstream(imaging_case(name))); }

/// Red, green, blue, alpha of 16 bits, the high byte first, as the digests are of.
std::vector<unsigned char> rgba16(const imaging::Picture& picture) {
  std::vector<unsigned char> bytes;
  std::visit(
      [&](const auto& p) {
        using T = typename std::remove_cvref_t<decltype(p)>::value_type;
        const std::ptrdiff_t channels = p.extent(2);
        auto put = [&](T v) {
          const unsigned deep = sizeof(T) == 1 ? static_cast<unsigned>(v) * 257 : static_cast<unsigned>(v);
          bytes.push_back(static_cast<unsigned char>(deep >> 8));
          bytes.push_back(static_cast<unsigned char>(deep & 0xFF));
        };
        for (std::ptrdiff_t i = 0; i < p.extent(0); ++i)
          for (std::ptrdiff_t j = 0; j < p.extent(1); ++j) {
            for (std::ptrdiff_t c = 0; c < 3; ++c) put(p(i, j, channels >= 3 ? c : 0));
            put(channels % 2 == 0 ? p(i, j, channels - 1) : std::numeric_limits<T>::max());
          }
      },
      picture.pixels);
  return bytes;
}

std::string rgba8_digest(const imaging::Picture& picture) {
  const std::vector<unsigned char> deep = rgba16(picture);
  std::vector<unsigned char> high;
  for (std::size_t k = 0; k < deep.size(); k += 2) high.push_back(deep[k]);
  return sha256(high);
}

/// Where the published digests are of something else than what the files store. ImageMagick brings samples that claim
/// to be linear (gAMA 1.0) to sRGB; Pillow misses the transparent level of 4 bits. These are digests of a plain decoder
/// written from the specification, in sixteen bits (tbbn0g04: eight).
const std::map<std::string, std::string> kStored = {
    {"basn0g16", "20d11e4ea6ebbc72542062f757cd6ad0c3e65e032a446f221f3efce6ea101f01"},
    {"basn2c16", "ba082c88dcbdd3a12e5090b5ec412550d23070270092cd7e915b5812996ceb25"},
    {"basn4a16", "d7598f9d6963afbb3a4fb5bac8ea91d35070a6310a2a29adbe15ec2a415d3eca"},
    {"basn6a16", "165b1f18ae3a6b43badb788ea6ee9040d4fcf1d47ee28ee66c48e36f6a52768b"},
    {"cs3n2c16", "12ab72421aa085650ade36616d02bc5387246f213faaaa7e91bae4c196542a8a"},
    {"tbbn2c16", "e0d03c739507b12f32a6bec0d8c44bb544afe08ccc628460f8b96dfbf788627b"},
    {"tbgn2c16", "e0d03c739507b12f32a6bec0d8c44bb544afe08ccc628460f8b96dfbf788627b"},
    {"tbwn0g16", "19a4182abaef6fbc28145d9277ffbfba935bb5ee30beebbaa65f91b09234d9ca"},
    {"tbbn0g04", "1c36e9d46fe44582f94be4db7d79d58ea259b0b2a59c7f3328974d0222bfaa97"},
};

std::string stored_digest(const std::string& file, const std::string& published) {
  std::string stem = std::filesystem::path(file).stem();
  if (stem.starts_with("basi")) stem[3] = 'n';                                        // interlaced
  if (stem.starts_with("oi") && stem.ends_with("16")) stem = "bas" + stem.substr(3);  // in several IDAT chunks
  const auto found = kStored.find(stem);
  return found == kStored.end() ? published : found->second;
}

class PictureCases : public ::testing::Test {
  void SetUp() override {
    if (imaging_case("").empty()) GTEST_SKIP() << "no LAGOON_CASES";
  }
};

TEST(Sha256, IsThatOfTheStandard) {
  const auto* abc = reinterpret_cast<const unsigned char*>("abc");
  EXPECT_EQ(sha256({abc, 3}), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(PictureCases, ValidPngFilesAreReadBitForBit) {
  int exact = 0;
  const auto all = answers("png_refs.json");
  for (const auto& [file, answer] : all.items()) {
    if (file.starts_with("png_bad/") || file.starts_with("pngsuite/x") || answer["pil"] != "ok") continue;
    imaging::Picture picture;
    ASSERT_NO_THROW(picture = read_picture(imaging_case(file))) << file;
    EXPECT_EQ(picture.format, "png");
    EXPECT_EQ(picture.rows(), answer["h"].get<int>()) << file;
    EXPECT_EQ(picture.columns(), answer["w"].get<int>()) << file;
    const bool deep = answer["bitdepth"] == 16;
    EXPECT_EQ(std::holds_alternative<imaging::Pixels<std::uint16_t>>(picture.pixels), deep) << file;
    if (deep && answer.contains("im_rgba16be_sha256"))
      EXPECT_EQ(sha256(rgba16(picture)), stored_digest(file, answer["im_rgba16be_sha256"])) << file;
    else if (!deep && answer.contains("rgba8_sha256"))
      EXPECT_EQ(rgba8_digest(picture), stored_digest(file, answer["rgba8_sha256"])) << file;
    else
      continue;
    ++exact;
  }
  EXPECT_GT(exact, 100);
}

TEST_F(PictureCases, CorruptFilesOfPngSuiteAreErrors) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(imaging_case("pngsuite"))) {
    const std::string name = entry.path().filename();
    if (name[0] != 'x' || entry.path().extension() != ".png") continue;
    EXPECT_THROW((void)read_picture(entry.path()), Error) << name;
    ++files;
  }
  EXPECT_EQ(files, 14);
}

TEST_F(PictureCases, HarmfulFilesAreErrorsOrPictures) {
  for (const char* folder : {"png_bad", "apng", "jpeg_bad"})
    for (const auto& entry : std::filesystem::directory_iterator(imaging_case(folder))) {
      const std::string message = error_of([&] { (void)read_picture(entry.path()); });
      EXPECT_TRUE(message == "no error" || message.find(entry.path().string()) != std::string::npos) << message;
    }
}

TEST_F(PictureCases, TheStillImageOfAnAnimatedPngIsRead) {
  const imaging::Picture picture = read_picture(imaging_case("apng/dispose_op_none.png"));
  EXPECT_EQ(picture.rows(), 64);
  EXPECT_EQ(picture.columns(), 128);
}

TEST_F(PictureCases, JpegFilesAreWhatLibjpegAndPillowMakeOfThem) {
  int same = 0, files = 0;
  const auto all = answers("jpeg_refs.json");
  for (const auto& [file, answer] : all.items()) {
    if (answer["pil"] != "ok") continue;
    imaging::Picture picture;
    ASSERT_NO_THROW(picture = read_picture(imaging_case(file))) << file;
    ++files;
    const auto& p = pixels_of<std::uint8_t>(picture);
    EXPECT_EQ(p.extent(1), answer["size"][0].get<int>()) << file;
    EXPECT_EQ(p.extent(0), answer["size"][1].get<int>()) << file;
    const std::size_t channels = answer["mean"].size();
    ASSERT_EQ(static_cast<std::size_t>(p.extent(2)), channels) << file;
    for (std::size_t c = 0; c < channels; ++c) {
      double sum = 0;
      for (std::ptrdiff_t k = static_cast<std::ptrdiff_t>(c); k < p.size(); k += p.extent(2)) sum += p.data()[k];
      // Half a level of rounding, and the colours of subsampled files, which decoders may spread differently.
      EXPECT_NEAR(sum / static_cast<double>(p.size() / p.extent(2)), answer["mean"][c].get<double>(), 1.2) << file;
    }
    const std::string digest = sha256({p.data(), p.bytes()});
    same += digest == answer["sha256_pil_rgb_or_l"];
  }
  EXPECT_GT(files, 20);
  EXPECT_GT(same, files / 2) << "of " << files << "; Pillow has the same libjpeg-turbo inside";
}

TEST_F(PictureCases, TwelveBitJpegIsRefused) {
  const std::string path = imaging_case("jpeg/ljt_monkey12.jpg");
  EXPECT_EQ(error_of([&] { (void)read_picture(path); }),
            "invalid_argument: " + path + ": jpeg: Unsupported JPEG data precision 12");
}

TEST_F(PictureCases, TruncatedJpegIsReadAsFarAsItGoes) {
  const imaging::Picture picture = read_picture(imaging_case("jpeg_bad/pillow_truncated_jpeg.jpg"));
  ASSERT_FALSE(picture.warnings.empty());
  EXPECT_EQ(picture.warnings.back(), "Premature end of JPEG file");
}

TEST_F(PictureCases, OrientationIsTheNumberInTheNameOfTheFile) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(imaging_case("orientation"))) {
    const std::string stem = entry.path().stem();
    if (entry.path().extension() != ".jpg") continue;
    const int expected = stem.back() - '0';
    EXPECT_EQ(read_picture(entry.path()).metadata.orientation, expected) << stem;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(picture_info(bytes_of(text), stem).orientation, expected) << stem;
    ++files;
  }
  EXPECT_GE(files, 11);
}

}  // namespace
}  // namespace lagoon::files
