// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/services/timeseries.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "report_plots.hpp"

namespace lagoon::cli {

/// What is found in a column as a series in time. Its parts as long as itself go to plots and files only.
struct SeriesFacts {
  std::string column, time;  ///< time: the column of times, or "" where rows are counted
  bool dates = false;        ///< times are seconds since 1970, and slopes are per second
  std::int64_t count = 0, missing = 0;
  timeseries::LineFit line{};
  timeseries::MannKendall test{};
  timeseries::TheilSen robust{};
  std::vector<timeseries::Period> periods{};  ///< in rows, the strongest first
  std::int64_t period = 0;                    ///< of the decomposition; 0: there is none
  double seasonal_strength = 0, trend_strength = 0;
  std::vector<double> autocorrelation{}, partial{};  ///< of lags 0, 1, ...
  double bound = 0;                                  ///< noise lies within it 19 times of 20
  timeseries::LjungBox noise_test{};
  std::vector<std::string> notes{};  ///< what could not be computed, and why
  LAGOON_FIELDS(SeriesFacts, column, time, dates, count, missing, line, test, robust, periods, period,
                seasonal_strength, trend_strength, autocorrelation, partial, bound, noise_test, notes)
};

/// A column with its times.
struct TimedColumn {
  std::string name{}, time{};
  bool dates = false;         ///< times are seconds since 1970
  Frozen<double, 1> times{};  ///< without elements: rows are counted
  Frozen<double, 1> values{};
};

/// A slope for people: its number in that unit, and "year", the column of times or "row".
struct Slope {
  double factor = 1;
  std::string unit;
};
Slope slope_of(const SeriesFacts& facts);

SeriesFacts facts_of(const TimedColumn& column, const services::ExamineReply& reply);
/// The series with its trend, its season, what remains, and its autocorrelation.
std::vector<LinePlot> plots_of(const TimedColumn& column, const services::ExamineReply& reply);
std::string text_of(const SeriesFacts& facts);

}  // namespace lagoon::cli
