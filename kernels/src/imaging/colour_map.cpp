// SPDX-License-Identifier: Apache-2.0
#include "colour_map.hpp"

#include <optional>

namespace lagoon::imaging::detail {
namespace {

constexpr double kMost = 1000;
constexpr double kLuma[3] = {0.299, 0.587, 0.114};  // Rec. 601
constexpr std::ptrdiff_t kPart = 256;               // pixels that are numbers at a time

using Table = std::array<std::uint8_t, 256>;

/// Levels by themselves, as a row of pixels.
Table levels() {
  Table all{};
  for (std::size_t k = 0; k < all.size(); ++k) all[k] = static_cast<std::uint8_t>(k);
  return all;
}

/// The line of integers that gives the table, if there is one. Products are cut and not rounded, so that the constant
/// is somewhat above a half; how much is found by trying.
std::optional<FixedLine> fixed_line(double factor, double offset, const Table& table) {
  if (!(factor > 0 && factor < 2) || std::fabs(offset) > 250) return {};
  FixedLine line{.whole = factor >= 1};
  line.part = static_cast<std::uint16_t>(std::min(std::lround((factor - (line.whole ? 1 : 0)) * 65536), 65535L));
  // What is taken away is so first: levels that became more than white would be white for good.
  if (offset < 0) line.before = static_cast<std::uint16_t>(std::min(std::lround(-offset / factor * 256), 65535L));
  const long half = 128 + std::lround(std::max(offset, 0.0) * 256);
  const Table in = levels();
  for (long more = -8; more <= 8; ++more) {
    line.after = static_cast<std::uint16_t>(half + more);
    Table out{};
    plain_colour_kernels().fixed_line_u8(in.data(), out.data(), 256, line);
    if (out == table) return line;
  }
  return {};
}

}  // namespace

template <class T>
ColourMap<T>::ColourMap(const Adjustments& a, std::ptrdiff_t channels) : channels_(channels) {
  check_number(a.brightness, 0, kMost, "adjust", "brightness");
  check_number(a.contrast, -kMost, kMost, "adjust", "contrast");
  check_number(a.saturation, -kMost, kMost, "adjust", "saturation");
  check_number(a.gamma, 1 / kMost, kMost, "adjust", "gamma");
  factor_ = a.brightness * a.contrast;
  offset_ = (0.5 - 0.5 * a.contrast) * kWhite<T>;
  exponent_ = 1 / a.gamma;
  mixes_ = channels >= 3 && a.saturation != 1;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j)
      matrix_[i][j] = static_cast<float>(factor_ * ((1 - a.saturation) * kLuma[j] + (i == j ? a.saturation : 0)));
    matrix_[i][3] = static_cast<float>(offset_);
  }
  plan();
}

template <class T>
ColourMap<T>::ColourMap(const std::array<std::array<double, 4>, 3>& matrix, std::ptrdiff_t channels)
    : channels_(channels), mixes_(true) {
  if (channels < 3)
    throw Error(Errc::invalid_argument, "colour_matrix: pixels have " + std::to_string(channels) +
                                            " channels; wanted are 3 (red, green, blue) or 4 (and alpha)");
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 4; ++j) {
      check_number(matrix[i][j], -kMost, kMost, "colour_matrix", "a number of the matrix");
      matrix_[i][j] = static_cast<float>(matrix[i][j] * (j == 3 ? kWhite<T> : 1));
    }
  plan();
}

template <class T>
double ColourMap<T>::changed(double v) const {
  v = factor_ * v + offset_;
  if (exponent_ == 1) return v;
  return std::pow(std::max(v, 0.0) / kWhite<T>, exponent_) * kWhite<T>;
}

template <class T>
void ColourMap<T>::plan() {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    if (mixes_) {
      way_ = exponent_ == 1 ? Way::matrix : Way::number;
      return;
    }
    const Table in = levels();
    for (std::size_t k = 0; k < in.size(); ++k) table_[k] = level<T>(changed(in[k]));
    // Arithmetic is faster than looking up; it serves where it gives the same in all 256 cases.
    if (has_alpha(channels_)) {
      way_ = Way::table;
    } else if (const auto line = exponent_ == 1 ? fixed_line(factor_, offset_, table_) : std::nullopt) {
      way_ = Way::fixed_line;
      line_ = *line;
    } else {
      Table out{};
      colour_kernels().line_u8(in.data(), out.data(), 256, static_cast<float>(factor_), static_cast<float>(offset_));
      way_ = out == table_ ? Way::line : Way::table;
    }
  }
}

