// SPDX-License-Identifier: Apache-2.0
#include "particles.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>

namespace lagoon::dynamics::detail {
namespace {

constexpr std::ptrdiff_t kGrain = 8192;  // particles per task

void make_room(Particles& p, std::ptrdiff_t capacity, bool charged) {
  for (Axes* axes : {&p.x, &p.v, &p.f, &p.listed, &p.built})
    for (auto& axis : *axes) axis = Tensor<double, 1>({capacity});
  p.id = Tensor<std::int32_t, 1>({capacity});
  p.type = Tensor<std::int32_t, 1>({capacity});
  p.inverse_mass = Tensor<double, 1>({capacity});
  if (charged) p.charge = Tensor<double, 1>({capacity});
  for (auto& axis : p.image) axis = Tensor<std::int32_t, 1>({capacity});
}

}  // namespace

Particles::Particles(std::ptrdiff_t particles, std::ptrdiff_t capacity, bool charged) : count(particles) {
  make_room(*this, capacity, charged);
}

Particles::Particles(const System& s) : box(s.box), count(s.size()), slots(s.size()) {
  make_room(*this, count, !s.charges.empty());
  parallel_for(count, {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      id[i] = static_cast<std::int32_t>(i);
      type[i] = s.types.empty() ? 0 : s.types[i];
      inverse_mass[i] = 1 / s.masses[static_cast<std::size_t>(type[i])];
      if (!s.charges.empty()) charge[i] = s.charges[i];
      for (std::size_t d = 0; d < 3; ++d) {
        const auto axis = static_cast<std::ptrdiff_t>(d);
        x[d][i] = s.positions(i, axis) - s.box.origin[d];
        v[d][i] = s.velocities.empty() ? 0 : s.velocities(i, axis);
        f[d][i] = 0;
        image[d][i] = 0;
      }
    }
  });
}

Tensor<double, 2> in_order(const Particles& p, const Axes& axes) {
  Tensor<double, 2> out({p.count, 3});
  parallel_for(p.slots, {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      if (p.id[i] < 0) continue;
      for (std::size_t d = 0; d < 3; ++d) out(p.id[i], static_cast<std::ptrdiff_t>(d)) = axes[d][i];
    }
  });
  return out;
}

namespace {

template <class Place>
Tensor<double, 2> placed(const Particles& p, Place place) {
  Tensor<double, 2> out({p.count, 3});
  parallel_for(p.slots, {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      if (p.id[i] < 0) continue;
      for (std::size_t d = 0; d < 3; ++d) out(p.id[i], static_cast<std::ptrdiff_t>(d)) = p.box.origin[d] + place(d, i);
    }
  });
  return out;
}

}  // namespace

Tensor<double, 2> positions_in_box(const Particles& p) {
  return placed(p, [&](std::size_t d, std::ptrdiff_t i) {
    const double x = p.x[d][i], length = p.box.length[d];
    return p.box.boundary[d] == Boundary::periodic ? x - length * std::floor(x / length) : x;
  });
}

Tensor<double, 2> positions_unwrapped(const Particles& p) {
  return placed(p, [&](std::size_t d, std::ptrdiff_t i) { return p.x[d][i] + p.box.length[d] * p.image[d][i]; });
}

}  // namespace lagoon::dynamics::detail
