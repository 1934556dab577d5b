// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <lagoon/core/error.hpp>

#include "md_run.hpp"

namespace lagoon::cli {
namespace {

namespace fs = std::filesystem;

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  if (fs::equivalent(a, b, error)) return true;
  // Names of files that are not there yet: absolute first, or only one of "x" and "./x" would become so.
  const fs::path one = fs::weakly_canonical(fs::absolute(a, error), error),
                 two = fs::weakly_canonical(fs::absolute(b, error), error);
  return !error && one == two;
}

std::string in_folder(const std::string& name, const std::string& folder) {
  return name.empty() || folder.empty() ? name : (fs::path(folder) / name).string();  // keeps absolute names
}

/// "argon" of "runs/argon.toml".
std::string stem_of(const std::string& file) {
  const std::string stem = fs::path(file).stem().string();
  return stem.empty() ? "run" : stem;
}

}  // namespace

std::vector<WrittenFile> MdPaths::all() const {
  std::vector<WrittenFile> files;
  const auto add = [&](const char* what, const std::string& file) {
    if (!file.empty()) files.push_back({what, file});
  };
  add("energies", energies);
  add("trajectory", trajectory);
  add("checkpoint", checkpoint);
  add("final state", final_state);
  add("radial distribution", radial_distribution);
  add("report", report);
  return files;
}

MdPaths paths_of(const dynamics::RunFile& run, const MdCommand& command, const CommonOptions& common) {
  const dynamics::OutputOptions& o = run.output;
  const auto place = [&](const std::string& name) { return in_folder(name, command.folder); };
  MdPaths p;
  p.energies = place(o.energies);
  p.trajectory = place(o.trajectory);
  p.checkpoint = place(o.checkpoint.empty() ? stem_of(run.path) + ".checkpoint" : o.checkpoint);
  p.final_state = place(o.final_state);
  p.radial_distribution = place(o.radial_distribution);
  p.report = common.report.empty() ? place(o.report) : common.report;

  const std::vector<WrittenFile> files = p.all();
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (const std::string& input : {run.path, dynamics::start_file(run)})
      if (!input.empty() && same_file(files[i].file, input))
        throw Error(Errc::invalid_argument, fmt::format("{}: the {} would be written over {}, which the run reads",
                                                        run.path, files[i].what, input));
    for (std::size_t j = 0; j < i; ++j)
      if (same_file(files[i].file, files[j].file))
        throw Error(Errc::invalid_argument, fmt::format("{}: {} and {} would both be written to {}", run.path,
                                                        files[j].what, files[i].what, files[i].file));
  }
  return p;
}

}  // namespace lagoon::cli
