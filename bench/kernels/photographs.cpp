// SPDX-License-Identifier: Apache-2.0
#include "kernels/photographs.hpp"

#include <fmt/core.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/kernels/files/picture.hpp>
#include <lagoon/kernels/imaging/filters.hpp>
#include <lagoon/kernels/imaging/resize.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <stdexcept>
#include <utility>

namespace lagoon::bench {
namespace {

using Pixels = imaging::Pixels<std::uint8_t>;

/// Numbers that are the same with every standard library. (SplitMix64)
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u) {}
  std::uint64_t word() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// In [low, high).
  double in(double low, double high) { return low + (high - low) * 0x1p-53 * static_cast<double>(word() >> 11); }

 private:
  std::uint64_t state_;
};

/// Discs of radii spread as r^-3, each with a colour that fades across it, later ones over earlier ones.
///   source   Lee, Mumford & Huang 2001, "Occlusion models for natural images"
Pixels dead_leaves(std::ptrdiff_t rows, std::ptrdiff_t columns, std::uint64_t seed) {
  constexpr int kLeaves = 20'000;
  constexpr double kSmallest = 3, kLargest = 900;  // pixels
  Random random(seed);
  Pixels scene = Pixels::filled({rows, columns, 3}, 96);
  for (int leaf = 0; leaf < kLeaves; ++leaf) {
    const double small = std::pow(kLargest, -2), large = std::pow(kSmallest, -2);
    const double radius = 1 / std::sqrt(random.in(small, large));
    const double y0 = random.in(0, static_cast<double>(rows)), x0 = random.in(0, static_cast<double>(columns));
    const double light = random.in(20, 235), fade = random.in(-0.3, 0.3);
    const std::array<double, 3> tint{random.in(0.8, 1.2), random.in(0.9, 1.1), random.in(0.8, 1.2)};
    const auto first = [](double at) { return std::max<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(at)); };
    for (std::ptrdiff_t y = first(y0 - radius); y < std::min(rows, first(y0 + radius)); ++y)
      for (std::ptrdiff_t x = first(x0 - radius); x < std::min(columns, first(x0 + radius)); ++x) {
        const double dy = static_cast<double>(y) - y0, dx = static_cast<double>(x) - x0;
        if (dy * dy + dx * dx > radius * radius) continue;
        const double shade = light * (1 + fade * (dx + dy) / radius);
        for (std::ptrdiff_t c = 0; c < 3; ++c)
          scene(y, x, c) = static_cast<std::uint8_t>(std::clamp(shade * tint[static_cast<std::size_t>(c)], 0.0, 255.0));
      }
  }
  return scene;
}

/// Noise of a standard deviation of 2 levels, so that a JPEG has the entropy of a camera's.
void add_noise(Pixels& picture, std::uint64_t seed) {
  constexpr std::size_t kNormals = 1 << 16;
  static const std::vector<float> normals = [] {
    Random random(7);
    std::vector<float> numbers(kNormals);
    for (float& n : numbers)  // Box and Muller
      n = static_cast<float>(2 * std::sqrt(-2 * std::log(1 - random.in(0, 1))) *
                             std::cos(2 * std::numbers::pi * random.in(0, 1)));
    return numbers;
  }();
  Random random(seed);
  std::uint8_t* p = picture.data();
  std::uint64_t word = 0;
  for (std::ptrdiff_t i = 0; i < picture.size(); ++i, word >>= 16) {
    if (i % 4 == 0) word = random.word();
    p[i] =
        static_cast<std::uint8_t>(std::clamp(static_cast<float>(p[i]) + normals[word % kNormals] + 0.5f, 0.f, 255.f));
  }
}

