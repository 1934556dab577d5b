// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lagoon::files {

/// A time as it stands in files, in seconds since 1970-01-01T00:00:00Z.
///
///   parse_timestamp("2014-07-01 00:30:00")            // 1404174600
///   parse_timestamp("2014-07-01T02:30:00.250+02:00")  // 1404174600.25
///   parse_timestamp("2014Q3")                         // 1404172800: the first day of the quarter
///   parse_timestamp("07/01/2014")                     // none: the 7th of January, or the 1st of July
///
///   text     ISO 8601 with the year in front, so that nothing is ambiguous: a date, a date with a time, or a month.
///            Year of four digits, month and day of one or two, between them '-' or '/' twice the same; then 'T' or
///            spaces and hours and minutes, perhaps seconds, perhaps a fraction of them behind '.' or ','; then
///            perhaps 'Z', "UTC", "GMT" or an offset (+02:00, +0200, +02). Without one the time is UTC. Spaces around
///            are passed over. Or a quarter, whose first day it is: "2014Q3", "2014-Q3", "2014 Q3". A year alone is a
///            number, and so is 20140701
///   returns  nothing for any other text, and for dates and times that do not exist. 24:00 is the next midnight;
///            a leap second, :60, is the next second
///   source   ISO 8601; the Gregorian calendar, also before it was introduced
std::optional<double> parse_timestamp(std::string_view text);

/// The same time in ISO 8601, UTC: "2014-07-01T00:30:00.25Z"; to the microsecond, without zeros behind.
///   throws  out_of_range: not in the years 0 to 9999
std::string format_timestamp(double seconds);

}  // namespace lagoon::files
