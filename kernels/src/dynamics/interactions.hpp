// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/dynamics/forces.hpp>
#include <lagoon/kernels/dynamics/simulation.hpp>
#include <vector>

#include "block_order.hpp"
#include "bonded.hpp"
#include "grid.hpp"
#include "motion.hpp"
#include "pair_list.hpp"
#include "pair_simd.hpp"
#include "pair_table.hpp"
#include "particles.hpp"

namespace lagoon::dynamics::detail {

/// The model at work on particles: grid, lists and inner loops.
///
/// Lists are of two kinds. An outer one reaches `skin` beyond the cutoff and lasts until a particle has gone half of
/// that; an inner one, pruned from it exactly, reaches less far, is what inner loops walk, and is pruned again when a
/// particle has gone half of that. So no pair closer than the cutoff is ever missed.
///   source   Verlet 1967 (the skin); Pall et al. 2020 (two lists)
class Interactions {
 public:
  /// skin   0: chosen from the cutoff; no_skin: lists for one look only
  Interactions(const System& system, const Model& model, Precision precision, double skin);
  static constexpr double kNoSkin = -1;

  /// A new grid and new lists for particles where they are; they change places.
  void rebuild(Particles& p);
  /// Makes lists good for where particles are now, `gone` from where the inner ones were made, at the most.
  void refresh(Particles& p, double gone);

  /// Adds to the forces, which are zero before, and gives energies when `sums`.
  Energies act(Particles& p, bool sums);

  /// The same without energies, and then moves the particles: those of a block while other blocks still act. Where
  /// `leaps()`, and nothing else is to change forces, positions or the box in between.
  Moved act_and_leap(Particles& p, const Leap& leap);
  bool leaps() const noexcept { return bonded_.empty() && (precision_ == Precision::f64 || !model_.pair); }

  /// Slots of the particles, by number.
  std::span<const std::int32_t> slot_of() const noexcept { return slot_of_; }
  const Simulation::ListReport& report() const noexcept { return report_; }

  /// Lists as they were when particles were where `built` and `listed` say; for a restart.
  void restore(Particles& p);

 private:
  void prune(Particles& p);
  void list(Particles& p);
  PairView<double> view(Particles& p);
  PairView<float> rounded_view(const Particles& p);
  PairSums act_on_pairs(Particles& p, bool sums);
  /// What a block does; pairs are summed up into sums_[block] when `sums`.
  template <class T>
  auto block_body(const PairView<T>& view,
                  void (*kernel)(const PairView<T>&, const PairList&, const PairTable&, PairSums*),
                  const PairView<double>& exact, bool sums);
  /// Room in float for particles in a new order, and their charges, which keep until the next.
  void make_floats(const Particles& p);
  void round_positions(const Particles& p);

  Model model_;
  PairTable table_;
  Tail tail_;
  Bonded bonded_;
  Precision precision_;
  double inner_reach_, outer_reach_;
  Grid grid_;
  BlockOrder order_;
  Particles spare_;
  std::vector<PairList> outer_, inner_;
  std::vector<PairSums> sums_;
  std::vector<Moved> moved_;
  std::vector<std::int32_t> slot_of_;
  std::array<Tensor<float, 1>, 3> x32_, f32_;
  bool rounded_ = false;  ///< x32_ is where particles are, and f32_ zero
  Tensor<float, 1> charge32_;
  MemoryHandle memory_;
  Simulation::ListReport report_;
};

}  // namespace lagoon::dynamics::detail
