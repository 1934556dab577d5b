// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "pair_list.hpp"
#include "pair_table.hpp"

namespace lagoon::dynamics::detail {

/// Particles as the inner loops see them, by slot.
template <class T>
struct PairView {
  const T* x[3];
  T* f[3];          ///< forces are added here
  const T* charge;  ///< or null
  const std::int32_t* type;
  double box[3];  ///< along periodic axes
};

/// What pairs sum up to; asked for where energies are.
struct PairSums {
  double pair = 0, coulomb = 0, virial = 0;
  std::int64_t pairs = 0;  ///< closer than the cutoff
  PairSums& operator+=(const PairSums& o) noexcept {
    pair += o.pair;
    coulomb += o.coulomb;
    virial += o.virial;
    pairs += o.pairs;
    return *this;
  }
};

struct PairKernels {
  /// `inner` becomes what of `outer` holds a pair of particles closer than `reach`; masked clusters stay.
  void (*prune)(const PairView<double>& p, const PairList& outer, double reach, PairList& inner);
  /// Adds the forces of all pairs of a list, and sums when `sums` is not null. The same forces with sums and without.
  void (*act_f64)(const PairView<double>& p, const PairList& list, const PairTable& table, PairSums* sums);
  void (*act_f32)(const PairView<float>& p, const PairList& list, const PairTable& table, PairSums* sums);
};
const PairKernels& pair_kernels();

/// The same with a potential of one's own, pair by pair.
void act_by_function(const PairView<double>& p, const PairList& list, double cutoff2, const PairFunction& pair,
                     PairSums* sums);

}  // namespace lagoon::dynamics::detail
