// SPDX-License-Identifier: Apache-2.0
#include "md_facts.hpp"

#include <cstddef>

namespace lagoon::cli {
namespace {

constexpr std::size_t kMostMoments = 4096;

}  // namespace

ObservationFacts facts_of(const dynamics::Observation& o) {
  ObservationFacts f;
  f.step = o.step;
  f.time = o.time;
  f.potential = o.potential();
  f.kinetic = o.kinetic;
  f.total = o.total();
  f.conserved = o.conserved;
  f.temperature = o.temperature;
  f.pressure = o.pressure;
  f.volume = o.volume;
  f.pair = o.energies.pair;
  f.coulomb = o.energies.coulomb;
  f.bond = o.energies.bond;
  f.angle = o.energies.angle;
  f.tail = o.energies.tail;
  return f;
}

void History::add(const ObservationFacts& moment) {
  if (seen_++ % stride_ != 0) return;
  moments_.push_back(moment);
  if (moments_.size() < kMostMoments) return;
  for (std::size_t i = 0; 2 * i < moments_.size(); ++i) moments_[i] = moments_[2 * i];
  moments_.resize((moments_.size() + 1) / 2);
  stride_ *= 2;
}

}  // namespace lagoon::cli
