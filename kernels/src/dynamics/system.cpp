// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/dynamics/system.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/kernels/dynamics/observables.hpp>
#include <limits>
#include <span>

#include "polled/parts.hpp"
#include "random.hpp"

namespace lagoon::dynamics {
namespace {

constexpr std::ptrdiff_t kMostParticles = std::ptrdiff_t{1} << 30;

[[noreturn]] void fail(const std::string& what) { throw Error(Errc::invalid_argument, "system: " + what); }

std::string shape(View<const double, 2> a) { return std::to_string(a.extent(0)) + "x" + std::to_string(a.extent(1)); }

void check_vectors(View<const double, 2> a, std::ptrdiff_t n, const char* name) {
  if (a.extent(0) != n || a.extent(1) != 3)
    fail(std::string(name) + " are " + shape(a) + "; " + std::to_string(n) + "x3 is wanted");
  polled::for_each(n, [&](std::ptrdiff_t i) {
    for (std::ptrdiff_t d = 0; d < 3; ++d)
      if (!std::isfinite(a(i, d)))
        fail(std::string(name) + " of particle " + std::to_string(i) + " are not finite along " + "xyz"[d]);
  });
}

void check_members(std::initializer_list<std::int32_t> members, std::int32_t type, std::ptrdiff_t n, const char* what,
                   std::size_t k) {
  for (const std::int32_t i : members)
    if (i < 0 || i >= n)
      fail(std::string(what) + " " + std::to_string(k) + " names particle " + std::to_string(i) + " of " +
           std::to_string(n));
  for (const auto* a = members.begin(); a != members.end(); ++a)
    if (std::count(members.begin(), members.end(), *a) > 1)
      fail(std::string(what) + " " + std::to_string(k) + " names particle " + std::to_string(*a) + " twice");
  if (type < 0) fail(std::string(what) + " " + std::to_string(k) + " has type " + std::to_string(type));
}

}  // namespace

System System::copy() const {
  System s;
  s.units = units;
  s.box = box;
  s.positions = Tensor<double, 2>::copy_of(positions);
  s.velocities = Tensor<double, 2>::copy_of(velocities);
  s.types = Tensor<std::int32_t, 1>::copy_of(types);
  s.charges = Tensor<double, 1>::copy_of(charges);
  s.masses = masses;
  s.type_names = type_names;
  s.bonds = bonds;
  s.angles = angles;
  return s;
}

void check(const System& s) {
  const std::ptrdiff_t n = s.size();
  if (n > kMostParticles)
    throw Error(Errc::out_of_range, "system: " + std::to_string(n) + " particles; 2^30 are the most");
  for (std::size_t d = 0; d < 3; ++d)
    if (!(s.box.length[d] > 0) || !std::isfinite(s.box.length[d]) || !std::isfinite(s.box.origin[d]))
      fail(std::string("the box is ") + std::to_string(s.box.length[d]) + " long along " + "xyz"[d]);
  if (n > 0 || !s.positions.empty()) check_vectors(s.positions, n, "positions");
  if (!s.velocities.empty()) check_vectors(s.velocities, n, "velocities");
  for (std::size_t t = 0; t < s.masses.size(); ++t)
    if (!(s.masses[t] > 0) || !std::isfinite(s.masses[t]))
      fail("the mass of type " + std::to_string(t) + " is " + std::to_string(s.masses[t]) + "; it must be positive");
  if (!s.types.empty() && s.types.size() != n)
    fail(std::to_string(s.types.size()) + " types for " + std::to_string(n) + " particles");
  const auto most = static_cast<std::int32_t>(s.masses.size());
  if (s.types.empty() && most < 1 && n > 0) fail("there is no mass");
  polled::for_each(s.types.size(), [&](std::ptrdiff_t i) {
    if (s.types[i] < 0 || s.types[i] >= most)
      fail("particle " + std::to_string(i) + " is of type " + std::to_string(s.types[i]) + "; there are masses for " +
           std::to_string(most) + " types, from 0");
  });
  if (!s.charges.empty() && s.charges.size() != n)
    fail(std::to_string(s.charges.size()) + " charges for " + std::to_string(n) + " particles");
  polled::for_each(s.charges.size(), [&](std::ptrdiff_t i) {
    if (!std::isfinite(s.charges[i])) fail("the charge of particle " + std::to_string(i) + " is not finite");
  });
  for (std::size_t k = 0; k < s.bonds.size(); ++k)
    check_members({s.bonds[k].i, s.bonds[k].j}, s.bonds[k].type, n, "bond", k);
  for (std::size_t k = 0; k < s.angles.size(); ++k)
    check_members({s.angles[k].i, s.angles[k].j, s.angles[k].k}, s.angles[k].type, n, "angle", k);
}

double fcc_spacing(double density) { return std::cbrt(4 / density); }

System fcc(const LatticeOptions& options) {
  const auto [nx, ny, nz] = options.cells;
  if (nx < 1 || ny < 1 || nz < 1 || !(options.spacing > 0) || !std::isfinite(options.spacing))
    throw Error(Errc::invalid_argument, "fcc: " + std::to_string(nx) + "x" + std::to_string(ny) + "x" +
                                            std::to_string(nz) + " cells of " + std::to_string(options.spacing) +
                                            "; all must be positive");
  if (4.0 * nx * ny * nz > static_cast<double>(kMostParticles))
    throw Error(Errc::out_of_range, "fcc: " + std::to_string(nx) + "x" + std::to_string(ny) + "x" + std::to_string(nz) +
                                        " cells of 4 particles; 2^30 particles are the most");
  constexpr double kSites[4][3] = {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 0, 0.5}, {0, 0.5, 0.5}};
  System s;
  s.units = options.units;
  s.masses = {options.mass};
  s.box.length = {nx * options.spacing, ny * options.spacing, nz * options.spacing};
  s.positions = Tensor<double, 2>({std::ptrdiff_t{4} * nx * ny * nz, 3});
  std::ptrdiff_t i = 0;
  for (int z = 0; z < nz; ++z)
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < nx; ++x)
        for (const auto& site : kSites) {
          const double corner[3] = {double(x), double(y), double(z)};
          for (std::size_t d = 0; d < 3; ++d)
            s.positions(i, static_cast<std::ptrdiff_t>(d)) = (corner[d] + site[d]) * options.spacing;
          ++i;
        }
  check(s);
  return s;
}

