// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/observables.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/parallel.hpp>
#include <numbers>
#include <string>

namespace lagoon::dynamics {
namespace {

constexpr std::ptrdiff_t kGrain = 8192;  // particles per task

using Counts = Tensor<std::int64_t, 1>;

void check_radial(const System& s, double radius, int bins) {
  const auto fail = [](const std::string& what) {
    throw Error(Errc::invalid_argument, "radial_distribution: " + what);
  };
  check(s);
  if (bins < 1) fail(std::to_string(bins) + " bins; at least 1 is needed");
  if (!(radius > 0) || !std::isfinite(radius))
    fail("the radius is " + std::to_string(radius) + "; it must be positive and finite");
  for (std::size_t d = 0; d < 3; ++d) {
    if (s.box.boundary[d] != Boundary::periodic)
      fail(std::string("the box is not periodic along ") + "xyz"[d] + "; a mean density needs a box that is");
    if (radius > 0.5 * s.box.length[d])
      fail("the radius is " + std::to_string(radius) + "; the box allows " + std::to_string(0.5 * s.box.length[d]) +
           ", half its length along " + "xyz"[d]);
  }
}

/// Particles in the order of cells that are at least `reach` wide, so that all within reach are in the same or the next
/// cell.
struct Cells {
  std::array<std::ptrdiff_t, 3> count{1, 1, 1};
  std::array<double, 3> length;
  Tensor<std::int32_t, 1> first;           ///< particle of each cell, and one more
  std::array<Tensor<double, 1>, 3> place;  ///< from the corner of the box
  std::array<Tensor<std::int32_t, 1>, 3> cell;

  Cells(const System& s, double reach);

  std::ptrdiff_t at(std::ptrdiff_t x, std::ptrdiff_t y, std::ptrdiff_t z) const {
    return (z * count[1] + y) * count[0] + x;
  }
  /// Neighbours of cell c along an axis, itself among them, each once.  returns  how many
  int around(std::size_t axis, std::ptrdiff_t c, std::ptrdiff_t (&out)[3]) const {
    const std::ptrdiff_t n = count[axis];
    out[0] = c;
    if (n == 1) return 1;
    out[1] = (c + 1) % n;
    if (n == 2) return 2;
    out[2] = (c + n - 1) % n;
    return 3;
  }

 private:
  void choose_counts(std::ptrdiff_t n, double reach);
};

void Cells::choose_counts(std::ptrdiff_t n, double reach) {
  // A little wider than the reach, for roundings; no more cells than a few per particle.
  double edge = reach * (1 + 1e-9);
  const double most = std::min(4.0 * static_cast<double>(n) + 64, 1e9);
  for (;; edge *= 2) {
    double all = 1;
    for (double l : length) all *= std::max(1.0, std::floor(l / edge));
    if (all <= most) break;
  }
  for (std::size_t d = 0; d < 3; ++d)
    count[d] = static_cast<std::ptrdiff_t>(std::max(1.0, std::floor(length[d] / edge)));
}

Cells::Cells(const System& s, double reach) : length(s.box.length) {
  const std::ptrdiff_t n = s.size();
  choose_counts(n, reach);
  first = Tensor<std::int32_t, 1>::zeros({count[0] * count[1] * count[2] + 1});
  std::array<Tensor<double, 1>, 3> unsorted;
  std::array<Tensor<std::int32_t, 1>, 3> of;
  for (std::size_t d = 0; d < 3; ++d) {
    place[d] = Tensor<double, 1>({n});
    cell[d] = Tensor<std::int32_t, 1>({n});
    unsorted[d] = Tensor<double, 1>({n});
    of[d] = Tensor<std::int32_t, 1>({n});
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      const double x = s.positions(i, static_cast<std::ptrdiff_t>(d)) - s.box.origin[d];
      const double inside = x - length[d] * std::floor(x / length[d]);  // may round to either end
      unsorted[d][i] = inside;
      of[d][i] = static_cast<std::int32_t>(std::clamp<std::ptrdiff_t>(
          static_cast<std::ptrdiff_t>(inside / length[d] * static_cast<double>(count[d])), 0, count[d] - 1));
    }
  }
  for (std::ptrdiff_t i = 0; i < n; ++i) ++first[at(of[0][i], of[1][i], of[2][i]) + 1];
  for (std::ptrdiff_t c = 1; c < first.size(); ++c) first[c] += first[c - 1];
  auto next = Tensor<std::int32_t, 1>::copy_of(first);
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const std::ptrdiff_t to = next[at(of[0][i], of[1][i], of[2][i])]++;
    for (std::size_t d = 0; d < 3; ++d) {
      place[d][to] = unsorted[d][i];
      cell[d][to] = of[d][i];
    }
  }
}

