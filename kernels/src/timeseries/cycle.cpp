// SPDX-License-Identifier: Apache-2.0
#include "cycle.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>

#include "polled/parts.hpp"
#include "seasons.hpp"

namespace lagoon::timeseries::detail {
namespace {

// Phases that are copied out together: their neighbours in time share a line of the cache.
constexpr std::ptrdiff_t kPhases = 8;

}  // namespace

/// Some phases, each contiguous.
struct Cycle::Block {
  Block(std::ptrdiff_t longest, const Observations& x) : length(longest), y(room()), smooth({kPhases, longest + 2}) {
    if (x.weights) weights = room();
    if (x.weights) weighted = room();
    if (x.present) present = room();
  }
  Tensor<double, 2> room() const { return Tensor<double, 2>({kPhases, length}); }
  Observations phase(std::ptrdiff_t k) const {
    const auto of = [&](const Tensor<double, 2>& part) { return part.empty() ? nullptr : &part(k, 0); };
    return {of(y), of(weights), of(weighted), of(present)};
  }
  std::ptrdiff_t length;
  Tensor<double, 2> y, smooth, weights, weighted, present;
};

namespace {

/// to(k, i) = x[i period + phase + k], of `phases` neighbours, as far as x has it.
void gather(const double* x, std::ptrdiff_t n, std::ptrdiff_t period, std::ptrdiff_t phase, std::ptrdiff_t phases,
            Tensor<double, 2>& to) {
  polled::for_each((n - phase + period - 1) / period, [&](std::ptrdiff_t i) {
    const std::ptrdiff_t first = phase + i * period, count = std::min(phases, n - first);
    for (std::ptrdiff_t k = 0; k < count; ++k) to(k, i) = x[first + k];
  });
}

}  // namespace

Cycle::Cycle(std::ptrdiff_t n, std::ptrdiff_t period, const LoessShape& shape)
    : n_(n),
      period_(period),
      longer_phases_(n % period == 0 ? period : n % period),
      longer_((n + period - 1) / period, shape),
      shorter_(n / period, shape) {}

void Cycle::check_each_has_a_number(const double* x) const {
  for (std::ptrdiff_t phase = 0; phase < period_; ++phase) {
    std::ptrdiff_t i = phase;
    while (i < n_ && std::isnan(x[i])) i += period_;
    if (i >= n_) throw_empty_phase("stl", phase);
  }
}

void Cycle::smooth_phase(const Observations& phase, std::ptrdiff_t index, double* out) const {
  const Loess& loess = loess_of(index);
  const std::ptrdiff_t length = length_of(index);
  loess.smooth(phase, out + 1, false);
  out[0] = loess.beyond(phase, -1, out[1]);
  out[length + 1] = loess.beyond(phase, length, out[length]);
}

void Cycle::smooth(const Observations& x, double* out, bool parallel) const {
  parallel_for(period_, {kPhases, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    const std::ptrdiff_t phases = end - begin;
    Block block(longer_.size(), x);
    const auto copy = [&](const double* from, Tensor<double, 2>& to) {
      if (from) gather(from, n_, period_, begin, phases, to);
    };
    copy(x.y, block.y);
    copy(x.weights, block.weights);
    copy(x.weighted, block.weighted);
    copy(x.present, block.present);
    for (std::ptrdiff_t k = 0; k < phases; ++k) smooth_phase(block.phase(k), begin + k, &block.smooth(k, 0));
    polled::for_each(block.length + 2, [&](std::ptrdiff_t i) {
      for (std::ptrdiff_t k = 0; k < phases && i < length_of(begin + k) + 2; ++k)
        out[i * period_ + begin + k] = block.smooth(k, i);
    });
  });
}

double Cycle::mean_of(const Observations& x, std::ptrdiff_t phase) const {
  const auto mean = [&](auto&& weight) {
    double sum = 0, weights = 0;
    polled::for_each((n_ - phase + period_ - 1) / period_, [&](std::ptrdiff_t period) {
      const std::ptrdiff_t i = phase + period * period_;
      const double w = weight(i);
      if (!(w > 0)) return;
      sum += w * x.y[i];
      weights += w;
    });
    return sum / weights;
  };
  if (!x.weights) return mean([](std::ptrdiff_t) { return 1.0; });
  const double weighted = mean([&](std::ptrdiff_t i) { return x.weights[i]; });
  if (!std::isnan(weighted)) return weighted;
  return mean([&](std::ptrdiff_t i) { return std::isnan(x.y[i]) ? 0.0 : 1.0; });
}

void Cycle::means(const Observations& x, double* out, bool parallel) const {
  parallel_for(period_, {kPhases, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t phase = begin; phase < end; ++phase) out[phase] = mean_of(x, phase);
  });
}

}  // namespace lagoon::timeseries::detail
