// SPDX-License-Identifier: Apache-2.0
#include "observations.hpp"

#include <cmath>
#include <lagoon/core/error.hpp>
#include <string>

namespace lagoon::timeseries::detail {
namespace {

[[noreturn]] void refuse_all(const char* what, const std::string& why) {
  throw Error(Errc::invalid_argument, std::string(what) + ": " + why);
}

}  // namespace

Observations::Observations(const char* what, View<const double, 1> x, const TrendOptions& options)
    : what_(what), x_(x), options_(options) {
  if (x.empty()) refuse_all(what, "the series is empty");
  if (!(options.confidence > 0 && options.confidence < 1))
    refuse_all(what, "confidence is " + std::to_string(options.confidence) + "; it must be between 0 and 1");
}

Observations::Observations(const char* what, View<const double, 1> times, View<const double, 1> x,
                           const TrendOptions& options)
    : Observations(what, x, options) {
  if (times.size() != x.size())
    refuse_all(
        what, "there are " + std::to_string(times.size()) + " times and " + std::to_string(x.size()) + " numbers of x");
  times_ = times;
}

std::ptrdiff_t Observations::read(std::ptrdiff_t begin, std::ptrdiff_t end, double* t, double* x) const {
  std::ptrdiff_t count = 0;
  for (std::ptrdiff_t i = begin; i < end; ++i) {
    const double time = times_.empty() ? static_cast<double>(i) : times_[i], value = x_[i];
    if (std::isinf(time)) refuse("time", i, "infinite");
    t[count] = time;
    x[count] = value;
    const bool missing = std::isnan(time) || std::isnan(value);
    if (missing && options_.nan == NanPolicy::fail) refuse(std::isnan(time) ? "time" : "element", i, "NaN");
    count += !missing;
  }
  return count;
}

void Observations::refuse(const char* name, std::ptrdiff_t i, const char* is) const {
  refuse_all(what_, std::string(name) + " " + std::to_string(i) + " is " + is);
}

void Observations::check_countable() const {
  if (x_.size() >= std::int64_t{1} << 32)
    refuse_all(what_, "the series has " + std::to_string(x_.size()) + " numbers; it must be shorter than 2^32");
}

void Observations::refuse_equal_times(double time) const {
  refuse_all(what_, "all times are " + std::to_string(time) + "; a line needs two different ones");
}

}  // namespace lagoon::timeseries::detail
