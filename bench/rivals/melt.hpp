// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// Molecular dynamics by others: programs that melt the same crystal.
namespace lagoon::bench::rivals {

/// A Lennard-Jones crystal that melts at constant energy: the benchmark of LAMMPS, "bench/in.lj". Reduced units.
struct Melt {
  std::ptrdiff_t cells = 20;  ///< along each axis, of four particles each
  double density = 0.8442;
  double temperature = 1.44;  ///< of the crystal
  double cutoff = 2.5;
  double time_step = 0.005;
  Frozen<double, 2> positions, velocities;  ///< of the crystal, n x 3

  std::ptrdiff_t particles() const { return 4 * cells * cells * cells; }
};

/// What a program tells of a run.
struct Melting {
  double seconds = 0;      ///< that steps took, by its own clock, without what comes before the first
  double potential = 0;    ///< per particle, of the crystal
  double temperature = 0;  ///< after the last step
};

/// One way to melt it.
struct Melter {
  std::string name;
  std::function<Melting(std::int64_t steps)> run;
};

// lammps.cpp: `lmp -sf opt`, neighbours as in bench/in.lj: 0.3 beyond the cutoff, every 20 steps; one process per core,
// under mpirun with its own choice of cores and with the kernel's
///   throws   std::runtime_error: it is not installed
std::vector<Melter> lammps(const Melt& melt, unsigned processes);

// gromacs.cpp: `gmx mdrun`, mixed precision, argon; one process with that many threads, with LAMMPS's neighbours and
// with a buffer that it chooses itself
///   throws   std::runtime_error: it is not installed, or does not take its input
std::vector<Melter> gromacs(const Melt& melt, unsigned threads);

}  // namespace lagoon::bench::rivals
