// SPDX-License-Identifier: Apache-2.0
// The best rival of a melt in double precision: LAMMPS with its OPT package, timed by its own loop time.
#include <fmt/core.h>
#include <unistd.h>

#include <memory>
#include <regex>
#include <stdexcept>

#include "rivals/melt.hpp"
#include "rivals/program.hpp"

namespace lagoon::bench::rivals {
namespace {

std::string input_of(const Melt& melt, std::int64_t steps) {
  return fmt::format(
      "units lj\n"
      "atom_style atomic\n"
      "lattice fcc {density}\n"
      "region box block 0 {cells} 0 {cells} 0 {cells}\n"
      "create_box 1 box\n"
      "create_atoms 1 box\n"
      "mass 1 1\n"
      "velocity all create {temperature} 87287 loop geom\n"
      "pair_style lj/cut {cutoff}\n"
      "pair_coeff 1 1 1 1 {cutoff}\n"
      "neighbor 0.3 bin\n"
      "neigh_modify delay 0 every 20 check no\n"
      "fix motion all nve\n"
      "timestep {time_step}\n"
      "thermo_style custom step temp pe\n"
      "thermo_modify format float %.12g\n"
      "run {steps}\n",
      fmt::arg("density", melt.density), fmt::arg("cells", melt.cells), fmt::arg("temperature", melt.temperature),
      fmt::arg("cutoff", melt.cutoff), fmt::arg("time_step", melt.time_step), fmt::arg("steps", steps));
}

/// Of a report that has a line "step temperature potential" before the first step and one after the last.
Melting read(const std::string& report, std::int64_t steps) {
  static const std::regex loop(R"(Loop time of (\S+) on)");
  const auto line = [&](std::int64_t step) {
    std::smatch found;
    if (!std::regex_search(report, found,
                           std::regex(fmt::format(R"(\n\s*{}\s+([-+.\deE]+)\s+([-+.\deE]+)\s*\n)", step))))
      throw std::runtime_error(fmt::format("LAMMPS tells nothing of step {}", step));
    return std::pair{std::stod(found[1]), std::stod(found[2])};
  };
  std::smatch time;
  if (!std::regex_search(report, time, loop)) throw std::runtime_error("LAMMPS tells no loop time");
  return {std::stod(time[1]), line(0).second, line(steps).first};
}

std::vector<std::string> mpirun(unsigned processes, bool bound) {
  std::vector<std::string> words{"mpirun", "-n", std::to_string(processes)};
  if (geteuid() == 0) words.emplace_back("--allow-run-as-root");
  // Also where Open MPI counts fewer cores than processes: in containers, or with two threads per core.
  if (!bound) words.insert(words.end(), {"--oversubscribe", "--bind-to", "none"});
  return words;
}

Melter melter(const Melt& melt, const std::string& name, std::vector<std::string> words) {
  words.insert(words.end(), {"lmp", "-sf", "opt", "-in", "in.melt", "-log", "none"});
  return {name, [melt, words = std::move(words), folder = std::make_shared<Scratch>()](std::int64_t steps) {
            folder->write("in.melt", input_of(melt, steps));
            return read(run(*folder, {words, {"OMP_NUM_THREADS=1"}}), steps);
          }};
}

}  // namespace

std::vector<Melter> lammps(const Melt& melt, unsigned processes) {
  if (!has_program("lmp")) throw std::runtime_error("lmp is not installed: apt-get install lammps");
  const std::string name = "LAMMPS -sf opt";
  if (processes == 1) return {melter(melt, name + ", one process", {})};
  if (!has_program("mpirun")) throw std::runtime_error("mpirun is not installed: apt-get install openmpi-bin");
  const std::string count = fmt::format("{}, {} processes", name, processes);
  return {melter(melt, count, mpirun(processes, true)),
          melter(melt, count + " not bound to cores", mpirun(processes, false))};
}

}  // namespace lagoon::bench::rivals
