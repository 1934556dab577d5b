// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <lagoon/rpc/caller.hpp>
#include <lagoon/rpc/process.hpp>
#include <lagoon/services/imaging.hpp>

#include "commands.hpp"
#include "json.hpp"
#include "machine.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& w : words) text += (text.empty() ? "" : " ") + w;
  return text.empty() ? "none" : text;
}

std::string bytes(std::uint64_t n) { return human_bytes(static_cast<double>(n)); }

/// Whether services can run in processes of their own here, by starting one.
struct ProcessFacts {
  bool work = false, sandbox = false;
  double start_ms = 0;           ///< from its start until it had answered a call
  std::string why, why_sandbox;  ///< not
  LAGOON_FIELDS(ProcessFacts, work, sandbox, start_ms, why, why_sandbox)
};

/// A worker that decodes nothing, as sandboxed as the decoders of `lagoon images --untrusted` or not at all.
///   returns  milliseconds until it had answered
///   throws   why it does not
double try_worker(Engine& engine, bool strict) {
  const TimePoint begin = system_clock().now();
  Process process(engine, {services::imaging_service()}, {.name = "doctor"}, {.cores = 1, .strict = strict});
  Caller<services::Imaging> imaging(process);
  CallOptions options;
  options.timeout = std::chrono::seconds(10);
  const Frozen<std::uint8_t, 3> black = Tensor<std::uint8_t, 3>::zeros({1, 1, 1}).freeze();
  imaging.call<services::EncodeImage>({.pixels = black, .encoding = {.format = "png"}}, options);
  return std::chrono::duration<double, std::milli>(system_clock().now() - begin).count();
}

ProcessFacts look_at_processes() {
  ProcessFacts facts;
  const auto attempt = [&](bool strict, bool& works, std::string& why) {
    try {
      Engine engine({.cores = 1});
      facts.start_ms = try_worker(engine, strict);
      works = true;
    } catch (...) {
      why = status_of_current_exception().message();
    }
  };
  attempt(true, facts.sandbox, facts.why_sandbox);
  facts.work = facts.sandbox;
  if (!facts.sandbox) attempt(false, facts.work, facts.why);
  return facts;
}

std::string words_of(const ProcessFacts& p) {
  if (!p.work) return "do not work here";
  return fmt::format("work, {}; one answers {} after its start",
                     p.sandbox ? "and so does their sandbox" : "but not their sandbox",
                     human_duration(p.start_ms / 1e3));
}

std::string table(const Machine& m, const ProcessFacts& p) {
  const auto& c = m.cores;
  const auto& r = m.memory;
  const auto& i = m.instructions;
  const auto& v = m.versions;
  std::string text;
  auto row = [&](const char* name, const std::string& value) { text += fmt::format("{:<14} {}\n", name, value); };
  row("processor", c.model.empty() ? i.architecture : c.model + ", " + i.architecture);
  row("cores", fmt::format("{} usable ({} online, {} by affinity, {})", c.usable, c.online, c.allowed,
                           c.quota > 0 ? fmt::format("control group {} grants {:.2g}", m.cgroup, c.quota)
                                       : "no quota by control group " + m.cgroup));
  row("instructions", fmt::format("{}{} ({})", i.used.empty() ? "unknown" : i.used,
                                  i.cap.empty() ? "" : ", capped by LAGOON_ISA=" + i.cap, joined(i.supported)));
  row("memory",
      fmt::format("{} usable ({} in the machine, {} free now, {})", bytes(r.usable), bytes(r.total), bytes(r.available),
                  r.cgroup_limit ? "control group grants " + bytes(r.cgroup_limit) : "no control group limit"));
  row("array limit", bytes(r.default_limit) + " unless --memory-limit says otherwise");
  row("huge pages", fmt::format("{}, {} reserved", r.huge_pages, r.reserved_huge_pages));
  row("/dev/shm", r.shm_total ? fmt::format("{}, {} free", bytes(r.shm_total), bytes(r.shm_free)) : "not there");
  row("processes", words_of(p));
  row("BLAS", m.blas);
  row("lagoon", fmt::format("{}, built with {}", v.lagoon, v.compiler));
  row("oneTBB", v.onetbb.empty() ? "unknown" : v.onetbb);
  row("system", fmt::format("{}, {}, {}", v.distribution.empty() ? "unknown" : v.distribution, v.kernel, v.libc));
  return text;
}

struct DoctorReport {
  Machine machine;
  ProcessFacts processes;
  std::vector<std::string> warnings;
  LAGOON_FIELDS(DoctorReport, machine, processes, warnings)
};

}  // namespace

Exit doctor(const CommonOptions& common, Output& output) {
  DoctorReport report{look_at_machine(), look_at_processes(), {}};
  report.warnings = warnings_about(report.machine);
  const ProcessFacts& p = report.processes;
  if (!p.work)
    report.warnings.push_back(fmt::format("--isolation process is not to be had: {}", p.why));
  else if (!p.sandbox)
    report.warnings.push_back(fmt::format("lagoon images --untrusted is not to be had: {}", p.why_sandbox));
  if (common.json) {
    output.result(pretty(document_of("doctor", report)) + "\n");
    return Exit::ok;
  }
  std::string text = table(report.machine, report.processes);
  for (const std::string& w : report.warnings) text += "warning: " + w + "\n";
  if (report.warnings.empty()) text += "nothing here stands in Lagoon's way\n";
  output.result(text);
  return Exit::ok;
}

}  // namespace lagoon::cli
