// SPDX-License-Identifier: Apache-2.0
#include "periodogram.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <lagoon/engine/stop.hpp>
#include <numbers>

#include "polled/parts.hpp"
#include "power_spectrum.hpp"

namespace lagoon::timeseries::detail {
namespace {

constexpr std::size_t kMostLooked = 64;          // peaks; more are leaks and overtones of them
constexpr std::ptrdiff_t kFewest = 3;            // frequencies whose median means something
constexpr std::ptrdiff_t kMostOfBand = 1 << 15;  // frequencies of a median

}  // namespace

Periodogram::Periodogram(const Tensor<double, 1>& x, bool parallel)
    : x_(x.view()), share_(power_spectrum(x, parallel)) {
  share_[0] = 0;
  // Each frequency but that of period 2 is there twice, as itself and its conjugate.
  if (x_.size() % 2 == 0) share_[share_.size() - 1] *= 0.5;
  polled::for_each(share_.size(), [&](std::ptrdiff_t k) { all_ += share_[k]; });
  if (all_ > 0) polled::for_each(share_.size(), [&](std::ptrdiff_t k) { share_[k] /= all_; });
}

/// |sum of x[i] exp(2 pi sqrt(-1) i f)|^2, for any frequency.
double Periodogram::power_at(double frequency) const {
  constexpr std::ptrdiff_t kBlock = 4096;  // then the angle is begun anew
  std::complex<double> sum = 0;
  const auto turned = [&](std::ptrdiff_t i) {
    const double turns = frequency * static_cast<double>(i);
    return std::polar(1.0, 2 * std::numbers::pi * (turns - std::floor(turns)));
  };
  for (std::ptrdiff_t begin = 0; begin < length(); begin += kBlock) {
    throw_if_stopped();
    const std::complex<double> step = turned(1);
    std::complex<double> angle = turned(begin);
    for (std::ptrdiff_t i = begin; i < std::min(begin + kBlock, length()); ++i) {
      sum += x_[i] * angle;
      angle = {angle.real() * step.real() - angle.imag() * step.imag(),
               angle.real() * step.imag() + angle.imag() * step.real()};
    }
  }
  return std::norm(sum);
}

double Periodogram::refined(double period) const {
  double frequency = 1 / period;
  // Of a sine the logarithm is nearly a parabola within half a frequency of its top; nearer it is more nearly one.
  for (double step : {0.5, 0.5, 0.1}) {
    const double width = step / static_cast<double>(length());
    const double left = std::log(power_at(frequency - width)), middle = std::log(power_at(frequency)),
                 right = std::log(power_at(frequency + width));
    const double bend = left - 2 * middle + right;
    if (!(bend < 0) || std::isinf(bend)) break;
    frequency += width * std::clamp(0.5 * (left - right) / bend, -1.0, 1.0);
  }
  return 1 / frequency;
}

double Periodogram::power(double period) const {
  // Of a period of two there is no conjugate, and none that is told apart from it.
  const bool alone = std::fabs(1 / period - 0.5) * static_cast<double>(length()) < 0.5;
  return std::min(power_at(1 / period) * (alone ? 0.5 : 1) / all_, 1.0);
}

/// What a frequency would have without a period there: the geometric mean of the medians below and above it. That is
/// exact for a spectrum that is any power of the frequency, so that neither drift nor a random walk has periods.
double Periodogram::level_about(std::ptrdiff_t k) const {
  const auto median = [&](std::ptrdiff_t low, std::ptrdiff_t high) {  // of shares of [low, high]
    low = std::max<std::ptrdiff_t>(low, 1);
    high = std::min(high, share_.size() - 1);
    if (high - low + 1 < kFewest) return -1.0;
    const std::ptrdiff_t step = (high - low) / kMostOfBand + 1;
    std::vector<double> some;
    for (std::ptrdiff_t j = low; j <= high; j += step) some.push_back(share_[j]);
    const auto middle = some.begin() + static_cast<std::ptrdiff_t>(some.size() / 2);
    std::nth_element(some.begin(), middle, some.end());
    return *middle;
  };
  const double below = median((k + 2) / 3, k - k / 5 - 1), above = median(k + k / 4 + 1, 3 * k);
  // The mean of an exponential distribution over its median.
  const double scale = 1 / std::numbers::ln2;
  if (below < 0) return scale * std::max(above, 0.0);
  return scale * (above < 0 ? below : std::sqrt(below * above));
}

std::vector<std::ptrdiff_t> Periodogram::outstanding(std::ptrdiff_t low, std::ptrdiff_t high,
                                                     double false_alarm) const {
  std::vector<std::ptrdiff_t> peaks;
  low = std::max<std::ptrdiff_t>(low, 1);
  high = std::min(high, share_.size() - 1);
  double left = 0;  // of the variance of all these frequencies
  const auto share = [&](std::ptrdiff_t k) { return k < share_.size() ? share_[k] : 0; };
  const auto stronger = [&](std::ptrdiff_t a, std::ptrdiff_t b) {
    return share(a) != share(b) ? share(a) > share(b) : a < b;
  };
  polled::for_each(high - low + 1, [&](std::ptrdiff_t i) {
    const std::ptrdiff_t k = low + i;
    left += share_[k];
    if (share_[k] < share(k - 1) || share_[k] <= share(k + 1)) return;
    // A heap whose first is the weakest of the strongest.
    if (peaks.size() == kMostLooked && !stronger(k, peaks.front())) return;
    if (peaks.size() == kMostLooked) {
      std::pop_heap(peaks.begin(), peaks.end(), stronger);
      peaks.pop_back();
    }
    peaks.push_back(k);
    std::push_heap(peaks.begin(), peaks.end(), stronger);
  });
  std::sort(peaks.begin(), peaks.end(), stronger);

  std::vector<std::ptrdiff_t> found;
  auto count = static_cast<double>(high - low + 1);
  for (std::ptrdiff_t k : peaks) {
    throw_if_stopped();
    const double g = std::min(share_[k] / left, 1.0);
    // The first term of Fisher's sum, which is never less than the sum.
    if (!(count * std::pow(1 - g, count - 1) <= false_alarm)) break;
    if (count * std::exp(-share_[k] / level_about(k)) <= false_alarm) found.push_back(k);
    left -= share_[k];
    if (--count < 2) break;
  }
  return found;
}

}  // namespace lagoon::timeseries::detail