/// Counts particle i with those of [begin, end).
void count_pairs(const Cells& cells, std::ptrdiff_t i, std::ptrdiff_t begin, std::ptrdiff_t end, double radius,
                 Counts& counts) {
  const double reach2 = radius * radius, scale = static_cast<double>(counts.size()) / radius;
  const std::ptrdiff_t last = counts.size() - 1;
  for (std::ptrdiff_t j = begin; j < end; ++j) {
    double r2 = 0;
    for (std::size_t d = 0; d < 3; ++d) {
      const double l = cells.length[d], along = std::abs(cells.place[d][i] - cells.place[d][j]);
      const double nearest = std::min(along, std::abs(l - along));
      r2 += nearest * nearest;
    }
    if (r2 < reach2) ++counts[std::min(static_cast<std::ptrdiff_t>(std::sqrt(r2) * scale), last)];
  }
}

/// Pairs of particle i with later ones, in the order of cells, so that each pair counts once.
void count_later(const Cells& cells, std::ptrdiff_t i, double radius, Counts& counts) {
  std::ptrdiff_t x[3], y[3], z[3];
  const int nx = cells.around(0, cells.cell[0][i], x), ny = cells.around(1, cells.cell[1][i], y),
            nz = cells.around(2, cells.cell[2][i], z);
  for (int c = 0; c < nz; ++c)
    for (int b = 0; b < ny; ++b)
      for (int a = 0; a < nx; ++a) {
        const std::ptrdiff_t k = cells.at(x[a], y[b], z[c]);
        count_pairs(cells, i, std::max<std::ptrdiff_t>(cells.first[k], i + 1), cells.first[k + 1], radius, counts);
      }
}

Counts count_shells(const System& s, double radius, int bins) {
  const Cells cells(s, radius);
  // Counters of a part cost less than its pairs; a part ends soon enough to be cancelled.
  const double near = 14.0 * static_cast<double>(s.size()) / static_cast<double>(cells.first.size() - 1) + 1;
  const auto grain = static_cast<std::ptrdiff_t>(std::clamp(std::max(1e6, double(bins)) / near, 16.0, 1e6));
  return parallel_reduce<Counts>(
      s.size(), {grain},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        auto counts = Counts::zeros({bins});
        for (std::ptrdiff_t i = begin; i < end; ++i) count_later(cells, i, radius, counts);
        return counts;
      },
      [](Counts a, const Counts& b) {
        for (std::ptrdiff_t k = 0; k < a.size(); ++k) a[k] += b[k];
        return a;
      });
}

}  // namespace

RadialDistribution radial_distribution(const System& s, double radius, int bins) {
  check_radial(s, radius, bins);
  RadialDistribution result{Tensor<double, 1>({bins}), Tensor<double, 1>::zeros({bins}),
                            Tensor<double, 1>::zeros({bins})};
  const double width = radius / bins, particles = static_cast<double>(s.size());
  for (std::ptrdiff_t b = 0; b < bins; ++b) result.r[b] = (static_cast<double>(b) + 0.5) * width;
  if (s.size() < 2) return result;
  const Counts counts = count_shells(s, radius, bins);
  const double density = (particles - 1) / s.box.volume();
  std::int64_t within = 0;
  for (std::ptrdiff_t b = 0; b < bins; ++b) {
    const auto k = static_cast<double>(b);
    const double shell = 4 * std::numbers::pi / 3 * (3 * k * (k + 1) + 1) * width * width * width;
    within += counts[b];
    result.g[b] = 2 * static_cast<double>(counts[b]) / particles / (density * shell);
    result.n[b] = 2 * static_cast<double>(within) / particles;
  }
  return result;
}

double mean_square_displacement(View<const double, 2> positions, View<const double, 2> origin) {
  const std::ptrdiff_t n = positions.extent(0);
  for (const auto& a : {positions, origin})
    if (a.extent(0) != n || (a.extent(1) != 3 && n > 0))
      throw Error(Errc::invalid_argument, "mean_square_displacement: positions are " + std::to_string(n) + "x" +
                                              std::to_string(positions.extent(1)) + ", origin is " +
                                              std::to_string(origin.extent(0)) + "x" +
                                              std::to_string(origin.extent(1)) + "; both must be nx3");
  if (n == 0) return 0;
  const double sum = parallel_reduce<double>(
      n, {kGrain},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        double part = 0;
        for (std::ptrdiff_t i = begin; i < end; ++i)
          for (std::ptrdiff_t d = 0; d < 3; ++d) {
            const double moved = positions(i, d) - origin(i, d);
            part += moved * moved;
          }
        return part;
      },
      [](double a, double b) { return a + b; });
  return sum / static_cast<double>(n);
}

double kinetic_energy(const System& s) {
  if (s.velocities.empty()) return 0;
  return 0.5 * parallel_reduce<double>(
                   s.size(), {kGrain},
                   [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
                     double sum = 0;
                     for (std::ptrdiff_t i = begin; i < end; ++i) {
                       double v2 = 0;
                       for (std::ptrdiff_t d = 0; d < 3; ++d) v2 += s.velocities(i, d) * s.velocities(i, d);
                       sum += s.masses[static_cast<std::size_t>(s.types.empty() ? 0 : s.types[i])] * v2;
                     }
                     return sum;
                   },
                   [](double a, double b) { return a + b; });
}

double temperature(const System& s) {
  const double freedom = degrees_of_freedom(s);
  return freedom > 0 ? 2 * kinetic_energy(s) / (freedom * s.units.boltzmann) : 0;
}

}  // namespace lagoon::dynamics
