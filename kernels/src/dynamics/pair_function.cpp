// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "pair_simd.hpp"

namespace lagoon::dynamics::detail {
namespace {

constexpr std::size_t kPairs = kRows * kCluster;

/// Pairs of one cluster that are near, and what came of them.
struct Near {
  std::size_t count = 0;
  std::array<std::ptrdiff_t, kPairs> a, b;  ///< slots
  std::array<std::array<double, 3>, kPairs> apart;
  std::array<double, kPairs> r2, energy, force_over_r;
  std::array<std::int32_t, kPairs> type_a, type_b;
};

void gather(const PairView<double>& p, const Segment& segment, std::ptrdiff_t slot, std::uint32_t mask, double cutoff2,
            Near& near) {
  near.count = 0;
  for (std::ptrdiff_t r = 0; r < kRows; ++r) {
    const std::ptrdiff_t i = segment.row + r;
    for (std::ptrdiff_t c = 0; c < kCluster; ++c) {
      if (!(mask >> (8 * r + c) & 1)) continue;
      std::array<double, 3> apart{};
      double r2 = 0;
      for (int k = 0; k < 3; ++k) {
        const auto axis = static_cast<std::size_t>(k);
        apart[axis] = p.x[k][i] - image_of(segment.shift, k) * p.box[k] - p.x[k][slot + c];
        r2 += apart[axis] * apart[axis];
      }
      if (!(r2 < cutoff2)) continue;
      near.a[near.count] = i;
      near.b[near.count] = slot + c;
      near.apart[near.count] = apart;
      near.r2[near.count] = r2;
      near.type_a[near.count] = p.type[i];
      near.type_b[near.count] = p.type[slot + c];
      ++near.count;
    }
  }
}

void add(const PairView<double>& p, const Near& near, PairSums* sums) {
  for (std::size_t n = 0; n < near.count; ++n) {
    for (int k = 0; k < 3; ++k) {
      const double push = near.force_over_r[n] * near.apart[n][static_cast<std::size_t>(k)];
      p.f[k][near.a[n]] += push;
      p.f[k][near.b[n]] -= push;
    }
    if (!sums) continue;
    sums->pair += near.energy[n];
    sums->virial += near.force_over_r[n] * near.r2[n];
    ++sums->pairs;
  }
}

}  // namespace

void act_by_function(const PairView<double>& p, const PairList& list, double cutoff2, const PairFunction& pair,
                     PairSums* sums) {
  Near near;
  for (const Segment& segment : list.segments)
    for (std::int32_t c = segment.begin; c < segment.end; ++c) {
      const std::uint32_t mask =
          c < segment.middle ? 0xFFFFFFFFu : list.masks[static_cast<std::size_t>(segment.mask + c - segment.middle)];
      gather(p, segment, list.clusters[static_cast<std::size_t>(c)] * kCluster, mask, cutoff2, near);
      if (near.count == 0) continue;
      pair({near.count, near.r2.data(), near.type_a.data(), near.type_b.data(), near.energy.data(),
            near.force_over_r.data()});
      add(p, near, sums);
    }
}

}  // namespace lagoon::dynamics::detail
