// SPDX-License-Identifier: Apache-2.0
#pragma once

// Images of the tests, and how far a result may be from the exact one.

#include <gtest/gtest.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <lagoon/core/error.hpp>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/imaging/picture.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <reference/imaging.hpp>
#include <string>
#include <vector>

#include "kernels/expect.hpp"

namespace lagoon::imaging {

using test::error_of;

using reference::Image;
using PixelTypes = ::testing::Types<std::uint8_t, std::uint16_t, float>;

template <class T>
using In = View<const T, 3>;

/// Waves with noise and, here and there, black beside white; alpha goes from 0 to full. The seed is part of the test.
template <class T>
Pixels<T> photograph(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t channels, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> draw(-0.1, 0.1);
  Pixels<T> p({rows, columns, channels});
  for (std::ptrdiff_t y = 0; y < rows; ++y)
    for (std::ptrdiff_t x = 0; x < columns; ++x)
      for (std::ptrdiff_t c = 0; c < channels; ++c) {
        double v =
            0.5 + 0.4 * std::sin(0.13 * static_cast<double>(x + 20 * c) + 0.07 * static_cast<double>(y)) + draw(random);
        if ((x / 5 + y / 7) % 4 == 0) v = (x + y + c) % 2 ? 0 : 1;
        if ((channels == 2 || channels == 4) && c + 1 == channels) v = (x / 9) % 3 == 0 ? 0 : 1 - 0.5 * std::fabs(v);
        v = std::clamp(v, 0.0, 1.0);
        p(y, x, c) =
            std::is_integral_v<T> ? static_cast<T>(std::floor(v * reference::white<T>() + 0.5)) : static_cast<T>(v);
      }
  return p;
}

/// The same pixels in memory that is not one piece: channel planes, rows from below, a part of something larger.
template <class T>
struct Layouts {
  explicit Layouts(In<T> p) {
    const std::ptrdiff_t h = p.extent(0), w = p.extent(1), k = p.extent(2);
    planes = Pixels<T>({k, h, w});
    larger = Pixels<T>({h + 3, w + 5, k + 1});
    std::fill_n(larger.data(), larger.size(), T{1});
    below = Pixels<T>({h, w, k});
    for (std::ptrdiff_t y = 0; y < h; ++y)
      for (std::ptrdiff_t x = 0; x < w; ++x)
        for (std::ptrdiff_t c = 0; c < k; ++c)
          planes(c, y, x) = larger(y + 1, x + 2, c) = below(h - 1 - y, x, c) = p(y, x, c);
    views.emplace_back(planes.data(), Extents<3>{h, w, k}, Extents<3>{w, 1, h * w});
    views.push_back(larger.view().slice(0, 1, h + 1).slice(1, 2, w + 2).slice(2, 0, k));
    views.emplace_back(below.data() + (h - 1) * w * k, Extents<3>{h, w, k}, Extents<3>{-w * k, k, 1});
  }
  Pixels<T> planes, larger, below;
  std::vector<In<T>> views;
};

template <class T>
bool same_bits(const Pixels<T>& a, const Pixels<T>& b) {
  return a.extents() == b.extents() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

/// Integers are rounded: half a level, and `slack` levels of 255 for what the arithmetic may be off before; float is
/// off by that alone.
template <class T>
void expect_near(const Pixels<T>& got, const Image& exact, double slack, const std::string& what = {}) {
  ASSERT_EQ(got.extents(), (Extents<3>{exact.rows, exact.columns, exact.channels})) << what;
  const bool whole = std::is_integral_v<T>;
  const double limit = slack * (sizeof(T) == 1 ? 1 : whole ? 30 : 1 / 5000.0) + (whole ? 0.5 : 0);
  double worst = 0;
  for (std::ptrdiff_t i = 0; i < got.size(); ++i) {
    const double v = exact.values[static_cast<std::size_t>(i)], wanted = whole ? std::clamp(v, 0.0, 1.0) : v;
    worst = std::max(worst, std::fabs(static_cast<double>(got.data()[i]) - wanted * reference::white<T>()));
  }
  EXPECT_LE(worst, limit) << what;
}

/// f gives the same bytes with 1, 2 and 4 workers.
template <class F>
void expect_same_for_any_cores(F f) {
  const tbb::global_control allow(tbb::global_control::max_allowed_parallelism, 4);
  const auto with = [&](int cores) {
    tbb::task_arena arena(cores);
    return arena.execute(f);
  };
  const auto one = with(1);
  EXPECT_TRUE(same_bits(one, with(2)));
  EXPECT_TRUE(same_bits(one, with(4)));
}

}  // namespace lagoon::imaging
