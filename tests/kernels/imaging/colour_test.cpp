// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/imaging/filters.hpp>

#include "images.hpp"

namespace lagoon::imaging {
namespace {

template <class T>
class Colour : public ::testing::Test {};
TYPED_TEST_SUITE(Colour, PixelTypes);

constexpr Adjustments kAdjustments[] = {{},
                                        {.brightness = 1.1},
                                        {.brightness = 0.3, .contrast = 1.7},
                                        {.contrast = -1},
                                        {.saturation = 0.25},
                                        {.saturation = 2},
                                        {.gamma = 2.2},
                                        {.gamma = 0.6},
                                        {.brightness = 1.2, .contrast = 0.9, .saturation = 1.4, .gamma = 1.3}};
constexpr std::array<std::array<double, 4>, 3> kSepia = {
    {{0.39, 0.77, 0.19, 0.01}, {0.35, 0.69, 0.17, -0.1}, {0.27, -0.53, 0.13, 0.2}}};

TYPED_TEST(Colour, AdjustmentsEqualTheReference) {
  for (std::ptrdiff_t channels : {1, 2, 3, 4})
    for (auto [rows, columns] : {std::pair{1, 1}, {2, 37}, {5, 600}})
      for (const Adjustments& a : kAdjustments) {
        const auto p = photograph<TypeParam>(rows, columns, channels);
        const Image exact = reference::adjust(reference::image_of<TypeParam>(p), a);
        expect_near(adjust<TypeParam>(p, a), exact, 1.0 / 30,
                    std::to_string(channels) + " channels, gamma " + std::to_string(a.gamma));
      }
}

TEST(ColourOfLevels, AdjustmentsAreRightForAllLevels) {
  Pixels<std::uint8_t> p({1, 256, 1});
  for (std::ptrdiff_t k = 0; k < 256; ++k) p(0, k, 0) = static_cast<std::uint8_t>(k);
  for (const Adjustments& a : kAdjustments)
    expect_near(adjust<std::uint8_t>(p, a), reference::adjust(reference::image_of<std::uint8_t>(p), a), 1e-9);
}

TYPED_TEST(Colour, NoAdjustmentChangesNothing) {
  const auto p = photograph<TypeParam>(7, 99, 3);
  EXPECT_TRUE(same_bits(adjust<TypeParam>(p, {}), p));
}

TYPED_TEST(Colour, MatrixEqualsTheReference) {
  for (std::ptrdiff_t channels : {3, 4}) {
    const auto p = photograph<TypeParam>(5, 333, channels);
    expect_near(colour_matrix<TypeParam>(p, kSepia),
                reference::colour_matrix(reference::image_of<TypeParam>(p), kSepia), 1.0 / 100);
  }
  const auto p = photograph<TypeParam>(5, 33, 2);
  EXPECT_NE(error_of(Errc::invalid_argument, [&] { colour_matrix<TypeParam>(p, kSepia); }).find("2 channels"),
            std::string::npos);
}

TYPED_TEST(Colour, GreyEqualsTheReference) {
  for (std::ptrdiff_t channels : {1, 2, 3, 4}) {
    const auto p = photograph<TypeParam>(5, 333, channels);
    expect_near(grey<TypeParam>(p), reference::grey(reference::image_of<TypeParam>(p)), 1.0 / 60);
  }
}

TYPED_TEST(Colour, EqualisedEqualsTheReference) {
  for (std::ptrdiff_t channels : {1, 2, 3, 4}) {
    const auto p = photograph<TypeParam>(30, 41, channels);
    // Levels of float are 65,536: within one, the order of a few of the 1230 pixels is lost.
    expect_near(equalise<TypeParam>(p), reference::equalise(reference::image_of<TypeParam>(p)),
                std::is_integral_v<TypeParam> ? 1e-6 : 5000 * 4.0 / 1230);
  }
  const auto same = Pixels<TypeParam>::filled({4, 5, 3}, static_cast<TypeParam>(reference::white<TypeParam>() / 5));
  const auto q = equalise<TypeParam>(same);
  EXPECT_NEAR(static_cast<double>(q(1, 1, 1)), static_cast<double>(same(1, 1, 1)),
              std::is_integral_v<TypeParam> ? 0 : 1e-5);
}

TYPED_TEST(Colour, TakesAnyStridesAndCores) {
  for (std::ptrdiff_t channels : {3, 4}) {
    const auto p = photograph<TypeParam>(400, 301, channels);
    const Layouts<TypeParam> layouts(p);
    const auto both = [&](auto f) {
      const auto plain = f(In<TypeParam>(p));
      for (const auto& view : layouts.views) EXPECT_TRUE(same_bits(f(view), plain));
      expect_same_for_any_cores([&] { return f(In<TypeParam>(p)); });
    };
    both([](In<TypeParam> v) { return adjust<TypeParam>(v, kAdjustments[1]); });
    both([](In<TypeParam> v) { return adjust<TypeParam>(v, kAdjustments[8]); });
    both([](In<TypeParam> v) { return colour_matrix<TypeParam>(v, kSepia); });
    both([](In<TypeParam> v) { return grey<TypeParam>(v); });
    both([](In<TypeParam> v) { return equalise<TypeParam>(v); });
  }
}

TYPED_TEST(Colour, RefusesWhatMakesNoSense) {
  const auto p = photograph<TypeParam>(3, 3, 3);
  error_of(Errc::invalid_argument, [&] { adjust<TypeParam>(p, {.brightness = -1}); });
  error_of(Errc::invalid_argument, [&] { adjust<TypeParam>(p, {.contrast = std::nan("")}); });
  EXPECT_NE(error_of(Errc::invalid_argument, [&] { adjust<TypeParam>(p, {.gamma = 0}); }).find("gamma is 0"),
            std::string::npos);
  error_of(Errc::invalid_argument, [] { grey<TypeParam>(Pixels<TypeParam>({2, 2, 5})); });
  error_of(Errc::invalid_argument, [] { equalise<TypeParam>(Pixels<TypeParam>({2, 0, 1})); });
}

TEST(ColourOfFloat, KeepsNanWhereItIs) {
  auto p = photograph<float>(4, 40, 3);
  p(2, 7, 1) = std::nanf("");
  const auto bright = adjust<float>(p, {.brightness = 1.1, .gamma = 2});
  const auto even = equalise<float>(p);
  for (std::ptrdiff_t i = 0; i < p.size(); ++i) {
    EXPECT_EQ(std::isnan(bright.data()[i]), std::isnan(p.data()[i]));
    EXPECT_EQ(std::isnan(even.data()[i]), std::isnan(p.data()[i]));
  }
}

}  // namespace
}  // namespace lagoon::imaging
