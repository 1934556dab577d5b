// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rivals/candidate.hpp"

// Photographs by others: OpenCV and libvips, each on one thread per worker, TurboJPEG alone, a copy loop.
namespace lagoon::bench::rivals {

using Jpeg = std::vector<std::byte>;
using Photographs = std::shared_ptr<const std::vector<Jpeg>>;

/// What becomes of each photograph: it shrinks, is sharpened and brightened, and becomes a JPEG (4:2:0) again.
struct Development {
  int columns = 800, rows = 600;
  double sigma = 0.5, amount = 0.5;  ///< of the unsharp mask
  double brightness = 1.1;
  int quality = 85;
  bool full_decode = false;  ///< no scaled decoding, whoever has it
};

/// One library's way to do that.
struct Developer {
  std::string name;
  /// Makes what one worker keeps from photograph to photograph, on its thread: a function from a photograph's place to
  /// the JPEG made of it. Workers are threads of ours.
  std::function<std::function<Jpeg(std::size_t)>()> worker;
  std::string missing = {};  ///< why it cannot be had
};

/// Red, green and blue, 8 bits each, without gaps.
struct Raster {
  const std::uint8_t* rgb = nullptr;
  int columns = 0, rows = 0;
  std::size_t bytes() const { return 3 * static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows); }
};

/// One thing done to one picture in memory, on one thread.
struct Step {
  std::string name;            ///< "box", "lanczos3", "sharpen", "brightness"
  Raster from;                 ///< outlives the candidates
  int columns = 0, rows = 0;   ///< of the result
  Development strengths = {};  ///< of sharpen and brightness
};

/// Means of 8 x 8 parts of a picture, each channel by itself: what two ways to do the same must agree in, whatever
/// their filters are.
inline std::vector<double> means_of_parts(const Raster& picture) {
  constexpr int kParts = 8;
  std::vector<double> sums(kParts * kParts * 3);
  std::vector<double> counts(kParts * kParts);
  const std::uint8_t* p = picture.rgb;
  for (int y = 0; y < picture.rows; ++y)
    for (int x = 0; x < picture.columns; ++x, p += 3) {
      const auto part = static_cast<std::size_t>(y * kParts / picture.rows * kParts + x * kParts / picture.columns);
      for (std::size_t c = 0; c < 3; ++c) sums[3 * part + c] += p[c];
      counts[part] += 1;
    }
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] /= counts[i / 3];
  return sums;
}

/// A step's candidate, and all pixels of its last result.
struct StepCandidate {
  Candidate candidate;
  std::function<std::vector<std::uint8_t>()> pixels;
};

/// An unsharp mask of a small sigma as the 3 x 3 weights that it is: (1 + amount) * pixel - amount * blurred.
struct Weights {
  double centre, edge, corner;
};
inline Weights unsharp_weights(double sigma, double amount) {
  const double beside = std::exp(-0.5 / (sigma * sigma)), all = 1 + 2 * beside;
  const double centre = 1 / all, edge = beside / all;
  return {1 + amount - amount * centre * centre, -amount * centre * edge, -amount * edge * edge};
}

/// How much a JPEG may be shrunk while it is decoded, to an 1/8, 1/4 or 1/2, and still be as large as is wanted.
inline int shrink_on_load(int columns, int rows, const Development& development) {
  for (const int shrink : {8, 4, 2})
    if (!development.full_decode && columns / shrink >= development.columns && rows / shrink >= development.rows)
      return shrink;
  return 1;
}

/// What a library in a module of its own does. Modules are loaded when a row asks for them: OpenCV and libvips bring
/// some hundred libraries each, which other rows shall not start with.
struct ImageLibrary {
  std::vector<Developer> (*developers)(const Photographs& photographs, const Development& development);
  std::vector<StepCandidate> (*steps)(const Step& step);
};
/// The one function of each module.
extern "C" __attribute__((visibility("default"))) const ImageLibrary* lagoon_bench_image_library();

// modules.cpp, from opencv_photographs.cpp and vips_photographs.cpp; one candidate that says why when they are missing
std::vector<Developer> opencv(const Photographs& photographs, const Development& development);
std::vector<StepCandidate> opencv_steps(const Step& step);
std::vector<Developer> vips(const Photographs& photographs, const Development& development);
std::vector<StepCandidate> vips_steps(const Step& step);

// turbojpeg_floor.cpp: the decoder at the scale that ours may choose, and the encoder on the pixels of `results`
std::vector<Developer> turbojpeg(const Photographs& photographs, const Development& development,
                                 const std::vector<Jpeg>& results);

// copy_loop.cpp: as many bytes read and written
Candidate copy_loop(const Raster& picture);

}  // namespace lagoon::bench::rivals