/// A crop of a scene, as large as goes in times `share`, mirrored or not, at the size that is wanted.
Pixels taken_of(const Pixels& scene, std::ptrdiff_t rows, std::ptrdiff_t columns, std::uint64_t seed, bool mirrored) {
  Random random(seed);
  const double share = random.in(0.7, 1);
  const double most = std::min(static_cast<double>(scene.extents()[0]),
                               static_cast<double>(scene.extents()[1] * rows) / static_cast<double>(columns));
  const auto high = static_cast<std::ptrdiff_t>(most * share), wide = high * columns / rows;
  const auto top = static_cast<std::ptrdiff_t>(random.in(0, static_cast<double>(scene.extents()[0] - high + 1)));
  const auto left = static_cast<std::ptrdiff_t>(random.in(0, static_cast<double>(scene.extents()[1] - wide + 1)));
  const View<const std::uint8_t, 3> crop = imaging::crop(scene.view(), top, left, high, wide);
  Pixels taken = imaging::resize(crop, rows, columns, {.filter = imaging::ResizeFilter::bicubic});
  if (mirrored) taken = imaging::upright(std::as_const(taken).view(), 2);
  add_noise(taken, seed);
  return taken;
}

std::vector<std::filesystem::path> photographs_at(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none))
    if (entry.path().extension() == ".jpg") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

Pixels rgb_of(imaging::Picture picture) {
  auto* pixels = std::get_if<Pixels>(&picture.pixels);
  if (!pixels || picture.channels() != 3) throw std::runtime_error("a photograph is not 8-bit RGB");
  return std::move(*pixels);
}

/// With all cores; what is made stays when the isolate is gone.
template <class F>
void in_isolate(F&& f) {
  Engine engine;
  Isolate isolate(engine, {.name = "photographs"});
  isolate.run(f);
}

}  // namespace

rivals::Raster raster_of(const Pixels& pixels) {
  return {pixels.data(), static_cast<int>(pixels.extents()[1]), static_cast<int>(pixels.extents()[0])};
}

Pixels pixels_of(const rivals::Jpeg& file) { return rgb_of(files::decode_picture(file, "a result")); }

const std::vector<Pixels>& PhotographSet::scenes() {
  if (!scenes_.empty()) return scenes_;
  const auto paths = photographs_at(LAGOON_BENCH_SOURCE "/../build/data/photographs/nature");
  for (const auto& path : paths)
    if (scenes_.size() < count_) scenes_.push_back(rgb_of(files::read_picture(path.string())));
  from_ = fmt::format("{} photographs", scenes_.size());
  if (!scenes_.empty()) return scenes_;
  from_ = "dead leaves, for want of photographs in build/data";
  for (std::uint64_t seed = 1; seed <= std::min<std::uint64_t>(4, count_); ++seed)
    scenes_.push_back(dead_leaves(2250, 3000, seed));
  return scenes_;
}

const rivals::Photographs& PhotographSet::files() {
  if (files_) return files_;
  const std::vector<Pixels>& from = scenes();
  const auto made = std::make_shared<std::vector<rivals::Jpeg>>(count_);
  in_isolate([&] {
    parallel_for(static_cast<std::ptrdiff_t>(count_), {1}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t k = begin; k < end; ++k) {
        const auto i = static_cast<std::size_t>(k);
        imaging::Picture picture{taken_of(from[i % from.size()], 3000, 4000, i + 1, i / from.size() % 2 == 1)};
        (*made)[i] = files::encode_picture(picture, {.format = "jpeg", .quality = 92});
      }
    });
  });
  return files_ = made;
}

const Pixels& PhotographSet::large(int columns) {
  if (large_.size() == 0) {
    const Pixels& scene = scenes().front();
    in_isolate([&] { large_ = taken_of(scene, columns / 3 * 2, columns, 1, false); });
  }
  return large_;
}

std::string PhotographSet::about() {
  double bytes = 0;
  for (const rivals::Jpeg& file : *files()) bytes += static_cast<double>(file.size());
  return fmt::format("{} files of {:.1f} MB from {}", count_, 1e-6 * bytes / static_cast<double>(count_), from_);
}

}  // namespace lagoon::bench
