// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <lagoon/kernels/imaging/filters.hpp>

#include "colour_simd.hpp"
#include "pixels.hpp"

namespace lagoon::imaging::detail {

/// Changes colours row by row: by a line, a matrix and a power, in this order, without rounding between them.
template <class T>
class ColourMap {
 public:
  /// throws  invalid_argument (a number out of range)
  explicit ColourMap(const Adjustments& adjustments, std::ptrdiff_t channels);
  /// throws  invalid_argument (a number out of range, fewer than three channels)
  ColourMap(const std::array<std::array<double, 4>, 3>& matrix, std::ptrdiff_t channels);

  /// n pixels; out may be in.
  void row(const T* in, T* out, std::ptrdiff_t n) const;

 private:
  void look_up(const T* in, T* out, std::ptrdiff_t n) const;
  void compute(const T* in, T* out, std::ptrdiff_t n) const;
  void plan();
  /// What a level becomes where the matrix is none.
  double changed(double level) const;

  std::ptrdiff_t channels_;
  bool mixes_ = false;
  double factor_ = 1, offset_ = 0, exponent_ = 1;  // without a matrix; offset in levels
  std::array<float, 4> matrix_[3]{};               // constants in levels
  enum class Way { fixed_line, line, table, matrix, number } way_ = Way::number;
  std::array<std::uint8_t, 256> table_{};
  FixedLine line_;
};

/// n pixels of `channels` made grey, or grey and alpha.
template <class T>
void grey_row(const T* in, T* out, std::ptrdiff_t n, std::ptrdiff_t channels);

/// Channels that are left when colours are gone.
constexpr std::ptrdiff_t grey_channels(std::ptrdiff_t channels) { return has_alpha(channels) ? 2 : 1; }

}  // namespace lagoon::imaging::detail
