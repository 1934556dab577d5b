// SPDX-License-Identifier: Apache-2.0
#include "runner/report.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace lagoon::bench {
namespace {

using nlohmann::ordered_json;

std::string number(double x) {
  if (x == 0) return "0";
  const double size = x < 0 ? -x : x;
  return size >= 100 ? fmt::format("{:.0f}", x) : size >= 10 ? fmt::format("{:.1f}", x) : fmt::format("{:.3g}", x);
}

double rounded(double x) { return std::strtod(fmt::format("{:.5g}", x).c_str(), nullptr); }

double judged(const Row& row, const Outcome& outcome) {
  return row.judge == Judge::figure ? outcome.ours.median() : outcome.ratio();
}

bool meets(const Row& row, double value) {
  return row.better == Better::lower ? value <= *row.goal : value >= *row.goal;
}

}  // namespace

Report::Report(const ordered_json& machine) {
  for (const auto& [key, value] : machine.items())
    fmt::print("{:18} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
  fmt::print("\n{:44} {:>10} {:>10} {:14} {:>8} {:>8}  {:5} {:>6}  {}\n", "row", "ours", "rival", "unit", "ratio",
             "goal", "met", "spread", "rival, notes");
}

void Report::begin(const Row& row) {
  if (!isatty(STDOUT_FILENO)) return;
  fmt::print("{:44} ...\r", row.name);
  std::fflush(stdout);
}

void Report::add(const Row& row, const Outcome& outcome) {
  const double spread = std::max(outcome.ours.spread(), outcome.rival.spread());
  const auto or_null = [](const Figures& f) {
    return f.repetitions.empty() ? ordered_json() : ordered_json(rounded(f.median()));
  };
  const bool has = outcome.has_ratio();
  ordered_json json = {{"suite", row.name.substr(0, row.name.find('.'))},
                       {"name", row.name},
                       {"ours", or_null(outcome.ours)},
                       {"rival", or_null(outcome.rival)},
                       {"rival_name", outcome.rival.name},
                       {"unit", row.unit.name},
                       {"ratio", has ? ordered_json(rounded(judged(row, outcome))) : ordered_json()},
                       {"better", row.better == Better::lower ? "lower" : "higher"},
                       {"goal", row.goal ? ordered_json(*row.goal) : ordered_json()},
                       {"spread", rounded(spread)}};
  if (!has) json["reason"] = outcome.reason;
  if (!outcome.note.empty()) json["note"] = outcome.note;
  rows_.push_back(json.dump());

  std::string met = "-";
  if (!has) {
    ++without_ratio_;
  } else if (row.goal) {
    ++with_goal_;
    const bool ok = meets(row, judged(row, outcome));
    met_ += ok;
    met = ok ? "yes" : "NO";
  }
  const auto shown = [](const Figures& f) { return f.repetitions.empty() ? std::string("-") : number(f.median()); };
  std::string remarks = outcome.rival.name;
  if (!has) remarks += (remarks.empty() ? "" : "; ") + outcome.reason;
  if (!outcome.note.empty()) remarks += (remarks.empty() ? "" : "; ") + outcome.note;
  fmt::print("{:44} {:>10} {:>10} {:14} {:>8} {:>8}  {:5} {:>5.0f}%  {}\n", row.name, shown(outcome.ours),
             shown(outcome.rival), row.unit.name, has ? number(judged(row, outcome)) : "-",
             row.goal ? (row.better == Better::lower ? "<=" : ">=") + number(*row.goal) : "-", met, 100 * spread,
             remarks);
  std::fflush(stdout);
}

void Report::end() {
  fmt::print("\n{} of {} goals met", met_, with_goal_);
  if (without_ratio_) fmt::print(", {} rows without a ratio", without_ratio_);
  fmt::print("\n");
}

void Report::write_json(const std::string& file, const ordered_json& machine) const {
  ordered_json rows = ordered_json::array();
  for (const std::string& row : rows_) rows.push_back(ordered_json::parse(row));
  const std::string part = file + ".part";
  {
    std::ofstream out(part, std::ios::trunc);
    out << ordered_json{{"machine", machine}, {"rows", rows}}.dump(1) << '\n';
    out.flush();
    if (!out) throw std::runtime_error(part + ": " + std::strerror(errno));
  }
  if (std::rename(part.c_str(), file.c_str()) != 0) throw std::runtime_error(file + ": " + std::strerror(errno));
}

}  // namespace lagoon::bench
