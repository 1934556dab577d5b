// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/dynamics.hpp>

#include "rivals/melt.hpp"

namespace lagoon::bench {

/// The crystal that melts, with velocities of ours, for us and for rivals.
///   cells   along each axis, of four particles each
rivals::Melt crystal(std::ptrdiff_t cells);

/// The same as a system and a model of ours.
dynamics::System system_of(const rivals::Melt& melt);
dynamics::Model model_of(const rivals::Melt& melt);

}  // namespace lagoon::bench
