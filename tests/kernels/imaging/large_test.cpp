// SPDX-License-Identifier: Apache-2.0
// Results of 16 MiB and more go past the caches: they are what they would be if they were small.
#include <lagoon/kernels/imaging/filters.hpp>
#include <lagoon/kernels/imaging/resize.hpp>

#include <cstring>

#include "images.hpp"

namespace lagoon::imaging {
namespace {

/// Numbers that differ from each other, drawn eight at a time.
Pixels<std::uint8_t> noise(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t channels) {
  Pixels<std::uint8_t> p({rows, columns, channels});
  std::mt19937_64 random(5);
  std::uint8_t* const bytes = p.data();
  for (std::ptrdiff_t i = 0; i + 8 <= p.size(); i += 8) {
    const std::uint64_t word = random();
    std::memcpy(bytes + i, &word, 8);
  }
  return p;
}

/// A band of the result beside the result of a band, which is small: where f sees `reach` rows more on both sides, and
/// makes one row of `shrunk`.
template <class F>
void expect_bands_alike(const Pixels<std::uint8_t>& p, std::ptrdiff_t reach, std::ptrdiff_t shrunk, F f) {
  const In<std::uint8_t> view = p;
  const Pixels<std::uint8_t> all = f(view);
  ASSERT_GE(all.size(), 16 << 20);
  const std::ptrdiff_t rows = all.extent(0), high = 20;
  for (std::ptrdiff_t y : {std::ptrdiff_t{0}, rows / 3, rows - high}) {
    const std::ptrdiff_t top = std::max<std::ptrdiff_t>(0, y * shrunk - reach);
    const std::ptrdiff_t bottom = std::min(p.extent(0), (y + high) * shrunk + reach);
    const Pixels<std::uint8_t> band = f(view.slice(0, top, bottom));
    const std::ptrdiff_t row = all.extent(1) * all.extent(2);
    const auto* const wanted = band.data() + (y - top / shrunk) * row;
    EXPECT_EQ(std::memcmp(all.data() + y * row, wanted, static_cast<std::size_t>(high * row)), 0) << y;
  }
}

TEST(LargePictures, AreMadeAsSmallOnes) {
  for (std::ptrdiff_t channels : {1, 3, 4}) {
    // Columns that fill no line of the cache, so that rows begin anywhere in one.
    const auto p = noise((17 << 20) / (2411 * channels) + 1, 2411, channels);
    expect_bands_alike(p, 0, 1, [](In<std::uint8_t> v) { return adjust<std::uint8_t>(v, {.brightness = 1.1}); });
    expect_bands_alike(p, 0, 1, [](In<std::uint8_t> v) { return adjust<std::uint8_t>(v, {.contrast = 1.7}); });
    expect_bands_alike(p, 0, 1, [](In<std::uint8_t> v) { return adjust<std::uint8_t>(v, {.saturation = 0.4}); });
    expect_bands_alike(p, 1, 1, [](In<std::uint8_t> v) { return sharpen<std::uint8_t>(v, {}); });
    expect_bands_alike(p, 1, 1, [](In<std::uint8_t> v) { return sharpen<std::uint8_t>(v, {.threshold = 0.02}); });
  }
}

TEST(LargePictures, AreHalvedAsSmallOnes) {
  for (std::ptrdiff_t channels : {1, 3}) {
    const std::ptrdiff_t columns = 2 * 2411, rows = 2 * ((17 << 20) / (2411 * channels) + 1);
    expect_bands_alike(noise(rows, columns, channels), 0, 2, [](In<std::uint8_t> v) {
      return resize<std::uint8_t>(v, v.extent(0) / 2, v.extent(1) / 2, {.filter = ResizeFilter::box});
    });
  }
}

TEST(LargePictures, AreTheSameOnAnyNumberOfCores) {
  const auto p = noise(2400, 2411, 3);
  const In<std::uint8_t> v = p;
  expect_same_for_any_cores([&] { return adjust<std::uint8_t>(v, {.brightness = 1.1}); });
  expect_same_for_any_cores([&] { return sharpen<std::uint8_t>(v, {}); });
}

}  // namespace
}  // namespace lagoon::imaging
