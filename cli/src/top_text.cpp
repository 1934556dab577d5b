// SPDX-License-Identifier: Apache-2.0
#include "top_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "text.hpp"

namespace lagoon::cli {
namespace {

std::string bytes(std::uint64_t n) { return human_bytes(static_cast<double>(n)); }

std::string short_time(double seconds) {
  return seconds < 10e-6 ? fmt::format("{:.0f} ns", seconds * 1e9) : human_duration(seconds);
}

std::string time(const MethodInterval& m, double seconds) { return m.calls ? short_time(seconds) : "-"; }

std::string rate(double x) { return x >= 1000 ? grouped(static_cast<std::uint64_t>(std::llround(x))) : number(x, 3); }

std::string failures(const MethodInterval& m) {
  std::string text;
  for (const FailureCount& f : m.failures) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", f.code, f.calls);
  return text.empty() ? "-" : harmless(text);
}

}  // namespace

std::string harmless(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (c < 0x20 || c == 0x7f) {
      out += '?';
    } else if (c == 0xC2 && next >= 0x80 && next < 0xA0) {  // the control characters of Latin-1, in UTF-8
      out += '?';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string table_of(const PoolInterval& p, int pid) {
  std::string text =
      fmt::format("{}  pid {}, {}, made {} ago\n", harmless(p.pool), pid, harmless(p.status), human_duration(p.at));
  text += fmt::format("{} calls/s, {} failed, {} waiting; {:.2f} cores; {} of {} at most\n", rate(p.calls_per_second),
                      grouped(p.failed_calls), grouped(p.queued), p.cores, counted(p.workers.size(), "worker"),
                      grouped(p.most_workers));
  if (p.calls)
    text += fmt::format("latency: median {}, p99 {}, p99.9 {}, mean {}\n", short_time(p.latency.p50),
                        short_time(p.latency.p99), short_time(p.latency.p999), short_time(p.latency.mean));
  else
    text += "latency: no calls ended\n";

  std::vector<std::vector<std::string>> rows = {
      {"WORKER", "STATE", "CALLS/S", "CORES", "RUNNING", "QUEUED", "MEMORY", "LIMIT", "USED", "AGE"}};
  for (const WorkerInterval& w : p.workers)
    rows.push_back({harmless(w.worker), harmless(w.state), rate(w.calls_per_second), fmt::format("{:.2f}", w.cores),
                    grouped(w.running), grouped(w.queued), bytes(w.memory),
                    w.memory_limit ? bytes(w.memory_limit) : "-",
                    w.memory_limit ? fmt::format("{:.0f} %", 100 * w.memory_share()) : "-", human_duration(w.age)});
  text += '\n' + aligned(rows);
  rows = {{"METHOD", "CALLS/S", "MEDIAN", "P99", "P99.9", "MEAN", "FAILED"}};
  for (const MethodInterval& m : p.methods)
    rows.push_back({harmless(m.service + "." + m.method), rate(m.calls_per_second), time(m, m.latency.p50),
                    time(m, m.latency.p99), time(m, m.latency.p999), time(m, m.latency.mean), failures(m)});
  return text + '\n' + aligned(rows);
}

}  // namespace lagoon::cli