void set_temperature(System& s, double wanted, std::uint64_t seed) {
  if (!(wanted >= 0) || !std::isfinite(wanted))
    throw Error(Errc::invalid_argument,
                "set_temperature: " + std::to_string(wanted) + "; a temperature is finite and not negative");
  check(s);
  const std::ptrdiff_t n = s.size();
  s.velocities = Tensor<double, 2>::zeros({n, 3});
  const auto mass = [&](std::ptrdiff_t i) {
    return s.masses[static_cast<std::size_t>(s.types.empty() ? 0 : s.types[i])];
  };
  double momentum[3] = {0, 0, 0}, total = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const auto g = detail::normal(seed, detail::Purpose::velocities, 0, static_cast<std::uint32_t>(i));
    const double m = mass(i);
    total += m;
    for (std::size_t d = 0; d < 3; ++d) {
      const double v = std::sqrt(s.units.boltzmann * wanted / m) * g[d];
      s.velocities(i, static_cast<std::ptrdiff_t>(d)) = v;
      momentum[d] += m * v;
    }
  }
  if (n < 2) return;
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t d = 0; d < 3; ++d) s.velocities(i, d) -= momentum[d] / total;
  const double now = temperature(s);
  if (now <= 0) return;
  const double factor = std::sqrt(wanted / now);
  for (double& v : std::span(s.velocities.data(), static_cast<std::size_t>(3 * n))) v *= factor;
}

double degrees_of_freedom(const System& s) {
  const bool free =
      std::none_of(s.box.boundary.begin(), s.box.boundary.end(), [](Boundary b) { return b == Boundary::reflecting; });
  const auto n = static_cast<double>(s.size());
  return free && n > 1 ? 3 * n - 3 : 3 * n;
}

}  // namespace lagoon::dynamics
