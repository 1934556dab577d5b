// SPDX-License-Identifier: Apache-2.0
#include "md_files.hpp"

#include <fmt/format.h>

#include <lagoon/kernels/files/atomic_file.hpp>
#include <lagoon/kernels/files/lammps_data.hpp>

namespace lagoon::cli {
namespace {

files::DcdOptions dcd_options(const dynamics::RunFile& run) {
  return {.every = run.output.trajectory_every, .time_step = run.options.time_step};
}

bool is_dcd(const std::string& path) { return path.ends_with(".dcd"); }

}  // namespace

MdFiles::MdFiles(const dynamics::RunFile& run, MdPaths paths) : run_(run), paths_(std::move(paths)) {
  if (!paths_.energies.empty()) energies_.emplace(paths_.energies);
  if (is_dcd(paths_.trajectory))
    trajectory_.emplace<files::DcdWriter>(paths_.trajectory, dcd_options(run));
  else if (!paths_.trajectory.empty())
    trajectory_.emplace<files::XyzWriter>(paths_.trajectory);
}

MdFiles::MdFiles(const dynamics::RunFile& run, MdPaths paths, std::int64_t step,
                 const std::function<void(const ObservationFacts&)>& kept)
    : run_(run), paths_(std::move(paths)), checkpointed_(step) {
  if (!paths_.energies.empty()) energies_.emplace(paths_.energies, step, kept);
  if (is_dcd(paths_.trajectory))
    trajectory_.emplace<files::DcdWriter>(files::DcdWriter::continuing(paths_.trajectory, step, dcd_options(run)));
  else if (!paths_.trajectory.empty())
    trajectory_.emplace<files::XyzWriter>(files::XyzWriter::continuing(paths_.trajectory, step));
}

void MdFiles::observed(const ObservationFacts& moment) {
  if (energies_) energies_->write(moment);
}

void MdFiles::frame(const dynamics::Simulation& simulation) {
  if (std::holds_alternative<std::monostate>(trajectory_)) return;
  dynamics::System system = simulation.system();
  if (run_.output.unwrapped) system.positions = simulation.positions(true);
  if (auto* xyz = std::get_if<files::XyzWriter>(&trajectory_))
    xyz->write(system, {.step = simulation.step(), .time = simulation.time(), .energy = {}});
  else
    std::get<files::DcdWriter>(trajectory_).write(system, simulation.step());
}

void MdFiles::sync() {
  if (energies_) energies_->sync();
  if (auto* xyz = std::get_if<files::XyzWriter>(&trajectory_)) xyz->sync();
  if (auto* dcd = std::get_if<files::DcdWriter>(&trajectory_)) dcd->sync();
}

void MdFiles::checkpoint(const dynamics::Simulation& simulation) {
  if (checkpointed_ == simulation.step()) return;
  sync();
  dynamics::write_checkpoint(paths_.checkpoint, simulation);
  checkpointed_ = simulation.step();
}

void MdFiles::final_state(const dynamics::System& system, const dynamics::Simulation& simulation) {
  if (paths_.final_state.empty()) return;
  if (paths_.final_state.ends_with(".data"))
    files::write_lammps_data(paths_.final_state, system);
  else
    files::write_xyz(
        paths_.final_state, system,
        {.step = simulation.step(), .time = simulation.time(), .energy = simulation.observe().potential()});
}

void MdFiles::radial_distribution(const dynamics::RadialDistribution& radial) {
  if (paths_.radial_distribution.empty()) return;
  std::string text = "r,g,n\n";
  for (std::ptrdiff_t i = 0; i < radial.r.size(); ++i)
    fmt::format_to(std::back_inserter(text), "{},{},{}\n", radial.r[i], radial.g[i], radial.n[i]);
  files::AtomicFile file(paths_.radial_distribution);
  file.write(text);
  file.commit();
}

}  // namespace lagoon::cli
