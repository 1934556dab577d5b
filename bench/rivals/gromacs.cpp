// SPDX-License-Identifier: Apache-2.0
// The best rival of a melt in mixed precision: GROMACS, timed by the wall time in its log.
#include <fmt/core.h>

#include <cmath>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "rivals/melt.hpp"
#include "rivals/program.hpp"

namespace lagoon::bench::rivals {
namespace {

// Argon in nm, kJ/mol, u, ps, K. Its numbers say nothing of the speed, but tolerances of GROMACS are meant for such.
constexpr double kSigma = 0.3405, kEpsilon = 0.996, kMass = 39.948, kBoltzmann = 0.0083144626;
const double kTime = kSigma * std::sqrt(kMass / kEpsilon);

const std::vector<std::string> kEnvironment{"OMP_NUM_THREADS=", "GMX_MAXBACKUP=-1"};

/// In the format of GROMACS's coordinate files, whose digits are as many as there are between two points.
std::string crystal(const Melt& melt) {
  std::string text = fmt::format("melt\n{}\n", melt.particles());
  const auto out = std::back_inserter(text);
  for (std::ptrdiff_t i = 0; i < melt.particles(); ++i) {
    fmt::format_to(out, "{0:5}AR      AR{0:5}", (i + 1) % 100'000);
    for (std::ptrdiff_t d = 0; d < 3; ++d) fmt::format_to(out, "{:15.9f}", kSigma * melt.positions(i, d));
    for (std::ptrdiff_t d = 0; d < 3; ++d) fmt::format_to(out, "{:15.9f}", kSigma / kTime * melt.velocities(i, d));
    text += '\n';
  }
  const double edge = kSigma * std::cbrt(static_cast<double>(melt.particles()) / melt.density);
  return text + fmt::format("{0:.9f} {0:.9f} {0:.9f}\n", edge);
}

std::string topology(const Melt& melt) {
  const double sixth = std::pow(kSigma, 6);
  return fmt::format(
      "[ defaults ]\n1 1 no 1 1\n"
      "[ atomtypes ]\nAR 18 {mass} 0 A {c6:.10e} {c12:.10e}\n"
      "[ moleculetype ]\nAR 1\n"
      "[ atoms ]\n1 AR 1 AR AR 1 0 {mass}\n"
      "[ system ]\nmelt\n"
      "[ molecules ]\nAR {count}\n",
      fmt::arg("mass", kMass), fmt::arg("c6", 4 * kEpsilon * sixth), fmt::arg("c12", 4 * kEpsilon * sixth * sixth),
      fmt::arg("count", melt.particles()));
}

/// Energies are computed before the first step, after the last, and every hundred as in its examples.
std::string parameters(const Melt& melt, const std::string& neighbours) {
  return fmt::format(
      "integrator = md\n"
      "dt = {dt:.9f}\n"
      "nsteps = 1000\n"
      "cutoff-scheme = Verlet\n"
      "nstlist = 20\n"
      "{neighbours}"
      "rvdw = {cutoff:.6f}\n"
      "rcoulomb = {cutoff:.6f}\n"
      "coulombtype = cut-off\n"
      "coulomb-modifier = None\n"
      "vdwtype = cut-off\n"
      "vdw-modifier = None\n"
      "DispCorr = no\n"
      "comm-mode = linear\n"
      "nstcomm = 100\n"
      "nstcalcenergy = 100\n"
      "nstenergy = 0\n"
      "nstlog = 0\n"
      "nstxout = 0\n",
      fmt::arg("dt", kTime * melt.time_step), fmt::arg("neighbours", neighbours),
      fmt::arg("cutoff", kSigma * melt.cutoff));
}

/// The value below its heading, in the first table of the log or in the last: headings and values are 15 wide.
double value_of(const std::string& log, const std::string& heading, bool last) {
  const std::string tables = log.substr(0, log.find("A V E R A G E S"));
  const std::string padded = std::string(15 - heading.size(), ' ') + heading;
  const auto at = last ? tables.rfind(padded) : tables.find(padded);
  const auto end = at == std::string::npos ? at : tables.find('\n', at);
  const auto begin = at == std::string::npos ? at : tables.rfind('\n', at) + 1;
  if (end == std::string::npos || end + 1 + (at - begin) + 15 > tables.size())
    throw std::runtime_error("the log of GROMACS has no " + heading);
  return std::stod(tables.substr(end + 1 + (at - begin), 15));
}

double wall_time(const std::string& log) {
  const auto at = log.find("Time:", log.find("Core t (s)   Wall t (s)"));
  if (at == std::string::npos) throw std::runtime_error("the log of GROMACS has no time");
  std::istringstream numbers(log.substr(at + 5));
  double core = 0, wall = 0;
  if (!(numbers >> core >> wall) || wall <= 0) throw std::runtime_error("the log of GROMACS has no time");
  return wall;
}

/// "SIMD instructions:  SSE4.1": what the package was compiled for is part of what is compared.
std::string instructions() {
  const Scratch folder;
  std::istringstream lines(run(folder, {{"gmx", "--version"}, kEnvironment}));
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("SIMD instructions:", 0) == 0) return line.substr(line.find_first_not_of(' ', 18));
  return "unknown instructions";
}

Melter melter(const Melt& melt, const std::string& name, unsigned threads, const std::string& neighbours) {
  const auto folder = std::make_shared<Scratch>();
  folder->write("melt.gro", crystal(melt));
  folder->write("melt.top", topology(melt));
  folder->write("melt.mdp", parameters(melt, neighbours));
  run(*folder,
      {{"gmx", "grompp", "-f", "melt.mdp", "-c", "melt.gro", "-p", "melt.top", "-o", "melt.tpr"}, kEnvironment});
  const double particles = static_cast<double>(melt.particles());
  return {name, [folder, particles, threads](std::int64_t steps) {
            run(*folder, {{"gmx", "mdrun", "-s", "melt.tpr", "-deffnm", "out", "-ntmpi", "1", "-ntomp",
                           std::to_string(threads), "-nsteps", std::to_string(steps), "-noconfout"},
                          kEnvironment});
            const std::string log = folder->read("out.log");
            return Melting{wall_time(log), value_of(log, "Potential", false) / (kEpsilon * particles),
                           value_of(log, "Temperature", true) * kBoltzmann / kEpsilon};
          }};
}

}  // namespace

std::vector<Melter> gromacs(const Melt& melt, unsigned threads) {
  if (!has_program("gmx")) throw std::runtime_error("gmx is not installed: apt-get install gromacs");
  const std::string name = fmt::format("GROMACS for {}, {} thread{}", instructions(), threads, threads == 1 ? "" : "s");
  const std::string fixed = fmt::format("verlet-buffer-tolerance = -1\nrlist = {:.6f}\n", kSigma * (melt.cutoff + 0.3));
  return {melter(melt, name + ", 0.3 beyond the cutoff", threads, fixed),
          melter(melt, name + ", its own buffer", threads, "")};
}

}  // namespace lagoon::bench::rivals
