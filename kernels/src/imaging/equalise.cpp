// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/parallel.hpp>
#include <lagoon/kernels/imaging/filters.hpp>

#include "pixels.hpp"

namespace lagoon::imaging {
namespace {

using Counts = Tensor<std::int64_t, 2>;  // channels x levels

template <class T>
constexpr std::ptrdiff_t kLevels = std::is_same_v<T, std::uint8_t> ? 256 : 65536;

/// Of 0 to kLevels; -1 where it is no number.
template <class T>
std::ptrdiff_t index(T v) {
  if constexpr (std::is_integral_v<T>) {
    return v;
  } else {
    if (std::isnan(v)) return -1;
    return static_cast<std::ptrdiff_t>(std::clamp(v, 0.0F, 1.0F) * static_cast<float>(kLevels<T> - 1) + 0.5F);
  }
}

template <class T>
Counts count(View<const T, 3> p, std::ptrdiff_t colours) {
  // Eight parts whatever the cores are: each has its own counts.
  return parallel_reduce<Counts>(
      p.extent(0), {(p.extent(0) + 7) / 8},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        Counts counts = Counts::zeros({colours, kLevels<T>});
        for (std::ptrdiff_t y = begin; y < end; ++y)
          for (std::ptrdiff_t x = 0; x < p.extent(1); ++x)
            for (std::ptrdiff_t c = 0; c < colours; ++c)
              if (const std::ptrdiff_t k = index(p(y, x, c)); k >= 0) ++counts(c, k);
        return counts;
      },
      [](Counts a, Counts b) {
        for (std::ptrdiff_t i = 0; i < a.size(); ++i) a.data()[i] += b.data()[i];
        return a;
      });
}

/// What each level becomes: the share of pixels below it, of those below the brightest.
template <class T>
Tensor<T, 2> spread(const Counts& counts) {
  Tensor<T, 2> table({counts.extent(0), kLevels<T>});
  for (std::ptrdiff_t c = 0; c < counts.extent(0); ++c) {
    std::int64_t all = 0, brightest = 0, below = 0;
    for (std::ptrdiff_t k = 0; k < kLevels<T>; ++k) {
      all += counts(c, k);
      if (counts(c, k)) brightest = counts(c, k);
    }
    for (std::ptrdiff_t k = 0; k < kLevels<T>; below += counts(c, k), ++k) {
      const double as_it_is = static_cast<double>(k) / static_cast<double>(kLevels<T> - 1);
      const double share =
          all == brightest ? as_it_is : static_cast<double>(below) / static_cast<double>(all - brightest);
      table(c, k) = detail::level<T>(share * detail::kWhite<T>);
    }
  }
  return table;
}

}  // namespace

template <class T>
Pixels<T> equalise(View<const T, 3> pixels) {
  detail::check_pixels(pixels, "equalise");
  const std::ptrdiff_t columns = pixels.extent(1), channels = pixels.extent(2);
  const std::ptrdiff_t colours = channels - (detail::has_alpha(channels) ? 1 : 0);
  const Tensor<T, 2> table = spread<T>(count(pixels, colours));
  Pixels<T> result(pixels.extents());
  parallel_for(pixels.extent(0), {detail::rows_per_task(columns * channels)},
               [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
                 for (std::ptrdiff_t y = begin; y < end; ++y)
                   for (std::ptrdiff_t x = 0; x < columns; ++x)
                     for (std::ptrdiff_t c = 0; c < channels; ++c) {
                       const T v = pixels(y, x, c);
                       const std::ptrdiff_t k = c < colours ? index(v) : -1;
                       result(y, x, c) = k < 0 ? v : table(c, k);
                     }
               });
  return result;
}

#define LAGOON_EQUALISE(T) template Pixels<T> equalise<T>(View<const T, 3>);
LAGOON_EQUALISE(std::uint8_t)
LAGOON_EQUALISE(std::uint16_t)
LAGOON_EQUALISE(float)

}  // namespace lagoon::imaging
