// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

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

std::string table(const Machine& m) {
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
  row("BLAS", m.blas);
  row("lagoon", fmt::format("{}, built with {}", v.lagoon, v.compiler));
  row("oneTBB", v.onetbb.empty() ? "unknown" : v.onetbb);
  row("system", fmt::format("{}, {}, {}", v.distribution.empty() ? "unknown" : v.distribution, v.kernel, v.libc));
  return text;
}

struct DoctorReport {
  Machine machine;
  std::vector<std::string> warnings;
  LAGOON_FIELDS(DoctorReport, machine, warnings)
};

}  // namespace

Exit doctor(const CommonOptions& common, Output& output) {
  DoctorReport report{look_at_machine(), {}};
  report.warnings = warnings_about(report.machine);
  if (common.json) {
    output.result(pretty(document_of("doctor", report)) + "\n");
    return Exit::ok;
  }
  std::string text = table(report.machine);
  for (const std::string& w : report.warnings) text += "warning: " + w + "\n";
  if (report.warnings.empty()) text += "nothing here stands in Lagoon's way\n";
  output.result(text);
  return Exit::ok;
}

}  // namespace lagoon::cli
