// SPDX-License-Identifier: Apache-2.0
#include "interactions.hpp"

#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <limits>

namespace lagoon::dynamics::detail {
namespace {

constexpr std::ptrdiff_t kGrain = 1024;  // slots per task

// Of the cutoff. On the 32,000 particles of the benchmark, 0.2 to 0.36 and 0.035 to 0.08 are within three parts in a
// hundred.
constexpr double kSkin = 0.25, kInnerSkin = 0.06;

double longest_skin(const System& s, const Model& m) {
  double most = std::numeric_limits<double>::infinity();
  for (std::size_t d = 0; d < 3; ++d)
    if (s.box.boundary[d] == Boundary::periodic) most = std::min(most, 0.95 * s.box.length[d] - m.cutoff);
  return std::max(most, 0.0);
}

double skin_of(const System& s, const Model& m, double skin) {
  if (skin == Interactions::kNoSkin) return 0;
  return std::min(skin > 0 ? skin : kSkin * m.cutoff, longest_skin(s, m));
}

/// Floats are from there, where they are densest.
double middle_of(const Particles& p, std::size_t axis) { return 0.5 * p.box.length[axis]; }

void copy_positions(const Particles& p, Axes& to) {
  parallel_for(p.slots, {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::size_t d = 0; d < 3; ++d) std::copy_n(p.x[d].data() + begin, end - begin, to[d].data() + begin);
  });
}

}  // namespace

Interactions::Interactions(const System& s, const Model& m, Precision precision, double skin)
    : model_(m),
      table_(m, s),
      tail_(tail_of(m, s)),
      bonded_(s, m),
      precision_(precision),
      // A third at the most, so that inner lists are pruned twice before outer ones are made anew.
      inner_reach_(m.cutoff + std::min(skin_of(s, m, skin) / 3, kInnerSkin * m.cutoff)),
      outer_reach_(m.cutoff + skin_of(s, m, skin)),
      grid_(outer_reach_),
      spare_(System{}),
      slot_of_(static_cast<std::size_t>(s.size())),
      memory_(current_memory()) {}

void Interactions::list(Particles& p) {
  rounded_ = false;
  grid_.sort(p, spare_);
  parallel_for(p.slots, {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i)
      if (p.id[i] >= 0) slot_of_[static_cast<std::size_t>(p.id[i])] = static_cast<std::int32_t>(i);
  });
  const auto blocks = static_cast<std::size_t>(grid_.blocks());
  while (outer_.size() < blocks) {
    outer_.emplace_back(memory_.get());
    inner_.emplace_back(memory_.get());
  }
  sums_.resize(blocks);
  order_.plan(grid_.shape(), grid_.ring());
  if (precision_ == Precision::mixed) make_floats(p);
  const Grid::Exclusions excluded = bonded_.exclusions(p, slot_of_);
  order_.run_apart([&](std::size_t b) { grid_.list(excluded, b, outer_[b]); });
}

void Interactions::rebuild(Particles& p) {
  list(p);
  copy_positions(p, p.built);
  p.built_box = p.box;
  p.built_scale = 1;
  ++report_.builds;
  prune(p);
}

void Interactions::prune(Particles& p) {
  const PairView<double> exact = view(p);
  order_.run_apart([&](std::size_t b) {
    pair_kernels().prune(exact, outer_[b], inner_reach_, inner_[b]);
    grid_.for_each_slots(b, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::size_t d = 0; d < 3; ++d) std::copy_n(p.x[d].data() + begin, end - begin, p.listed[d].data() + begin);
    });
  });
  p.listed_box = p.box;
  p.listed_scale = 1;
  ++report_.prunes;
}

void Interactions::refresh(Particles& p, double gone) {
  // What was farther apart than a reach then is now at least the scaled reach less both ways gone.
  if (2 * gone <= inner_reach_ * p.listed_scale - model_.cutoff) return;
  const double farthest =
      std::sqrt(moved(p, p.built, p.built_scale, std::numeric_limits<double>::infinity()).farthest2);
  if (2 * farthest <= outer_reach_ * p.built_scale - inner_reach_)
    prune(p);
  else
    rebuild(p);
}

void Interactions::restore(Particles& p) {
  // Back to each moment, to make of it what was made of it then.
  const auto copy_of = [&](const Axes& axes) {
    Axes copy;
    for (std::size_t d = 0; d < 3; ++d) copy[d] = Tensor<double, 1>::copy_of(axes[d]);
    return copy;
  };
  const auto put = [&](const Axes& axes, const Box& box) {
    for (std::size_t d = 0; d < 3; ++d) std::copy_n(axes[d].data(), p.slots, p.x[d].data());
    p.box = box;
  };
  const Axes now = copy_of(p.x), listed = copy_of(p.listed), built = copy_of(p.built);
  const Box box = p.box, listed_box = p.listed_box, built_box = p.built_box;
  const double listed_scale = p.listed_scale, built_scale = p.built_scale;
  put(built, built_box);
  list(p);
  copy_positions(p, p.built);
  p.built_box = built_box;
  put(listed, listed_box);
  prune(p);
  put(now, box);
  p.built_scale = built_scale;
  p.listed_scale = listed_scale;
}