template <class T>
void ColourMap<T>::look_up(const T* in, T* out, std::ptrdiff_t n) const {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    if (!has_alpha(channels_)) return colour_kernels().lookup_u8(in, out, n * channels_, table_.data());
    for (std::ptrdiff_t x = 0; x < n; ++x, in += channels_, out += channels_) {
      for (std::ptrdiff_t c = 0; c + 1 < channels_; ++c) out[c] = table_[in[c]];
      out[channels_ - 1] = in[channels_ - 1];
    }
  }
}

template <class T>
void ColourMap<T>::compute(const T* in, T* out, std::ptrdiff_t n) const {
  const std::ptrdiff_t c = channels_, colours = c - (has_alpha(c) ? 1 : 0);
  constexpr auto kTop = static_cast<float>(kWhite<T>);
  const auto factor = static_cast<float>(factor_), offset = static_cast<float>(offset_);
  float row[kPart * 4];
  for (std::ptrdiff_t x = 0; x < n; x += kPart, in += kPart * c, out += kPart * c) {
    const std::ptrdiff_t m = std::min(kPart, n - x);
    if (mixes_) {
      for (std::ptrdiff_t k = 0; k < m; ++k) {
        const auto r = static_cast<float>(in[k * c]), g = static_cast<float>(in[k * c + 1]),
                   b = static_cast<float>(in[k * c + 2]);
        for (std::size_t i = 0; i < 3; ++i)
          row[k * c + static_cast<std::ptrdiff_t>(i)] =
              matrix_[i][0] * r + (matrix_[i][1] * g + (matrix_[i][2] * b + matrix_[i][3]));
        if (colours < c) row[k * c + 3] = 0;
      }
    } else {
      for (std::ptrdiff_t i = 0; i < m * c; ++i) row[i] = factor * static_cast<float>(in[i]) + offset;
    }
    if (exponent_ != 1) {
      for (std::ptrdiff_t i = 0; i < m * c; ++i) row[i] *= 1 / kTop;
      colour_kernels().power(row, m * c, static_cast<float>(exponent_));
      for (std::ptrdiff_t i = 0; i < m * c; ++i) row[i] *= kTop;
    }
    for (std::ptrdiff_t k = 0; k < m; ++k)
      for (std::ptrdiff_t i = 0; i < c; ++i) {
        const std::ptrdiff_t at = k * c + i;
        if (i >= colours) {
          out[at] = in[at];
        } else if constexpr (std::is_integral_v<T>) {
          const float v = row[at] + 0.5F;
          out[at] = static_cast<T>(v > 0 ? (v < kTop ? v : kTop) : 0.0F);
        } else {
          out[at] = row[at];
        }
      }
  }
}

template <class T>
void ColourMap<T>::row(const T* in, T* out, std::ptrdiff_t n) const {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    const ColourKernels& kernels = colour_kernels();
    if (way_ == Way::fixed_line) return kernels.fixed_line_u8(in, out, n * channels_, line_);
    if (way_ == Way::line)
      return kernels.line_u8(in, out, n * channels_, static_cast<float>(factor_), static_cast<float>(offset_));
    if (way_ == Way::table) return look_up(in, out, n);
    if (way_ == Way::matrix) {
      float matrix[3][4];
      for (std::size_t i = 0; i < 3; ++i) std::copy(matrix_[i].begin(), matrix_[i].end(), matrix[i]);
      return kernels.matrix_u8(in, out, n, channels_, matrix);
    }
  }
  compute(in, out, n);
}

template <class T>
void grey_row(const T* in, T* out, std::ptrdiff_t n, std::ptrdiff_t channels) {
  if (channels < 3) {
    std::copy_n(in, n * channels, out);
    return;
  }
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    if (channels == 3) return colour_kernels().grey_u8(in, out, n);
  }
  for (std::ptrdiff_t x = 0; x < n; ++x, in += channels) {
    *out++ = level<T>(kLuma[0] * static_cast<double>(in[0]) + kLuma[1] * static_cast<double>(in[1]) +
                      kLuma[2] * static_cast<double>(in[2]));
    if (channels == 4) *out++ = in[3];
  }
}

#define LAGOON_COLOUR_MAP(T)   \
  template class ColourMap<T>; \
  template void grey_row<T>(const T*, T*, std::ptrdiff_t, std::ptrdiff_t);
LAGOON_COLOUR_MAP(std::uint8_t)
LAGOON_COLOUR_MAP(std::uint16_t)
LAGOON_COLOUR_MAP(float)

}  // namespace lagoon::imaging::detail
