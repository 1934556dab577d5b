// SPDX-License-Identifier: Apache-2.0
#pragma once

// Molecular dynamics: particles that move by the forces between them.
//
//   namespace md = lagoon::dynamics;
//   md::System argon = md::fcc({.cells = {6, 6, 6}, .spacing = 0.526, .units = md::Units::nano(), .mass = 39.948});
//   md::set_temperature(argon, 94.4, /*seed=*/42);
//   md::Simulation run(std::move(argon), {.types = {{.epsilon = 0.996, .sigma = 0.3405}}, .cutoff = 0.85},
//                      {.time_step = 0.002});
//   run.advance(10'000);
//   double kelvin = run.observe().temperature;

#include <lagoon/kernels/dynamics/checkpoint.hpp>
#include <lagoon/kernels/dynamics/forces.hpp>
#include <lagoon/kernels/dynamics/minimize.hpp>
#include <lagoon/kernels/dynamics/model.hpp>
#include <lagoon/kernels/dynamics/observables.hpp>
#include <lagoon/kernels/dynamics/run_file.hpp>
#include <lagoon/kernels/dynamics/simulation.hpp>
#include <lagoon/kernels/dynamics/system.hpp>
#include <lagoon/kernels/dynamics/units.hpp>
