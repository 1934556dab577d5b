// SPDX-License-Identifier: Apache-2.0
// An equation of state by a sweep: one trajectory per density and temperature, side by side over a pool, each telling
// how far it is as it goes.
#include <lagoon/kernels/dynamics.hpp>
#include <lagoon/rpc.hpp>
#include <lagoon/services/dynamics.hpp>

#include <cmath>
#include <cstdio>
#include <vector>

namespace md = lagoon::dynamics;
using lagoon::services::Frame;
using lagoon::services::RunTrajectory;
using lagoon::services::TrajectoryRequest;

struct Point {
  double temperature, density;
  double pressure;  ///< of the equation of state by Thol et al. (2015), cut and shifted at 2.5 sigma
};

TrajectoryRequest trajectory(const Point& at) {
  md::System liquid = md::fcc({.cells = {5, 5, 5}, .spacing = md::fcc_spacing(at.density)});
  md::set_temperature(liquid, at.temperature, 1);
  TrajectoryRequest r;
  r.state = {.positions = std::move(liquid.positions).freeze(),
             .velocities = std::move(liquid.velocities).freeze(),
             .lengths = liquid.box.length};
  r.model = {.cutoff = 2.5, .truncation = "shifted"};
  r.settings.thermostat = {.kind = "velocity_rescaling", .temperature = at.temperature};
  r.steps = 4000;
  r.every = 20;
  r.particles = false;  // only what they sum up to
  return r;
}

int main() {
  lagoon::Engine engine;
  lagoon::Pool pool(engine, {lagoon::services::dynamics_service()}, {.name = "liquids", .workers = 2});
  lagoon::Caller<lagoon::services::Dynamics> dynamics(pool);

  const std::vector<Point> points = {{1.0, 0.75, 0.990}, {1.5, 0.5, 0.678}, {2.0, 0.8, 5.971}, {1.2, 0.05, 0.0517}};
  std::vector<lagoon::StreamReply<RunTrajectory>> replies;
  for (const Point& at : points) replies.push_back(dynamics.start<RunTrajectory>(trajectory(at)));

  bool right = true;
  for (std::size_t k = 0; k < points.size(); ++k) {
    double pressure = 0;
    int frames = 0;
    for (const Frame& frame : replies[k])
      if (frame.progress > 0.25) {  // the first quarter is for the lattice to melt
        pressure += frame.observation.pressure;
        ++frames;
      }
    pressure /= frames;
    std::printf("T = %.1f, density %.2f: pressure %.3f, equation of state %.3f\n", points[k].temperature,
                points[k].density, pressure, points[k].pressure);
    right = right && std::abs(pressure - points[k].pressure) < 0.15;
  }
  return right ? 0 : 1;
}
