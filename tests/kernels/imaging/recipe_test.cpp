// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/imaging/recipe.hpp>

#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/stop.hpp>

#include "images.hpp"

namespace lagoon::imaging {
namespace {

template <class T>
class RecipeOf : public ::testing::Test {};
TYPED_TEST_SUITE(RecipeOf, PixelTypes);

template <class T>
Picture picture(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t channels, int orientation = 1) {
  Picture p;
  p.pixels = photograph<T>(rows, columns, channels);
  p.metadata.orientation = orientation;
  return p;
}

template <class T>
const Pixels<T>& pixels_of(const Picture& p) {
  return std::get<Pixels<T>>(p.pixels);
}

bool same(Size a, Size b) { return a.columns == b.columns && a.rows == b.rows; }

TEST(RecipeSize, FitsFillsAndStretches) {
  const auto after = [](Fit fit, bool enlarge, Size to, Size from) {
    Recipe r;
    r.size = to;
    r.fit = fit;
    r.enlarge = enlarge;
    return size_after(r, from);
  };
  EXPECT_TRUE(same(after(Fit::fit, false, {800, 600}, {4000, 3000}), {800, 600}));
  EXPECT_TRUE(same(after(Fit::fit, false, {800, 600}, {3000, 4000}), {450, 600}));
  EXPECT_TRUE(same(after(Fit::fit, false, {800, 600}, {40, 30}), {40, 30}));
  EXPECT_TRUE(same(after(Fit::fit, true, {800, 600}, {40, 20}), {800, 400}));
  EXPECT_TRUE(same(after(Fit::fit, false, {10, 10}, {100000, 1}), {10, 1}));
  EXPECT_TRUE(same(after(Fit::fill, false, {800, 600}, {3000, 4000}), {800, 600}));
  EXPECT_TRUE(same(after(Fit::fill, false, {800, 600}, {700, 4000}), {700, 600}));
  EXPECT_TRUE(same(after(Fit::fill, true, {800, 600}, {7, 40}), {800, 600}));
  EXPECT_TRUE(same(after(Fit::exact, false, {800, 600}, {3000, 4000}), {800, 600}));
  EXPECT_TRUE(same(after(Fit::exact, false, {800, 600}, {300, 4000}), {300, 600}));
  EXPECT_TRUE(same(after(Fit::exact, true, {800, 600}, {300, 40}), {800, 600}));
  EXPECT_TRUE(same(size_after({}, {3, 4}), {3, 4}));
}

TYPED_TEST(RecipeOf, NothingChangesNothing) {
  const auto p = picture<TypeParam>(40, 51, 3);
  EXPECT_TRUE(same_bits(pixels_of<TypeParam>(apply(p, {})), pixels_of<TypeParam>(p)));
}

TYPED_TEST(RecipeOf, AllStepsAreTheStepsOneAfterTheOther) {
  for (std::ptrdiff_t channels : {1, 2, 3, 4})
    for (int orientation : {1, 3, 6, 7})
      for (double sigma : {0.5, 3.0})
        for (bool grey_too : {false, true}) {
          const auto p = picture<TypeParam>(600, 300, channels, orientation);
          Recipe r;
          r.size = orientation < 5 ? Size{140, 280} : Size{280, 140};
          r.sharpen = 0.7;
          r.sharpen_sigma = sigma;
          r.colour = {.brightness = 1.1, .contrast = 0.9, .saturation = 1.2};
          r.grey = grey_too;
          auto steps = resize<TypeParam>(pixels_of<TypeParam>(p), 280, 140);
          steps = sharpen<TypeParam>(steps, {.sigma = sigma, .amount = 0.7});
          steps = adjust<TypeParam>(steps, r.colour);
          if (grey_too) steps = grey<TypeParam>(steps);
          steps = upright<TypeParam>(steps, orientation);
          EXPECT_TRUE(same_bits(pixels_of<TypeParam>(apply(p, r)), steps)) << channels << " channels, " << orientation;
        }
}

TYPED_TEST(RecipeOf, WithoutASizeIsTheStepsToo) {
  const auto p = picture<TypeParam>(300, 210, 3, 8);
  Recipe r;
  r.sharpen = 1;
  r.colour.gamma = 1.3;
  const auto steps = adjust<TypeParam>(sharpen<TypeParam>(pixels_of<TypeParam>(p), {.amount = 1}), r.colour);
  EXPECT_TRUE(same_bits(pixels_of<TypeParam>(apply(p, r)), upright<TypeParam>(steps, 8)));
  r.upright = false;
  EXPECT_TRUE(same_bits(pixels_of<TypeParam>(apply(p, r)), steps));
}

TYPED_TEST(RecipeOf, FillCutsOffWhatSticksOutEvenly) {
  const auto p = picture<TypeParam>(60, 120, 3);
  Recipe r;
  r.size = Size{40, 40};
  r.fit = Fit::fill;
  const auto whole = resize<TypeParam>(pixels_of<TypeParam>(p), 40, 80);
  EXPECT_TRUE(
      same_bits(pixels_of<TypeParam>(apply(p, r)), Pixels<TypeParam>::copy_of(crop<TypeParam>(whole, 0, 20, 40, 40))));
  r.size = Size{100, 60};  // nothing to resize, only to cut
  EXPECT_TRUE(same_bits(pixels_of<TypeParam>(apply(p, r)),
                        Pixels<TypeParam>::copy_of(crop<TypeParam>(pixels_of<TypeParam>(p), 0, 10, 60, 100))));
}

TYPED_TEST(RecipeOf, IsTheSameForAnyNumberOfCores) {
  const auto p = picture<TypeParam>(1100, 1300, 3, 6);
  Recipe r;
  r.size = Size{900, 900};
  r.sharpen = 0.5;
  r.colour.brightness = 1.1;
  expect_same_for_any_cores([&] { return std::get<Pixels<TypeParam>>(apply(p, r).pixels); });
}

TEST(RecipeOfAPicture, KeepsWhatIsSaidOfIt) {
  auto p = picture<std::uint8_t>(20, 30, 3, 6);
  p.metadata.icc = {std::byte{1}, std::byte{2}};
  p.metadata.pixels_per_inch = 300;
  p.format = "jpeg";
  p.warnings = {"cut short"};
  Recipe r;
  const auto q = apply(p, r);
  EXPECT_EQ(pixels_of<std::uint8_t>(q).extents(), (Extents<3>{30, 20, 3}));
  EXPECT_EQ(q.metadata.orientation, 1);
  EXPECT_EQ(q.metadata.icc, p.metadata.icc);
  EXPECT_EQ(q.metadata.pixels_per_inch, 300);
  EXPECT_EQ(q.format, "jpeg");
  EXPECT_EQ(q.warnings, p.warnings);
  r.upright = false;
  EXPECT_EQ(apply(p, r).metadata.orientation, 6);
  p.metadata.orientation = 77;  // what files may say is no reason to fail
  EXPECT_EQ(pixels_of<std::uint8_t>(apply(p, {})).extents(), (Extents<3>{20, 30, 3}));
}

TEST(RecipeOfAPicture, RefusesWhatMakesNoSense) {
  const auto p = picture<std::uint8_t>(20, 30, 3);
  Recipe r;
  r.size = Size{0, 5};
  EXPECT_NE(error_of(Errc::invalid_argument, [&] { apply(p, r); }).find("0x5"), std::string::npos);
  error_of(Errc::invalid_argument, [&] { size_after(r, {3, 3}); });
  r = {};
  r.sharpen = std::nan("");
  error_of(Errc::invalid_argument, [&] { apply(p, r); });
  r = {};
  r.colour.gamma = -1;
  error_of(Errc::invalid_argument, [&] { apply(p, r); });
  error_of(Errc::invalid_argument, [] { apply(Picture{}, {}); });
}

TEST(RecipeOfAPicture, EndsWhenItsCallDoes) {
  const auto p = picture<std::uint8_t>(900, 900, 3);
  Recipe r;
  r.size = Size{300, 300};
  StopControl stop;
  stop.request_stop();
  const StopScope scope(&stop);
  error_of(Errc::cancelled, [&] { apply(p, r); });
}

}  // namespace
}  // namespace lagoon::imaging
