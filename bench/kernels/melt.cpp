// SPDX-License-Identifier: Apache-2.0
#include "kernels/melt.hpp"

namespace lagoon::bench {
namespace {

dynamics::System lattice(const rivals::Melt& melt) {
  const int cells = static_cast<int>(melt.cells);
  return dynamics::fcc({.cells = {cells, cells, cells}, .spacing = dynamics::fcc_spacing(melt.density)});
}

}  // namespace

rivals::Melt crystal(std::ptrdiff_t cells) {
  rivals::Melt melt;
  melt.cells = cells;
  dynamics::System system = lattice(melt);
  dynamics::set_temperature(system, melt.temperature, /*seed=*/87287);
  melt.positions = std::move(system.positions).freeze();
  melt.velocities = std::move(system.velocities).freeze();
  return melt;
}

dynamics::System system_of(const rivals::Melt& melt) {
  dynamics::System system = lattice(melt);
  system.velocities = Tensor<double, 2>::copy_of(melt.velocities.view());
  return system;
}

dynamics::Model model_of(const rivals::Melt& melt) { return {.cutoff = melt.cutoff}; }

}  // namespace lagoon::bench
