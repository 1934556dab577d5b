// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/imaging/resize.hpp>

#include <lagoon/engine/isolate.hpp>

#include "../peak.hpp"
#include "images.hpp"

namespace lagoon::imaging {
namespace {

constexpr ResizeFilter kFilters[] = {ResizeFilter::box, ResizeFilter::bilinear, ResizeFilter::bicubic,
                                     ResizeFilter::lanczos3};

template <class T>
class Resize : public ::testing::Test {};
TYPED_TEST_SUITE(Resize, PixelTypes);

std::string name(ResizeFilter f, std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t channels) {
  return "filter " + std::to_string(static_cast<int>(f)) + ", to " + std::to_string(rows) + "x" +
         std::to_string(columns) + "x" + std::to_string(channels);
}

// Integers of 15 bits and 6 bits between the passes: a sixteenth of a level is more than they are off together.
constexpr double kSlack = 1.0 / 16;

TYPED_TEST(Resize, EqualsTheReference) {
  for (std::ptrdiff_t channels : {1, 2, 3, 4}) {
    const auto p = photograph<TypeParam>(61, 83, channels);
    const Image exact = reference::image_of<TypeParam>(p);
    for (ResizeFilter f : kFilters) {
      // Where alpha is nearly 0 between negative weights, a colour is one small number divided by another.
      if (exact.has_alpha() && f >= ResizeFilter::bicubic && !std::is_integral_v<TypeParam>) continue;
      for (auto [rows, columns] : {std::pair{20, 31}, {61, 40}, {100, 90}, {7, 200}, {1, 1}, {61, 83}})
        expect_near(resize<TypeParam>(p, rows, columns, {f}), reference::resize(exact, rows, columns, f), kSlack,
                    name(f, rows, columns, channels));
    }
  }
}

TYPED_TEST(Resize, InLightEqualsTheReference) {
  for (std::ptrdiff_t channels : {1, 3, 4}) {
    const auto p = photograph<TypeParam>(40, 50, channels);
    const Image exact = reference::image_of<TypeParam>(p);
    for (ResizeFilter f : {ResizeFilter::box, ResizeFilter::bilinear})  // others go below 0, where nothing is light
      expect_near(resize<TypeParam>(p, 13, 17, {f, true}), reference::resize(exact, 13, 17, f, true), 1.0 / 8,
                  name(f, 13, 17, channels));
  }
}

TYPED_TEST(Resize, InLightKeepsTheBrightnessOfFinePatterns) {
  Pixels<TypeParam> p({32, 32, 1});
  for (std::ptrdiff_t i = 0; i < p.size(); ++i)
    p.data()[i] = (i + i / 32) % 2 ? static_cast<TypeParam>(reference::white<TypeParam>()) : 0;
  const auto half = resize<TypeParam>(p, 8, 8, {ResizeFilter::box, true});
  EXPECT_NEAR(static_cast<double>(half(3, 3, 0)) / reference::white<TypeParam>(), reference::srgb_of(0.5), 0.005);
}

TYPED_TEST(Resize, OfManyColumnsAndRowsEqualsTheReference) {  // strips and sides of rows
  for (auto [rows, columns] : {std::pair{9, 2500}, {700, 11}}) {
    const auto p = photograph<TypeParam>(rows, columns, 3);
    const Image exact = reference::image_of<TypeParam>(p);
    for (ResizeFilter f : {ResizeFilter::box, ResizeFilter::lanczos3})
      for (auto [r, c] : {std::pair{rows / 3, columns / 3}, {rows, 2 * columns}, {rows / 9, columns / 11}})
        expect_near(resize<TypeParam>(p, r, c, {f}), reference::resize(exact, r, c, f), kSlack, name(f, r, c, 3));
  }
}

TYPED_TEST(Resize, OfAConstantIsThatConstant) {
  for (std::ptrdiff_t channels : {1, 2, 3, 4})
    for (double v : {0.0, 1.0, 0.2}) {
      const auto value = static_cast<TypeParam>(v * reference::white<TypeParam>());
      const auto p = Pixels<TypeParam>::filled({37, 45, channels}, value);
      for (ResizeFilter f : kFilters)
        for (auto [rows, columns] : {std::pair{5, 6}, {90, 33}, {37, 200}}) {
          const auto q = resize<TypeParam>(p, rows, columns, {f});
          for (std::ptrdiff_t i = 0; i < q.size(); ++i) {
            if constexpr (std::is_integral_v<TypeParam>) {
              ASSERT_EQ(q.data()[i], value) << name(f, rows, columns, channels);
            } else {
              ASSERT_NEAR(q.data()[i], value, 1e-6);
            }
          }
        }
    }
}

TYPED_TEST(Resize, ToTheSameSizeChangesNothing) {
  for (std::ptrdiff_t channels : {1, 3}) {
    const auto p = photograph<TypeParam>(35, 70, channels);
    for (ResizeFilter f : kFilters) EXPECT_TRUE(same_bits(resize<TypeParam>(p, 35, 70, {f}), p));
  }
}

TYPED_TEST(Resize, OfAMirroredImageIsTheMirroredResult) {
  Pixels<TypeParam> p = photograph<TypeParam>(40, 64, 3);
  for (std::ptrdiff_t y = 0; y < 40; ++y)
    for (std::ptrdiff_t x = 0; x < 32; ++x)
      for (std::ptrdiff_t c = 0; c < 3; ++c) p(y, 63 - x, c) = p(y, x, c);
  for (ResizeFilter f : kFilters) {
    const auto q = resize<TypeParam>(p, 20, 24, {f});
    const double limit = std::is_integral_v<TypeParam> ? 1 : 1e-6;
    for (std::ptrdiff_t y = 0; y < 20; ++y)
      for (std::ptrdiff_t x = 0; x < 12; ++x)
        for (std::ptrdiff_t c = 0; c < 3; ++c)
          ASSERT_NEAR(static_cast<double>(q(y, x, c)), static_cast<double>(q(y, 23 - x, c)), limit);
  }
}

TYPED_TEST(Resize, LeavesNoFringesOfWhatIsTransparent) {
  const auto white = static_cast<TypeParam>(reference::white<TypeParam>());
  Pixels<TypeParam> p = Pixels<TypeParam>::zeros({30, 30, 4});  // black and clear, but for a white square
  for (std::ptrdiff_t y = 10; y < 20; ++y)
    for (std::ptrdiff_t x = 10; x < 20; ++x)
      for (std::ptrdiff_t c = 0; c < 4; ++c) p(y, x, c) = white;
  for (ResizeFilter f : {ResizeFilter::box, ResizeFilter::bilinear}) {
    const auto q = resize<TypeParam>(p, 8, 8, {f});
    for (std::ptrdiff_t y = 0; y < 8; ++y)
      for (std::ptrdiff_t x = 0; x < 8; ++x) {
        if (q(y, x, 3) > 0) {
          EXPECT_NEAR(static_cast<double>(q(y, x, 0)) / static_cast<double>(white), 1, 1e-5);
        }
      }
  }
}

TYPED_TEST(Resize, TakesAnyStrides) {
  for (std::ptrdiff_t channels : {1, 2, 3, 4})
    for (auto [rows, columns] : {std::pair{33, 70}, {5, 9}}) {
      const auto p = photograph<TypeParam>(rows, columns, channels);
      for (const auto& view : Layouts<TypeParam>(p).views)
        for (ResizeFilter f : kFilters)
          EXPECT_TRUE(same_bits(resize<TypeParam>(view, 15, 35, {f}), resize<TypeParam>(p, 15, 35, {f})));
    }
}

TYPED_TEST(Resize, OfOnePixelOneRowAndOneColumn) {
  for (auto [rows, columns] : {std::pair{1, 1}, {1, 90}, {90, 1}, {2, 3}}) {
    const auto p = photograph<TypeParam>(rows, columns, 3);
    const Image exact = reference::image_of<TypeParam>(p);
    for (ResizeFilter f : kFilters)
      for (auto [r, c] : {std::pair{1, 1}, {4, 5}, {1, 30}, {30, 1}})
        expect_near(resize<TypeParam>(p, r, c, {f}), reference::resize(exact, r, c, f), kSlack, name(f, r, c, 3));
  }
}

TYPED_TEST(Resize, IsTheSameForAnyNumberOfCores) {
  const auto p = photograph<TypeParam>(900, 1100, 3);
  for (ResizeFilter f : {ResizeFilter::box, ResizeFilter::lanczos3})
    expect_same_for_any_cores([&] { return resize<TypeParam>(p, 450, 550, {f}); });
  expect_same_for_any_cores([&] { return resize<TypeParam>(p, 500, 700, {ResizeFilter::bicubic, true}); });
}

TYPED_TEST(Resize, RefusesWhatIsNoImageAndNoSize) {
  const Pixels<TypeParam> p({4, 5, 3});
  EXPECT_NE(error_of(Errc::invalid_argument, [&] { resize<TypeParam>(p, 0, 7); }).find("7 columns, 0 rows"),
            std::string::npos);
  EXPECT_NE(error_of(Errc::invalid_argument,
                     [] {
                       resize<TypeParam>(Pixels<TypeParam>({2, 2, 5}), 1, 1);
                     })
                .find("2x2x5"),
            std::string::npos);
  error_of(Errc::invalid_argument, [] { resize<TypeParam>(Pixels<TypeParam>({2, 2, 0}), 1, 1); });
  error_of(Errc::invalid_argument, [] { resize<TypeParam>(Pixels<TypeParam>({0, 2, 1}), 1, 1); });
  error_of(Errc::invalid_argument, [&] { resize<TypeParam>(p, std::ptrdiff_t{1} << 40, std::ptrdiff_t{1} << 40); });
}

TEST(ResizeOfFloat, KeepsNanWhereItIs) {
  auto p = photograph<float>(40, 40, 1);
  p(20, 20, 0) = std::numeric_limits<float>::quiet_NaN();
  for (ResizeFilter f : kFilters) {
    const auto q = resize<float>(p, 20, 20, {f});
    const std::ptrdiff_t reach = static_cast<std::ptrdiff_t>(reference::filter_support(f)) + 1;
    EXPECT_TRUE(std::isnan(q(10, 10, 0)));
    for (std::ptrdiff_t y = 0; y < 20; ++y)
      for (std::ptrdiff_t x = 0; x < 20; ++x)
        EXPECT_TRUE(std::abs(y - 10) <= reach && std::abs(x - 10) <= reach ? true : !std::isnan(q(y, x, 0)));
  }
  const auto same = resize<float>(p, 40, 40);
  for (std::ptrdiff_t i = 0; i < p.size(); ++i) EXPECT_EQ(std::isnan(same.data()[i]), i == 20 * 40 + 20);
}

TEST(ResizeOfLevels, ByHalfIsTheSameAsByTwoPasses) {
  const auto p = photograph<std::uint8_t>(94, 314, 3);
  const Layouts<std::uint8_t> layouts(p);  // which does not take the short way
  EXPECT_TRUE(same_bits(resize<std::uint8_t>(p, 47, 157, {ResizeFilter::box}),
                        resize<std::uint8_t>(layouts.views[0], 47, 157, {ResizeFilter::box})));
  for (std::ptrdiff_t channels : {1, 3}) {
    const auto q = photograph<std::uint8_t>(10, 600, channels);
    expect_near(resize<std::uint8_t>(q, 5, 300, {ResizeFilter::box}),
                reference::resize(reference::image_of<std::uint8_t>(q), 5, 300, ResizeFilter::box), 1e-6);
  }
}

TEST(ResizeOfLevels, NeedsLittleMemoryBesideTheResult) {
  const auto p = photograph<std::uint8_t>(1600, 1600, 3);
  EXPECT_LT(test::peak_of([&] { (void)resize<std::uint8_t>(p, 400, 400); }), 4u << 20);
}

}  // namespace
}  // namespace lagoon::imaging
