// SPDX-License-Identifier: Apache-2.0
#include "smoother.hpp"

#include <lagoon/engine/stop.hpp>

#include "past_cache.hpp"
#include "ready_rows.hpp"
#include "resample_simd.hpp"

namespace lagoon::imaging::detail {
namespace {

constexpr double kMostSigma = 1000, kMostAmount = 1000;

/// Amounts that integers can do: below 8, so that no more than three bits of the fraction are lost.
constexpr double kMostFixedAmount = 7.9;

FixedUnsharp fixed_of(const Unsharp& u) {
  FixedUnsharp f;
  double amount = u.amount;
  for (; std::fabs(amount) > 32767.0 / 32768; amount /= 2) ++f.doubled;
  f.factor = static_cast<std::int16_t>(std::lround(amount * 32768));
  f.threshold = static_cast<std::int16_t>(std::min(std::ceil(u.threshold * 255 * (1 << kFraction)), 32767.0));
  return f;
}

/// The same where the blur reaches one pixel, nothing is left alone, and what is added to a pixel fits.
std::optional<SmallMask> small_mask_of(const Unsharp& u, const Taps& taps) {
  if (taps.count[0] != 3 || u.threshold > 0 || u.amount < 0) return {};
  const double side = taps.weights.data()[0], centre = 1 - 2 * side;
  const long edges = std::lround(u.amount * 4 * side * centre * 65536);
  const long corners = std::lround(u.amount * 4 * side * side * 65536);
  if (edges + corners > 32767) return {};
  return SmallMask{static_cast<std::uint16_t>(edges + corners), static_cast<std::uint16_t>(edges),
                   static_cast<std::uint16_t>(corners)};
}

/// A row between the passes, with room for `reach` elements and whole vectors on both sides.
template <class W>
struct Line {
  Line(std::ptrdiff_t n, std::ptrdiff_t reach)
      : room(padded(reach)), elements(Tensor<W, 1>::zeros({room + padded(n) + room + 64})) {}
  W* begin() { return elements.data() + room; }
  std::ptrdiff_t room;
  Tensor<W, 1> elements;
};

}  // namespace

template <class T>
Smoother<T>::Smoother(double sigma, std::ptrdiff_t channels) {
  check_number(sigma, 0, kMostSigma, "gaussian_blur", "sigma");
  radius_ = gaussian_radius(sigma);
  work_.weighted = has_alpha(channels);
  fixed_ = std::is_same_v<T, std::uint8_t> && !work_.weighted;
  down_ = gaussian_taps(sigma, kMaxShiftOfLevels);
  along_ = gaussian_taps(sigma, kMaxShiftOfFractions);
}

template <class T>
Smoother<T>::Smoother(const Unsharp& unsharp, std::ptrdiff_t) : unsharp_(unsharp) {
  check_number(unsharp.sigma, 0, kMostSigma, "sharpen", "sigma");
  check_number(unsharp.amount, -kMostAmount, kMostAmount, "sharpen", "amount");
  check_number(unsharp.threshold, 0, 1, "sharpen", "threshold");
  radius_ = gaussian_radius(unsharp.sigma);
  fixed_ = std::is_same_v<T, std::uint8_t> && std::fabs(unsharp.amount) < kMostFixedAmount;
  if (fixed_) fixed_unsharp_ = fixed_of(unsharp);
  down_ = gaussian_taps(unsharp.sigma, kMaxShiftOfLevels);
  along_ = gaussian_taps(unsharp.sigma, kMaxShiftOfFractions);
  if (std::is_same_v<T, std::uint8_t>) small_mask_ = small_mask_of(unsharp, along_);
}

template <class T>
void Smoother<T>::keep_alpha(In<T> from, std::ptrdiff_t row, T* to) const {
  const std::ptrdiff_t channels = from.extent(2);
  if (!unsharp_ || !has_alpha(channels)) return;
  for (std::ptrdiff_t x = 0; x < from.extent(1); ++x) to[x * channels + channels - 1] = from(row, x, channels - 1);
}

template <class T>
void Smoother<T>::make_small(In<T> from, std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row,
                             bool past_cache) const {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    const std::ptrdiff_t channels = from.extent(2), n = from.extent(1) * channels, last = from.extent(0) - 1;
    std::optional<ReadyRows<T, T>> ready;
    if (!has_plain_rows(from)) ready.emplace(from, 4, 0);
    const bool past = past_cache && !ready && !has_alpha(channels);  // alpha would be mended where it cannot be seen
    for (std::ptrdiff_t y = begin; y < end; ++y, to += to_row) {
      throw_if_stopped();
      const auto row = [&](std::ptrdiff_t at) {
        at = std::clamp<std::ptrdiff_t>(at, 0, last);
        return ready ? ready->at(at) : row_of(from, at);
      };
      const T* const rows[] = {row(y - 1), row(y), row(y + 1)};
      // Two rows ahead of what is read: the processor does not foresee rows of which three are read side by side.
      smooth_kernels().small_mask_u8(rows, n, channels, *small_mask_, past ? row(y + 3) : nullptr, to);
      keep_alpha(from, y, to);
    }
    if (past) finish_past_cache();
  }
}

