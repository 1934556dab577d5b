// SPDX-License-Identifier: Apache-2.0
// `lagoon md`: a run of molecular dynamics, from its run file to its files.
#include <fmt/format.h>
#include <lagoon/kernels/simd.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "commands.hpp"
#include "json.hpp"
#include "md_steps.hpp"
#include "session.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

using dynamics::RunFile;
using dynamics::Simulation;

bool is_periodic(const dynamics::Box& box) {
  return std::all_of(box.boundary.begin(), box.boundary.end(),
                     [](dynamics::Boundary b) { return b == dynamics::Boundary::periodic; });
}

/// One run of the command, in the order of its members.
class Md {
 public:
  Md(const MdCommand& command, const CommonOptions& common, const StopControl& stop, Output& output)
      : command_(command),
        common_(common),
        output_(output),
        file_(dynamics::read_run_file(command.file)),
        last_(command.steps >= 0 ? command.steps : file_.steps),
        paths_(paths_of(file_, command, common)),
        options_(options_for(common, file_, paths_)),
        session_(options_, stop),
        run_{file_, {}, {}, utc_now(), {}} {
    if (file_.output.print == 0) file_.output.print = file_.output.every;
  }

  Exit plan() {
    const dynamics::System system = session_.run("read", [&] { return dynamics::make_system(file_); });
    refuse_radial(system);
    output_.result(common_.json ? pretty(document_of("md_plan", plan_of(system))) + "\n"
                                : plan_text(file_, system, last_, paths_));
    return Exit::ok;
  }

  Exit go() {
    make_folder();
    command_.resume ? resume() : start();
    MdSteps steps(*simulation_, file_, *files_, run_.history, output_, common_.json);
    if (!common_.json) output_.item(table_head(file_.start.units));
    const std::int64_t first = simulation_->step();
    const auto begin = std::chrono::steady_clock::now();
    advance(steps, first);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    session_.run("write", [&] { finish(steps, first, seconds); });
    return Exit::ok;
  }

 private:
  static CommonOptions options_for(CommonOptions common, const RunFile& file, const MdPaths& paths) {
    if (common.workers == 0) common.workers = file.workers;
    common.report = paths.report;
    return common;
  }

  MdPlan plan_of(const dynamics::System& system) const {
    MdPlan p;
    p.file = command_.file;
    p.units = system.units.name;
    p.particles = system.size();
    p.types = static_cast<std::int64_t>(file_.model.types.size());
    p.box.assign(system.box.length.begin(), system.box.length.end());
    p.temperature = system.velocities.empty() ? 0 : dynamics::temperature(system);
    p.cutoff = file_.model.cutoff;
    p.time_step = file_.options.time_step;
    p.steps = last_;
    p.files = paths_.all();
    return p;
  }

  void make_folder() const {
    if (command_.folder.empty()) return;
    std::error_code error;
    std::filesystem::create_directories(command_.folder, error);
    if (error)
      throw Error(Errc::permission_denied,
                  fmt::format("cannot make the folder {}: {}", command_.folder, error.message()));
  }

  void refuse_radial(const dynamics::System& system) const {
    if (!paths_.radial_distribution.empty() && !is_periodic(system.box))
      throw Error(Errc::invalid_argument,
                  fmt::format("{}: a radial_distribution needs a box that is periodic along all axes", file_.path));
  }

  void start() {
    session_.run("start", [&] {
      dynamics::System system = dynamics::make_system(file_);
      refuse_radial(system);
      output_.detail(plan_text(file_, system, last_, paths_));
      output_.progress().begin(file_.minimize ? "minimising" : "starting", 0, "");
      if (const auto found = dynamics::prepare(system, file_))
        output_.note(fmt::format("{} after {}: largest force {} {}/{}",
                                 found->converged ? "at a minimum" : "not quite at a minimum",
                                 counted(static_cast<std::uint64_t>(found->steps), "step"),
                                 number(found->largest_force), file_.start.units.energy, file_.start.units.length));
      simulation_ = std::make_unique<Simulation>(std::move(system), file_.model, file_.options);
      output_.progress().end();
      if (std::filesystem::exists(paths_.checkpoint))
        output_.note(
            fmt::format("a new run: {} is of an earlier one and will be replaced; --resume would go on from it",
                        paths_.checkpoint));
      files_.emplace(file_, paths_);
    });
  }

  void resume() {
    session_.run("read", [&] {
      simulation_ = dynamics::read_checkpoint(paths_.checkpoint);
      const std::string other = dynamics::difference(*simulation_, file_);
      if (!other.empty())
        throw Error(Errc::invalid_argument, fmt::format("{} is of another run: {}; without --resume a new one begins",
                                                        paths_.checkpoint, other));
      files_.emplace(file_, paths_, simulation_->step(),
                     [&](const ObservationFacts& moment) { run_.history.add(moment); });
    });
    const std::string step = grouped(static_cast<std::uint64_t>(simulation_->step()));
    if (simulation_->step() < last_)
      output_.note(fmt::format("going on from step {} of {}", step, paths_.checkpoint));
    else
      output_.note(fmt::format("{} is at step {} already; --steps says how far to go", paths_.checkpoint, step));
  }