PairView<double> Interactions::view(Particles& p) {
  PairView<double> v{};
  for (std::size_t d = 0; d < 3; ++d) {
    v.x[d] = p.x[d].data();
    v.f[d] = p.f[d].data();
    v.box[d] = p.box.length[d];
  }
  v.charge = p.charge.empty() ? nullptr : p.charge.data();
  v.type = p.type.data();
  return v;
}

void Interactions::make_floats(const Particles& p) {
  if (x32_[0].size() < p.slots) {
    for (std::size_t d = 0; d < 3; ++d) {
      x32_[d] = Tensor<float, 1>({p.capacity()});
      f32_[d] = Tensor<float, 1>({p.capacity()});
    }
    if (!p.charge.empty()) charge32_ = Tensor<float, 1>({p.capacity()});
  }
  if (!p.charge.empty())
    for (std::ptrdiff_t i = 0; i < p.slots; ++i) charge32_[i] = static_cast<float>(p.charge[i]);
}

void Interactions::round_positions(const Particles& p) {
  parallel_for(p.slots, {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::size_t d = 0; d < 3; ++d) {
      const double middle = middle_of(p, d);
      const double* const from = p.x[d].data();
      float* const to = x32_[d].data();
      for (std::ptrdiff_t i = begin; i < end; ++i) to[i] = static_cast<float>(from[i] - middle);
      std::fill(f32_[d].data() + begin, f32_[d].data() + end, 0.0f);
    }
  });
}

template <class T>
auto Interactions::block_body(const PairView<T>& view,
                              void (*kernel)(const PairView<T>&, const PairList&, const PairTable&, PairSums*),
                              const PairView<double>& exact, bool sums) {
  const bool by_table = !model_.pair || table_.electrostatics != Electrostatics::none;
  return [&view, &exact, kernel, sums, by_table, this](std::size_t b) {
    PairSums* const sum = sums ? &sums_[b] : nullptr;
    if (by_table) kernel(view, inner_[b], table_, sum);
    if (!model_.pair) return;
    if (sum) sum->pairs = 0;
    act_by_function(exact, inner_[b], table_.cutoff2, model_.pair, sum);
  };
}

PairView<float> Interactions::rounded_view(const Particles& p) {
  if (!rounded_) round_positions(p);
  rounded_ = false;
  PairView<float> rounded{};
  for (std::size_t d = 0; d < 3; ++d) {
    rounded.x[d] = x32_[d].data();
    rounded.f[d] = f32_[d].data();
    rounded.box[d] = p.box.length[d];
  }
  rounded.charge = p.charge.empty() ? nullptr : charge32_.data();
  rounded.type = p.type.data();
  return rounded;
}

PairSums Interactions::act_on_pairs(Particles& p, bool sums) {
  const PairView<double> exact = view(p);
  std::fill(sums_.begin(), sums_.end(), PairSums{});
  if (precision_ == Precision::f64) {
    order_.run(block_body<double>(exact, pair_kernels().act_f64, exact, sums));
  } else {
    const PairView<float> rounded = rounded_view(p);
    order_.run(block_body<float>(rounded, pair_kernels().act_f32, exact, sums));
    parallel_for(p.slots, {kGrain}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::size_t d = 0; d < 3; ++d) {
        double* const to = p.f[d].data();
        const float* const from = f32_[d].data();
        for (std::ptrdiff_t i = begin; i < end; ++i) to[i] += from[i];
      }
    });
  }
  PairSums total;
  for (const PairSums& s : sums_) total += s;
  return total;
}

Moved Interactions::act_and_leap(Particles& p, const Leap& leap) {
  const PairView<double> exact = view(p);
  MotionView motion = motion_view(p);
  moved_.assign(sums_.size(), Moved{});
  const auto leap_block = [&](std::size_t b) {
    grid_.for_each_slots(b, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      moved_[b] = farther(moved_[b], move(motion, begin, end, leap));
    });
  };
  if (precision_ == Precision::f64) {
    order_.run(block_body<double>(exact, pair_kernels().act_f64, exact, false), leap_block);
  } else {
    const PairView<float> rounded = rounded_view(p);
    for (std::size_t d = 0; d < 3; ++d) {
      motion.f32[d] = f32_[d].data();
      motion.x32[d] = x32_[d].data();
      motion.middle[d] = middle_of(p, d);
    }
    order_.run(block_body<float>(rounded, pair_kernels().act_f32, exact, false), leap_block);
    rounded_ = true;
  }
  Moved all;
  for (const Moved& moved : moved_) all = farther(all, moved);
  return all;
}

Energies Interactions::act(Particles& p, bool sums) {
  Energies e;
  const PairSums total = act_on_pairs(p, sums);
  bonded_.act(p, slot_of_, e);
  if (!sums) return e;
  e.pair = total.pair;
  e.coulomb = total.coulomb;
  e.virial += total.virial;
  const double volume = p.box.volume();
  e.tail = tail_.energy_volume / volume;
  e.tail_pressure = tail_.pressure_volume2 / (volume * volume);
  std::size_t clusters = 0;
  for (std::ptrdiff_t b = 0; b < grid_.blocks(); ++b) clusters += inner_[static_cast<std::size_t>(b)].clusters.size();
  const auto n = static_cast<double>(std::max<std::ptrdiff_t>(p.count, 1));
  report_.pairs_computed = static_cast<double>(clusters * kRows * kCluster) / n;
  report_.pairs_needed = static_cast<double>(total.pairs) / n;
  return e;
}

}  // namespace lagoon::dynamics::detail
