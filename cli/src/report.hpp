// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/fields.hpp>
#include <lagoon/rpc/value.hpp>
#include <string>
#include <utility>
#include <vector>

#include "analysis.hpp"

namespace lagoon::cli {

/// One line of a plot; numbers that are not finite are gaps.
struct Series {
  std::string name;
  std::vector<double> x, y;
  LAGOON_FIELDS(Series, name, x, y)
};
/// Lines over a common axis.
struct LinePlot {
  std::string title, note;  ///< the note stands at the right of the title
  std::string x, y;         ///< names and units of the axes
  std::vector<Series> series;
  LAGOON_FIELDS(LinePlot, title, note, x, y, series)
};

/// What a report shows; parts that are empty do not appear.
struct Report {
  std::string title, lead;
  std::vector<std::pair<std::string, std::string>> tiles;  ///< value, label
  std::vector<std::pair<std::string, std::string>> facts;  ///< name, value
  const Analysis* analysis = nullptr;
  std::vector<LinePlot> lines;
  Value answer;       ///< of a call
  std::string trace;  ///< in Chrome's JSON format, or ""
  std::string version;
};

Report report_on(const Analysis& analysis);

/// One HTML page with plots, data and script inside; it fetches nothing.
std::string html_of(const Report& report);

}  // namespace lagoon::cli
