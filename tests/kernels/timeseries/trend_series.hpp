// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "../expect.hpp"

// Series that tests of trends and correlations share, and columns of files of known answers.
namespace lagoon::test {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Normal noise about a slope; the seed is part of the test.
inline std::vector<double> noise(std::size_t n, double slope = 0, unsigned seed = 11) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> draw;
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = draw(random) + slope * static_cast<double>(i);
  return x;
}

/// 0, 1, 2, ..., or from another number on.
inline std::vector<double> steps(std::size_t n, double first = 0) {
  std::vector<double> t(n);
  for (std::size_t i = 0; i < n; ++i) t[i] = first + static_cast<double>(i);
  return t;
}

/// Twenty points of which some share times, and many values.
inline const std::vector<double> kTiedTimes{0, 1, 1, 2, 3, 5, 8, 8, 9, 10, 12, 13, 13, 13, 15, 18, 20, 21, 25, 30};
inline const std::vector<double> kTiedValues{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4};

/// Monthly rainfall with gaps (-1), from the tests of pyMannKendall (MIT), whose authors compared their results with
/// the R packages modifiedmk, fume, rkt and trend.
inline std::vector<double> rainfall() {
  const short millimetres[] = {
      32, 20, 25, 189, 240, 193, 379, 278, 301, 0,   0,  82,  0,  4,  -1, -1,  121, 234, 360, 262, 120, 30,  11, 1,
      7,  3,  31, 31,  355, 102, 248, 274, 308, -1,  5,  26,  11, 16, 6,  48,  388, 539, 431, 272, 404, 186, 0,  2,
      0,  4,  1,  54,  272, 459, 235, 164, 365, 135, 2,  -1,  -1, 4,  0,  128, 210, 163, 446, 225, 462, 467, 19, 13,
      0,  3,  17, 132, 178, 338, 525, 623, 145, 31,  19, 3,   0,  29, 25, 87,  259, 756, 486, 180, 292, 43,  92, 1,
      0,  16, 2,  0,   130, 253, 594, 111, 273, 30,  0,  4,   0,  27, 24, 41,  292, 378, 499, 265, 320, 227, 4,  0,
      4,  14, 8,  48,  416, 240, 404, 207, 733, 105, 0,  112, 0,  14, 0,  30,  140, 202, 289, 159, 424, 106, 3,  0,
      65, 3,  14, 58,  268, 466, 432, 266, 240, 95,  1,  0,   10, 26, 4,  114, 94,  289, 173, 208, 263, 156, 5,  0,
      16, 16, 14, 0,   111, 475, 534, 432, 471, 117, 70, 1,   3,  28, 7,  401, 184, 283, 338, 171, 335, 176, 0,  0,
      10, 11, 9,  140, 102, 208, 298, 245, 220, 29,  2,  27,  10, 13, 26, 84,  143, 367, 749, 563, 283, 353, 10, 0,
      0,  0,  0,  9,   246, 265, 343, 429, 168, 133, 17, 0,   18, 35, 76, 158, 272, 250, 190, 289, 466, 84,  0,  0,
      0,  0,  0,  22,  217, 299, 185, 115, 344, 203, 8,  -1,  -1, 0,  5,  284, 123, 254, 476, 496, 326, 27,  20, 0,
      4,  53, 72, 113, 214, 364, 219, 220, 156, 264, 0,  13,  0,  0,  45, 90,  137, 638, 529, 261, 206, 251, 0,  0,
      5,  9,  58, 72,  138, 130, 471, 328, 356, 523, 0,  1,   0,  0,  12, 143, 193, 184, 192, 138, 174, 69,  1,  0,
      0,  18, 25, 28,  92,  732, 320, 256, 302, 131, 15, 0,   27, 0,  22, 20,  213, 393, 474, 374, 109, 159, 0,  0,
      0,  3,  3,  49,  205, 128, 194, 570, 169, 89,  0,  0,   0,  0,  0,  26,  185, 286, 92,  225, 244, 190, 3,  20};
  std::vector<double> x;
  for (short v : millimetres) x.push_back(v < 0 ? kNan : v);
  return x;
}

/// Correct significant digits, 16 for all.
inline double digits(double got, double wanted) {
  return got == wanted ? 16 : -std::log10(std::abs(got - wanted) / (wanted == 0 ? 1 : std::abs(wanted)));
}

/// The rows of a file of comma-separated cells, without its header.
inline std::vector<std::vector<std::string>> rows_of(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  std::vector<std::vector<std::string>> rows;
  std::string line;
  for (std::getline(in, line); std::getline(in, line);) {
    std::vector<std::string> cells;
    std::istringstream words(line);
    for (std::string cell; std::getline(words, cell, ',');) cells.push_back(cell);
    if (!cells.empty()) rows.push_back(cells);
  }
  return rows;
}

inline std::vector<double> column(const std::string& path, std::size_t index) {
  std::vector<double> numbers;
  for (const auto& row : rows_of(path)) numbers.push_back(std::stod(row.at(index)));
  return numbers;
}

}  // namespace lagoon::test