template <class T>
void Smoother<T>::make_fixed(In<T> from, std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row) const {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    const SmoothKernels& kernels = smooth_kernels();
    const std::ptrdiff_t channels = from.extent(2), n = from.extent(1) * channels, last = from.extent(0) - 1;
    const std::ptrdiff_t reach = radius_ * channels, taps = down_.count[0];
    // Rows as they lie serve where vectors need no room behind them.
    const bool direct = has_plain_rows(from) && n >= 64;
    const std::ptrdiff_t size = direct ? n : padded(n);
    std::optional<ReadyRows<T, T>> ready;
    if (!direct) ready.emplace(from, taps + 1, 0);
    Tensor<const T*, 1> rows({taps + 1});
    Line<std::int16_t> down(n, reach + channels), blurred(n, 0);
    Tensor<T, 1> result({size});
    for (std::ptrdiff_t y = begin; y < end; ++y) {
      throw_if_stopped();
      for (std::ptrdiff_t k = 0; k < taps; ++k) {
        const std::ptrdiff_t row = std::clamp<std::ptrdiff_t>(y + k - radius_, 0, last);
        rows[k] = direct ? row_of(from, row) : ready->at(row);
      }
      rows[taps] = rows[taps - 1];  // whose weight is 0
      const T* const middle = rows[radius_];
      T* const out = direct ? to + (y - begin) * to_row : result.data();
      const std::int16_t side = along_.fixed.data()[0], centre = along_.fixed.data()[1];
      if (radius_ == 1 && unsharp_) {
        kernels.down3(rows[0], middle, rows[2], side, centre, down.begin(), size);
        ReadyRows<T, std::int16_t>::repeat_edges(down.begin(), n, channels, 1);
        kernels.sharpen3(middle, down.begin(), channels, side, centre, fixed_unsharp_, out, size);
      } else {
        resample_kernels().down_u8(rows.data(), down_.fixed.data(), down_.widest, down_.shift, down.begin(), size);
        ReadyRows<T, std::int16_t>::repeat_edges(down.begin(), n, channels, radius_);
        kernels.along_i16(down.begin() - reach, along_.fixed.data(), along_.widest, channels, along_.shift,
                          blurred.begin(), size);
        if (unsharp_) {
          kernels.unsharp_u8(middle, blurred.begin(), fixed_unsharp_, out, size);
        } else {
          kernels.whole(blurred.begin(), out, size);
        }
      }
      if (!direct) std::copy_n(out, n, to + (y - begin) * to_row);
      keep_alpha(from, y, to + (y - begin) * to_row);
    }
  }
}

template <class T>
void Smoother<T>::make_float(In<T> from, std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row) const {
  const std::ptrdiff_t channels = from.extent(2), n = from.extent(1) * channels, size = padded(n);
  const std::ptrdiff_t reach = radius_ * channels, taps = down_.count[0];
  ReadyRows<T, float> ready(from, taps, 0, work_);
  Tensor<const float*, 1> rows({taps});
  Line<float> down(n, reach), blurred(n, 0);
  for (std::ptrdiff_t y = begin; y < end; ++y) {
    throw_if_stopped();
    for (std::ptrdiff_t k = 0; k < taps; ++k) rows[k] = ready.at(y + k - radius_);
    resample_kernels().down_f32(rows.data(), down_.weights.data(), taps, down.begin(), size);
    ReadyRows<T, float>::repeat_edges(down.begin(), n, channels, radius_);
    smooth_kernels().along_f32(down.begin() - reach, along_.weights.data(), taps, channels, blurred.begin(), size);
    if (unsharp_)
      smooth_kernels().unsharp_f32(rows[radius_], blurred.begin(), static_cast<float>(unsharp_->amount),
                                   static_cast<float>(unsharp_->threshold * kWhite<T>), blurred.begin(), size);
    T* const out = to + (y - begin) * to_row;
    from_work(blurred.begin(), from.extent(1), channels, work_, out);
    keep_alpha(from, y, out);
  }
}

template <class T>
void Smoother<T>::make(In<T> from, std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row,
                       bool past_cache) const {
  if (small_mask_) return make_small(from, begin, end, to, to_row, past_cache);
  fixed_ ? make_fixed(from, begin, end, to, to_row) : make_float(from, begin, end, to, to_row);
}

template class Smoother<std::uint8_t>;
template class Smoother<std::uint16_t>;
template class Smoother<float>;

}  // namespace lagoon::imaging::detail