  void advance(MdSteps& steps, std::int64_t first) {
    const double step_ns = file_.options.time_step * file_.start.units.time_ps * 1e-3;
    Rate rate;
    if (step_ns > 0) rate = {"ns/day", step_ns * 86400};
    output_.progress().begin("steps", static_cast<double>(std::max<std::int64_t>(last_ - first, 0)), "steps", rate);
    try {
      session_.run("steps", [&] {
        if (!command_.resume) steps.begin();
        steps.reach(last_, [&](std::int64_t step) { output_.progress().update(static_cast<double>(step - first)); });
      });
    } catch (const Error& e) {
      output_.progress().end();
      if (e.code() == Errc::cancelled || e.code() == Errc::deadline_exceeded) put_away(steps);
      if (e.code() == Errc::aborted) give_up(e);
      throw;
    }
    output_.progress().end();
  }

  /// Interrupted: the last whole step goes to the checkpoint, not to be interrupted again.
  void put_away(MdSteps& steps) {
    try {
      session_.isolate().run([&] {
        const StopScope undisturbed(nullptr);
        steps.arrive();
        files_->checkpoint(*simulation_);
      });
    } catch (const Error& e) {  // the interrupt is what the command ends with, and this must be known as well
      output_.progress().say(
          fmt::format("lagoon: no checkpoint of step {}: {}", simulation_->step(), e.status().message()));
      return;
    }
    const std::string options = command_.folder.empty() ? "" : " --out " + command_.folder;
    output_.note(fmt::format("stopped at step {} of {}, which is in {}\ngo on with: lagoon md {}{} --resume",
                             grouped(static_cast<std::uint64_t>(simulation_->step())),
                             grouped(static_cast<std::uint64_t>(last_)), paths_.checkpoint, command_.file, options));
  }

  /// Unstable: what was good stays.
  [[noreturn]] void give_up(const Error& e) {
    files_->sync();
    const auto good = files_->checkpointed();
    throw Error(e.code(), e.status().message() + "\n" +
                              (good ? fmt::format("the last checkpoint is of step {}: {}",
                                                  grouped(static_cast<std::uint64_t>(*good)), paths_.checkpoint)
                                    : "there is no checkpoint of this run yet"));
  }

  void finish(MdSteps& steps, std::int64_t first, double seconds) {
    steps.end();
    files_->checkpoint(*simulation_);
    const dynamics::System system = simulation_->system();
    files_->final_state(system, *simulation_);
    if (!paths_.radial_distribution.empty() || (!paths_.report.empty() && is_periodic(system.box))) {
      run_.radial = dynamics::radial_distribution(system, radius(system.box), file_.output.radial_bins);
      files_->radial_distribution(*run_.radial);
    }
    files_->sync();
    take_facts(system, first, seconds);
    if (!paths_.report.empty()) write_report();
    session_.write_trace();
    output_.item(common_.json ? compact(document_of("md", run_.facts)) + "\n" : summary_text(run_.facts));
    output_.end_items();
  }

  double radius(const dynamics::Box& box) const {
    const double most = *std::min_element(box.length.begin(), box.length.end()) / 2;
    const double wanted = file_.output.radial_distance > 0 ? file_.output.radial_distance : 3 * file_.model.cutoff;
    return std::min(wanted, most);
  }

  void take_facts(const dynamics::System& system, std::int64_t first, double seconds) {
    MdFacts& f = run_.facts;
    f.file = command_.file;
    f.units = system.units.name;
    f.particles = system.size();
    f.first_step = first;
    f.last_step = simulation_->step();
    f.seconds = seconds;
    if (seconds > 0) f.steps_per_second = static_cast<double>(f.last_step - first) / seconds;
    f.ns_per_day = f.steps_per_second * file_.options.time_step * system.units.time_ps * 86.4;
    const Simulation::ListReport lists = simulation_->lists();
    f.list_builds = lists.builds;
    f.list_prunes = lists.prunes;
    f.pairs_computed = lists.pairs_computed;
    f.pairs_needed = lists.pairs_needed;
    f.cores = session_.cores();
    f.isa = simd::isa_name();
    f.precision = file_.options.precision == dynamics::Precision::mixed ? "mixed" : "f64";
    f.peak_bytes = session_.memory().peak;
    f.files = paths_.all();
  }

  void write_report() const {
    Report report = report_on(run_);
    report.trace = session_.trace_json();
    cli::write_report(paths_.report, report);
  }

  const MdCommand& command_;
  const CommonOptions& common_;
  Output& output_;
  RunFile file_;
  std::int64_t last_;
  MdPaths paths_;
  CommonOptions options_;  // what the session refers to
  Session session_;
  MdRun run_;
  std::unique_ptr<Simulation> simulation_;
  std::optional<MdFiles> files_;
};

}  // namespace

Exit md(const MdCommand& command, const CommonOptions& common, const StopControl& stop, Output& output) {
  Md run(command, common, stop, output);
  return command.dry_run ? run.plan() : run.go();
}

}  // namespace lagoon::cli
