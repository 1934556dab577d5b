// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/value.hpp>
#include <string>
#include <utility>
#include <vector>

#include "analysis.hpp"
#include "report_plots.hpp"

namespace lagoon::cli {

/// What a report shows; parts that are empty do not appear.
struct Report {
  std::string title, lead;
  std::vector<std::pair<std::string, std::string>> tiles;  ///< value, label
  std::vector<std::pair<std::string, std::string>> facts;  ///< name, value
  const Analysis* analysis = nullptr;
  std::vector<LinePlot> lines;   ///< along a run
  std::vector<LinePlot> series;  ///< in time, beside those of the analysis
  Value answer;                  ///< of a call
  std::string trace;             ///< in Chrome's JSON format, or ""
  std::string version;
};

Report report_on(const Analysis& analysis);

/// Writes the page, complete or not at all.
void write_report(const std::string& path, const Report& report);

/// One HTML page with plots, data and script inside; it fetches nothing.
std::string html_of(const Report& report);

}  // namespace lagoon::cli
