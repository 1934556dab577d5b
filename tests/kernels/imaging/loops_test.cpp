// SPDX-License-Identifier: Apache-2.0
// The loops with vectors give what the plain ones give: integers bit for bit, so that all instruction sets agree.
#include "src/imaging/resample_simd.hpp"

#include "images.hpp"
#include "src/imaging/colour_simd.hpp"
#include "src/imaging/past_cache.hpp"
#include "src/imaging/smooth_simd.hpp"

namespace lagoon::imaging::detail {
namespace {

template <class T>
std::vector<T> numbers(std::size_t n, long least, long most, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<long> draw(least, most);
  std::vector<T> v(n);
  for (T& x : v) x = static_cast<T>(draw(random));
  return v;
}

/// The same bytes come out of both, f(kernels, out).
template <class T, class F, class K>
void expect_equal(std::size_t n, const K& fast, const K& plain, F f) {
  std::vector<T> a(n, T{7}), b(n, T{7});
  f(fast, a.data());
  f(plain, b.data());
  EXPECT_EQ(a, b);
}

class LoopsOfPixels : public ::testing::Test {
 protected:
  const ResampleKernels resample = resample_kernels(), plain_resample = plain_resample_kernels();
  const SmoothKernels smooth = smooth_kernels(), plain_smooth = plain_smooth_kernels();
  const ColourKernels colour = colour_kernels(), plain_colour = plain_colour_kernels();
};

TEST_F(LoopsOfPixels, DownAndAcross) {
  for (std::ptrdiff_t n : {64, 65, 127, 200, 1000}) {
    const auto pixels = numbers<std::uint8_t>(static_cast<std::size_t>(6 * n), 0, 255);
    const std::uint8_t* rows[6];
    for (std::ptrdiff_t k = 0; k < 6; ++k) rows[k] = pixels.data() + k * n;
    const std::int16_t weights[6] = {-2000, 12000, 20000, 9000, -6232, 0};
    expect_equal<std::int16_t>(static_cast<std::size_t>(n), resample, plain_resample,
                               [&](const auto& k, std::int16_t* out) { k.down_u8(rows, weights, 6, 15, out, n); });
  }
  for (std::ptrdiff_t channels : {1, 2, 3, 4}) {
    const std::ptrdiff_t wide = channels * kSide;
    const auto in = numbers<std::int16_t>(static_cast<std::size_t>(12 * wide), -3000, 20000);
    const std::ptrdiff_t begin[4] = {5, 6, 7, 9}, count[4] = {1, 3, 4, 2};
    const auto weights = numbers<std::int16_t>(16, -3000, 12000, 5);
    auto fixed = weights;
    fixed[1] = fixed[7] = 0;  // behind an odd count
    expect_equal<std::int16_t>(static_cast<std::size_t>(4 * wide), resample, plain_resample,
                               [&](const auto& k, std::int16_t* out) {
                                 k.across_i16({begin, count, fixed.data(), 4, 0, 4, 4, wide, 14}, in.data(), out);
                               });
  }
}

TEST_F(LoopsOfPixels, TurnNarrowAndHalve) {
  const auto in = numbers<std::int16_t>(64 * 40, -700, 700);
  expect_equal<std::int16_t>(64 * 40, resample, plain_resample,
                             [&](const auto& k, std::int16_t* out) { k.turn_i16(in.data(), 64, out, 40, 40, 64); });
  const std::vector<float> floats(in.begin(), in.end());
  expect_equal<float>(64 * 40, resample, plain_resample,
                      [&](const auto& k, float* out) { k.turn_f32(floats.data(), 64, out, 40, 40, 64); });
  auto pixels = numbers<std::uint8_t>(4000, 0, 255);
  for (std::size_t i = 0; i < 500; ++i) pixels[i] = pixels[i + 2000] = pixels[i] % 2 ? 255 : pixels[i] % 4;
  for (std::ptrdiff_t n : {1, 7, 63, 64, 200})
    for (std::ptrdiff_t channels : {1, 2, 3, 4}) {
      for (std::ptrdiff_t ahead : {0, 300})
        expect_equal<std::uint8_t>(1000, resample, plain_resample, [&](const auto& k, std::uint8_t* out) {
          k.halve_u8(pixels.data(), pixels.data() + 2000, out, n, channels, ahead);
        });
      expect_equal<std::uint8_t>(1000, resample, plain_resample,
                                 [&](const auto& k, std::uint8_t* out) { k.narrow(in.data(), out, n * channels); });
    }
}

TEST_F(LoopsOfPixels, BlurSharpenAndCorrelate) {
  const auto x = numbers<std::uint8_t>(3000, 0, 255);
  const auto down = numbers<std::int16_t>(1200, 0, 255 * 64);
  for (std::ptrdiff_t n : {64, 100, 500}) {
    const auto size = static_cast<std::size_t>(n);
    expect_equal<std::int16_t>(size, smooth, plain_smooth, [&](const auto& k, std::int16_t* out) {
      k.down3(x.data(), x.data() + 1000, x.data() + 2000, 3000, 26768, out, n);
    });
    for (const FixedUnsharp& u : {FixedUnsharp{16384, 0, 0}, {-30000, 3, 0}, {30000, 2, 900}}) {
      expect_equal<std::uint8_t>(size, smooth, plain_smooth, [&](const auto& k, std::uint8_t* out) {
        k.sharpen3(x.data(), down.data() + 8, 3, 3000, 26768, u, out, n);
      });
      expect_equal<std::uint8_t>(size, smooth, plain_smooth, [&](const auto& k, std::uint8_t* out) {
        k.unsharp_u8(x.data(), down.data(), u, out, n);
      });
    }
    const std::int16_t weights[10] = {-3000, 500, 4000, -1, 20000, 9, 700, -700, 1234, 0};
    expect_equal<std::int16_t>(size, smooth, plain_smooth, [&](const auto& k, std::int16_t* out) {
      k.along_i16(down.data(), weights, 10, 3, 15, out, n);
    });
    expect_equal<std::uint8_t>(size, smooth, plain_smooth,
                               [&](const auto& k, std::uint8_t* out) { k.whole(down.data(), out, n); });
    const auto levels = numbers<std::int16_t>(1800, 0, 255);
    const std::int16_t* const rows[3] = {levels.data(), levels.data() + 600, levels.data() + 1200};
    for (int shift : {0, 8, 14})
      expect_equal<std::uint8_t>(size, smooth, plain_smooth, [&](const auto& k, std::uint8_t* out) {
        k.nine_i16(rows, weights, 3, shift, out, n);
      });
  }
}

TEST_F(LoopsOfPixels, SharpenByASmallMask) {
  const auto x = numbers<std::uint8_t>(4000, 0, 255), extremes = numbers<std::uint8_t>(4000, 0, 1, 4);
  auto harsh = extremes;
  for (std::uint8_t& v : harsh) v = static_cast<std::uint8_t>(v * 255);
  for (const auto& pixels : {x, harsh})
    for (std::ptrdiff_t step : {1, 2, 3, 4})
      for (std::ptrdiff_t n : {3, 64, 131, 192, 199, 260, 777, 1000})
        for (const SmallMask& mask : {SmallMask{12451, 10964, 1487}, {32767, 30000, 2767}, {0, 0, 0}}) {
          const std::uint8_t* const rows[] = {pixels.data(), pixels.data() + 1111, pixels.data() + 2500};
          if (n < step) continue;
          // Wherever the row begins in a line, with and without the caches.
          for (std::ptrdiff_t at : {0, 1, 13, 63})
            for (const std::uint8_t* next : {static_cast<const std::uint8_t*>(nullptr), pixels.data()})
              expect_equal<std::uint8_t>(1100, smooth, plain_smooth, [&](const auto& k, std::uint8_t* out) {
                k.small_mask_u8(rows, n, step, mask, next, out + at);
                finish_past_cache();
              });
        }
}

TEST_F(LoopsOfPixels, ACopyPastTheCacheIsACopy) {
  const auto x = numbers<std::uint8_t>(20'000, 0, 255);
  for (std::size_t from : {0, 1, 40})
    for (std::size_t to : {0, 1, 63, 64})
      for (std::size_t n : {0, 1, 63, 64, 65, 200, 4096, 19'000}) {
        std::vector<std::uint8_t> copy(20'000, 7), expected = copy;
        copy_past_cache(x.data() + from, copy.data() + to, n);
        finish_past_cache();
        std::copy_n(x.data() + from, n, expected.data() + to);
        EXPECT_EQ(copy, expected);
      }
  PastCache<std::uint8_t> past;
  for (std::ptrdiff_t channels : {1, 2, 3, 4})
    for (std::ptrdiff_t n : {0, 1, 63, 64, 2000, 4900}) {
      std::vector<std::uint8_t> copy(20'000, 7), expected = copy;
      past.put(copy.data() + 5, n, channels, [&](std::ptrdiff_t begin, std::ptrdiff_t end, std::uint8_t* to) {
        std::copy_n(x.data() + begin * channels, (end - begin) * channels, to);
      });
      finish_past_cache();
      std::copy_n(x.data(), n * channels, expected.data() + 5);
      EXPECT_EQ(copy, expected);
    }
}

TEST_F(LoopsOfPixels, AFixedLineIsALine) {
  const auto in = numbers<std::uint8_t>(1200, 0, 255);
  for (const FixedLine& line : {FixedLine{true, 6554, 0, 129}, {false, 50'000, 700, 128}, {true, 65'535, 0, 40'000}}) {
    for (std::ptrdiff_t n : {1, 15, 64, 300})
      expect_equal<std::uint8_t>(1200, colour, plain_colour,
                                 [&](const auto& k, std::uint8_t* out) { k.fixed_line_u8(in.data(), out, n, line); });
  }
}

TEST_F(LoopsOfPixels, Colours) {
  const auto in = numbers<std::uint8_t>(1200, 0, 255);
  const auto table = numbers<std::uint8_t>(256, 0, 255, 3);
  const float matrix[3][4] = {{0.5F, 0.25F, 0.125F, 3}, {-1, 2, 0.5F, 0}, {0, 0, 1, -200}};  // without rounding
  for (std::ptrdiff_t n : {1, 15, 64, 300}) {
    expect_equal<std::uint8_t>(1200, colour, plain_colour,
                               [&](const auto& k, std::uint8_t* out) { k.lookup_u8(in.data(), out, n, table.data()); });
    expect_equal<std::uint8_t>(1200, colour, plain_colour,
                               [&](const auto& k, std::uint8_t* out) { k.line_u8(in.data(), out, n, 1.25F, -8); });
    expect_equal<std::uint8_t>(1200, colour, plain_colour,
                               [&](const auto& k, std::uint8_t* out) { k.grey_u8(in.data(), out, n); });
    for (std::ptrdiff_t channels : {3, 4})
      expect_equal<std::uint8_t>(1200, colour, plain_colour, [&](const auto& k, std::uint8_t* out) {
        k.matrix_u8(in.data(), out, n, channels, matrix);
      });
  }
}

TEST_F(LoopsOfPixels, LightIsRightToSixDigits) {
  std::vector<float> v;
  for (int k = -100; k <= 3000; ++k) v.push_back(static_cast<float>(k) / 1000);
  v.insert(v.end(), {std::nanf(""), std::numeric_limits<float>::infinity()});
  auto light = v, back = v, power = v;
  const auto n = static_cast<std::ptrdiff_t>(v.size());
  colour.srgb_to_light(light.data(), n);
  colour.light_to_srgb(back.data(), n);
  colour.power(power.data(), n, 0.45F);
  for (std::size_t i = 0; i + 2 < v.size(); ++i) {
    EXPECT_NEAR(light[i], reference::light_of(v[i]), 2e-6 * std::max(1.0F, light[i]));
    EXPECT_NEAR(back[i], reference::srgb_of(v[i]), 2e-6 * std::max(1.0F, back[i]));
    EXPECT_NEAR(power[i], std::pow(std::max(0.0, static_cast<double>(v[i])), 0.45), 3e-6);
  }
  for (const auto& w : {light, back, power}) {
    EXPECT_TRUE(std::isnan(w[v.size() - 2]));
    EXPECT_TRUE(std::isinf(w[v.size() - 1]));
  }
}

}  // namespace
}  // namespace lagoon::imaging::detail
