// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/fields.hpp>
#include <string>
#include <vector>

namespace lagoon::cli {

/// One line of a plot; numbers that are not finite are gaps.
struct Series {
  std::string name;
  std::vector<double> x, y;
  LAGOON_FIELDS(Series, name, x, y)
};
/// Lines over a common axis.
struct LinePlot {
  std::string title{}, note{};  ///< the note stands at the right of the title
  std::string x{}, y{};         ///< names and units of the axes
  std::vector<Series> series{};
  bool dates = false;  ///< x is seconds since 1970
  LAGOON_FIELDS(LinePlot, title, note, x, y, series, dates)
};

}  // namespace lagoon::cli
