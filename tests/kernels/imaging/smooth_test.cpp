// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/imaging/filters.hpp>

#include "images.hpp"

namespace lagoon::imaging {
namespace {

template <class T>
class Smooth : public ::testing::Test {};
TYPED_TEST_SUITE(Smooth, PixelTypes);

constexpr std::pair<std::ptrdiff_t, std::ptrdiff_t> kSizes[] = {{1, 1}, {1, 9}, {9, 1}, {3, 2}, {40, 21}, {17, 150}};
constexpr std::array<std::array<double, 3>, 3> kSharp = {{{0, -0.5, 0}, {-0.5, 3, -0.5}, {0, -0.5, 0}}};
constexpr std::array<std::array<double, 3>, 3> kSlope = {{{0.1, -0.2, 0.3}, {1, 0.5, -0.7}, {0.25, 0, -0.4}}};

TYPED_TEST(Smooth, BlurEqualsTheReference) {
  for (std::ptrdiff_t channels : {1, 2, 3, 4})
    for (auto [rows, columns] : kSizes)
      for (double sigma : {0.0, 0.2, 0.5, 1.0, 2.3, 6.0}) {
        const auto p = photograph<TypeParam>(rows, columns, channels);
        expect_near(gaussian_blur<TypeParam>(p, sigma),
                    reference::gaussian_blur(reference::image_of<TypeParam>(p), sigma), 1.0 / 16,
                    "sigma " + std::to_string(sigma));
      }
}

TYPED_TEST(Smooth, SharpenEqualsTheReference) {
  for (std::ptrdiff_t channels : {1, 2, 3, 4})
    for (auto [rows, columns] : kSizes)
      for (double sigma : {0.2, 0.5, 1.0, 2.0})
        for (double amount : {0.5, 1.0, -0.5, 3.0, 20.0}) {
          const auto p = photograph<TypeParam>(rows, columns, channels);
          const Unsharp u{.sigma = sigma, .amount = amount};
          // What a blur is off by is multiplied.
          expect_near(sharpen<TypeParam>(p, u), reference::sharpen(reference::image_of<TypeParam>(p), u),
                      (1 + std::fabs(amount)) / 20, "sigma " + std::to_string(sigma) + ", " + std::to_string(amount));
        }
}

TYPED_TEST(Smooth, SharpenLeavesSmallDifferencesAlone) {
  const auto p = photograph<TypeParam>(30, 70, 3);
  EXPECT_TRUE(same_bits(sharpen<TypeParam>(p, {.sigma = 1, .amount = 2, .threshold = 1}), p));
  // Half of the pixels change; those whose difference is the threshold but for rounding may do either.
  const Unsharp u{.sigma = 0.5, .amount = 1, .threshold = 0.1};
  const Image before = reference::image_of<TypeParam>(p), exact = reference::sharpen(before, u);
  const auto q = sharpen<TypeParam>(p, u);
  std::ptrdiff_t wrong = 0;
  for (std::ptrdiff_t i = 0; i < q.size(); ++i)
    if (std::fabs(static_cast<double>(q.data()[i]) / reference::white<TypeParam>() -
                  std::clamp(exact.values[static_cast<std::size_t>(i)], std::is_integral_v<TypeParam> ? 0.0 : -9.0,
                             std::is_integral_v<TypeParam> ? 1.0 : 9.0)) > 0.01)
      ++wrong;
  EXPECT_LE(wrong, q.size() / 200);
}

TYPED_TEST(Smooth, ConvolutionEqualsTheReference) {
  for (std::ptrdiff_t channels : {1, 2, 3, 4})
    for (auto [rows, columns] : kSizes)
      for (const auto& weights : {kSharp, kSlope, {{{0, 0, 0}, {0, 200, 0}, {0, 0, -199.5}}}}) {
        const auto p = photograph<TypeParam>(rows, columns, channels);
        expect_near(convolve3x3<TypeParam>(p, weights),
                    reference::convolve3x3(reference::image_of<TypeParam>(p), weights), 1.0 / 8);
      }
}

TYPED_TEST(Smooth, AConstantStaysThatConstant) {
  for (std::ptrdiff_t channels : {1, 2, 3, 4})
    for (double v : {0.0, 1.0, 0.6}) {
      const auto value = static_cast<TypeParam>(v * reference::white<TypeParam>());
      const auto p = Pixels<TypeParam>::filled({20, 33, channels}, value);
      const auto expect_it = [&](const Pixels<TypeParam>& q) {
        for (std::ptrdiff_t i = 0; i < q.size(); ++i)
          ASSERT_NEAR(static_cast<double>(q.data()[i]), static_cast<double>(value),
                      std::is_integral_v<TypeParam> ? 0 : 1e-5);
      };
      for (double sigma : {0.5, 1.0, 5.0}) {
        expect_it(gaussian_blur<TypeParam>(p, sigma));
        expect_it(sharpen<TypeParam>(p, {.sigma = sigma, .amount = 4}));
      }
      expect_it(convolve3x3<TypeParam>(p, kSharp));
    }
}

TYPED_TEST(Smooth, TakeAnyStridesAndCores) {
  for (std::ptrdiff_t channels : {1, 3, 4}) {
    const auto p = photograph<TypeParam>(300, 131, channels);
    const Layouts<TypeParam> layouts(p);
    const auto both = [&](auto f) {
      const auto plain = f(In<TypeParam>(p));
      for (const auto& view : layouts.views) EXPECT_TRUE(same_bits(f(view), plain));
      expect_same_for_any_cores([&] { return f(In<TypeParam>(p)); });
    };
    both([](In<TypeParam> v) { return gaussian_blur<TypeParam>(v, 1.5); });
    both([](In<TypeParam> v) { return sharpen<TypeParam>(v, {}); });
    both([](In<TypeParam> v) { return sharpen<TypeParam>(v, {.sigma = 2, .amount = 1}); });
    both([](In<TypeParam> v) { return convolve3x3<TypeParam>(v, kSlope); });
  }
}

TYPED_TEST(Smooth, RefuseWhatMakesNoSense) {
  const auto p = photograph<TypeParam>(3, 3, 3);
  const double nan = std::nan("");
  error_of(Errc::invalid_argument, [&] { gaussian_blur<TypeParam>(p, -1); });
  error_of(Errc::invalid_argument, [&] { gaussian_blur<TypeParam>(p, nan); });
  EXPECT_NE(error_of(Errc::invalid_argument, [&] { sharpen<TypeParam>(p, {.amount = nan}); }).find("amount is nan"),
            std::string::npos);
  error_of(Errc::invalid_argument, [&] { sharpen<TypeParam>(p, {.threshold = 2}); });
  error_of(Errc::invalid_argument, [&] { convolve3x3<TypeParam>(p, {{{nan, 0, 0}, {0, 0, 0}, {0, 0, 0}}}); });
  error_of(Errc::invalid_argument, [] { sharpen<TypeParam>(Pixels<TypeParam>({2, 2, 5}), {}); });
  error_of(Errc::invalid_argument, [] { gaussian_blur<TypeParam>(Pixels<TypeParam>({0, 2, 1}), 1); });
}

TEST(SmoothOfFloat, KeepsNanWhereItIs) {
  auto p = photograph<float>(30, 30, 1);
  p(15, 15, 0) = std::nanf("");
  for (const auto& q : {gaussian_blur<float>(p, 0.5), sharpen<float>(p, {}), convolve3x3<float>(p, kSlope)})
    for (std::ptrdiff_t y = 0; y < 30; ++y)
      for (std::ptrdiff_t x = 0; x < 30; ++x)
        EXPECT_EQ(std::isnan(q(y, x, 0)), std::abs(y - 15) <= 1 && std::abs(x - 15) <= 1);
}

}  // namespace
}  // namespace lagoon::imaging
