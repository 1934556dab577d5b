// SPDX-License-Identifier: Apache-2.0
#include "coupling.hpp"

#include <cmath>

#include "random.hpp"

namespace lagoon::dynamics::detail {
namespace {

/// A number of the gamma distribution with this shape, at least 1/2, and scale 1. Draws are counted from `draw`.
///   source   Marsaglia & Tsang 2000
double gamma(double shape, std::uint64_t seed, std::uint64_t step, std::uint32_t draw) {
  // Below 1 the method needs a factor: gamma(a) = gamma(a + 1) u^(1/a).
  double factor = 1;
  if (shape < 1) {
    factor = std::pow(uniform(seed, Purpose::rescaling, step, draw++)[0], 1 / shape);
    shape += 1;
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal(seed, Purpose::rescaling, step, draw++)[0];
    const double u = uniform(seed, Purpose::rescaling, step, draw++)[0];
    const double v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return factor * d * v;
  }
}

}  // namespace

double rescaling_factor(const VelocityRescaling& t, double kinetic, double freedom, double boltzmann, double time_step,
                        std::uint64_t seed, std::uint64_t step) {
  if (!(kinetic > 0) || freedom < 1) return 1;
  const double keep = std::exp(-time_step / t.time);
  // Of a degree of freedom at the temperature wanted, over what it is.
  const double ratio = 0.5 * boltzmann * t.temperature / kinetic;
  const double first = normal(seed, Purpose::rescaling, step, 0)[0];
  const double others = freedom > 1 ? 2 * gamma(0.5 * (freedom - 1), seed, step, 1) : 0;
  const double square =
      keep + (1 - keep) * ratio * (others + first * first) + 2 * first * std::sqrt(keep * (1 - keep) * ratio);
  const double factor = std::sqrt(std::max(square, 0.0));
  return first + std::sqrt(keep / ((1 - keep) * std::max(ratio, 1e-300))) < 0 ? -factor : factor;
}

double box_factor(const CellRescaling& c, double pressure, double kt, double volume, double time, std::uint64_t seed,
                  std::uint64_t step) {
  const double rate = c.compressibility / c.time;
  const double noise = normal(seed, Purpose::cell, step, 0)[0];
  const double change =
      -rate * (c.pressure - pressure - kt / volume) * time + std::sqrt(2 * kt * rate * time / volume) * noise;
  return std::exp(change / 3);
}

}  // namespace lagoon::dynamics::detail
