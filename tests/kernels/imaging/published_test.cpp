// SPDX-License-Identifier: Apache-2.0
// Against images that Pillow made. It rounds to 8 bits between its passes and steps, so that single pixels differ.
#include <lagoon/kernels/imaging/filters.hpp>
#include <lagoon/kernels/imaging/resize.hpp>

#include <cstdlib>

#include "images.hpp"

#ifdef LAGOON_TEST_PNG
#include <png.h>

namespace lagoon::imaging {
namespace {

std::string case_file(const std::string& name) {
  const char* folder = std::getenv("LAGOON_CASES");
  return folder && *folder ? std::string(folder) + "/imaging/" + name : std::string();
}

Pixels<std::uint8_t> read(const std::string& name) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_file(&image, case_file(name).c_str())) {
    ADD_FAILURE() << name << ": " << image.message;
    return {};
  }
  const std::ptrdiff_t channels = image.format & PNG_FORMAT_FLAG_COLOR ? 3 : 1;
  image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Pixels<std::uint8_t> p({image.height, image.width, channels});
  EXPECT_TRUE(png_image_finish_read(&image, nullptr, p.data(), 0, nullptr)) << name << ": " << image.message;
  return p;
}

struct Differences {
  double mean = 0, percentile99 = 0, most = 0;
};

Differences differences(const Pixels<std::uint8_t>& a, const Pixels<std::uint8_t>& b) {
  if (a.extents() != b.extents()) return {999, 999, 999};
  std::vector<int> all;
  for (std::ptrdiff_t i = 0; i < a.size(); ++i) all.push_back(std::abs(a.data()[i] - b.data()[i]));
  std::sort(all.begin(), all.end());
  double sum = 0;
  for (int d : all) sum += d;
  return {sum / static_cast<double>(all.size()), static_cast<double>(all[all.size() * 99 / 100]),
          static_cast<double>(all.back())};
}

/// Of squares, to what is exact, in levels.
double error_to(const Image& exact, const Pixels<std::uint8_t>& p) {
  double sum = 0;
  for (std::ptrdiff_t i = 0; i < p.size(); ++i) {
    const double d = p.data()[i] - 255 * std::clamp(exact.values[static_cast<std::size_t>(i)], 0.0, 1.0);
    sum += d * d;
  }
  return sum / static_cast<double>(p.size());
}

void expect_published(const Pixels<std::uint8_t>& got, const std::string& name, double mean = 0.5, double most = 20) {
  const auto d = differences(got, read("resize_refs/" + name));
  EXPECT_LE(d.mean, mean) << name;
  EXPECT_LE(d.percentile99, 2) << name;
  EXPECT_LE(d.most, most) << name;
}

TEST(PublishedImages, ResizedOnesAreMetAndNearerToTheExactOnes) {
  if (case_file("").empty()) GTEST_SKIP() << "no known answers here";
  constexpr std::pair<ResizeFilter, const char*> kFilters[] = {{ResizeFilter::box, "box"},
                                                               {ResizeFilter::bilinear, "bilinear"},
                                                               {ResizeFilter::bicubic, "bicubic"},
                                                               {ResizeFilter::lanczos3, "lanczos3"}};
  struct Case {
    const char *from, *name;
    std::ptrdiff_t columns, rows;
  };
  for (const Case& c : {Case{"png_other/pillow_hopper.png", "hopper", 64, 64},
                        {"png_other/pillow_hopper.png", "hopper", 200, 150},
                        {"png_other/pillow_hopper.png", "hopper", 37, 51},
                        {"resize_refs/kodim23_crop256x192.png", "kodim23", 128, 96},
                        {"resize_refs/kodim23_crop256x192.png", "kodim23", 97, 61}}) {
    const auto from = read(c.from);
    for (auto [filter, called] : kFilters) {
      const std::string name = std::string(c.name) + "_" + std::to_string(c.columns) + "x" + std::to_string(c.rows) +
                               "_" + called + "_pil.png";
      const auto got = resize<std::uint8_t>(from, c.rows, c.columns, {filter});
      expect_published(got, name);
      const Image exact = reference::resize(reference::image_of<std::uint8_t>(from), c.rows, c.columns, filter);
      EXPECT_LE(error_to(exact, got), error_to(exact, read("resize_refs/" + name))) << name;
    }
  }
}

TEST(PublishedImages, FilteredOnesAreMet) {
  if (case_file("").empty()) GTEST_SKIP() << "no known answers here";
  const auto from = read("resize_refs/kodim23_crop256x192.png");
  expect_published(adjust<std::uint8_t>(from, {.brightness = 1.3}), "kodim23_brightness1.3_pil.png", 0.5, 1);
  expect_published(adjust<std::uint8_t>(from, {.saturation = 0.5}), "kodim23_saturation0.5_pil.png", 0.6, 2);
  expect_published(grey<std::uint8_t>(from), "kodim23_grayscale_pil.png", 0.01, 1);
  expect_published(equalise<std::uint8_t>(from), "kodim23_equalize_pil.png", 0.6, 2);
}

}  // namespace
}  // namespace lagoon::imaging
#endif
