// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/timestamp.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <lagoon/core/error.hpp>

namespace lagoon::files {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::int64_t kDay = 86400;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes one thing after another off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool at_digit() const { return !rest_.empty() && is_digit(rest_.front()); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  /// The one of `marks` that is next, or 0.
  char take_any(std::string_view marks) {
    for (const char c : marks)
      if (take(c)) return c;
    return 0;
  }
  bool take_spaces() {
    const bool some = take(' ');
    while (take(' ')) continue;
    return some;
  }
  /// A number of `least` to `most` digits.
  std::optional<int> number(int least, int most) {
    int value = 0, digits = 0;
    for (; digits < most && at_digit(); ++digits) {
      value = 10 * value + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return digits < least ? std::nullopt : std::optional(value);
  }
  /// The digits behind a decimal mark; one at least. A double cannot tell what comes after the fifteenth.
  std::optional<double> fraction() {
    if (!at_digit()) return std::nullopt;
    double digits = 0, scale = 1;
    for (; at_digit(); rest_.remove_prefix(1)) {
      if (scale >= 1e15) continue;
      digits = 10 * digits + (rest_.front() - '0');
      scale *= 10;
    }
    return digits / scale;
  }

 private:
  std::string_view rest_;
};

/// Behind a year: "Q3", as its first day.
std::optional<sys_days> quarter(Cursor& text, std::chrono::year year) {
  const auto which = text.number(1, 1);
  if (!which || *which < 1 || *which > 4) return std::nullopt;
  return year / std::chrono::month(static_cast<unsigned>(3 * *which - 2)) / 1;
}

/// "2014-07-01", "2014/7/1", "2014-07", "2014Q3", "2014-Q3" or "2014 Q3", in days.
std::optional<sys_days> date(Cursor& text) {
  const auto year = text.number(4, 4);
  const char mark = text.take_any("-/ ");
  if (year && mark != '/' && text.take_any("Qq")) return quarter(text, std::chrono::year(*year));
  if (mark == ' ') return std::nullopt;
  const auto month = text.number(1, 2);
  if (!year || !mark || !month) return std::nullopt;
  std::optional<int> day = 1;
  if (text.take(mark)) day = text.number(1, 2);
  if (!day) return std::nullopt;
  const year_month_day found{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                             std::chrono::day(static_cast<unsigned>(*day))};
  return found.ok() ? std::optional<sys_days>(found) : std::nullopt;
}

struct TimeOfDay {
  std::int64_t seconds = 0;
  double fraction = 0;
};

/// "14:30", "14:30:05", "14:30:05.250".
std::optional<TimeOfDay> time_of_day(Cursor& text) {
  const auto hours = text.number(1, 2);
  if (!hours || !text.take(':')) return std::nullopt;
  const auto minutes = text.number(2, 2);
  std::optional<int> seconds = 0;
  std::optional<double> fraction = 0.0;
  if (text.take(':')) {
    seconds = text.number(2, 2);
    if (text.take_any(".,")) fraction = text.fraction();
  }
  if (!minutes || !seconds || !fraction || *minutes > 59 || *seconds > 60) return std::nullopt;
  const TimeOfDay time{*hours * 3600 + *minutes * 60 + *seconds, *seconds == 60 ? 0 : *fraction};
  const bool midnight = *hours == 24 && *minutes == 0 && *seconds == 0 && *fraction == 0;
  return *hours < 24 || midnight ? std::optional(time) : std::nullopt;
}

/// "Z", "+02:00", "-0530", "+02", or nothing, in seconds.
std::optional<std::int64_t> zone(Cursor& text) {
  text.take_spaces();
  if (text.at_end() || text.take_any("Zz") || text.take("UTC") || text.take("GMT")) return 0;
  const char sign = text.take_any("+-");
  const auto hours = text.number(2, 2);
  if (!sign || !hours) return std::nullopt;
  std::optional<int> minutes = 0;
  if (text.take(':') || text.at_digit()) minutes = text.number(2, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::int64_t seconds = *hours * 3600 + *minutes * 60;
  return sign == '-' ? -seconds : seconds;
}

}  // namespace

std::optional<double> parse_timestamp(std::string_view text) {
  Cursor cursor(text);
  cursor.take_spaces();
  const std::optional<sys_days> day = date(cursor);
  if (!day) return std::nullopt;
  std::optional<TimeOfDay> time = TimeOfDay{};
  std::optional<std::int64_t> offset = 0;
  if (cursor.take_any("Tt") || (cursor.take_spaces() && cursor.at_digit())) {
    time = time_of_day(cursor);
    if (time) offset = zone(cursor);
  }
  cursor.take_spaces();
  if (!time || !offset || !cursor.at_end()) return std::nullopt;
  return static_cast<double>(day->time_since_epoch().count() * kDay + time->seconds - *offset) + time->fraction;
}

std::string format_timestamp(double seconds) {
  const auto start_of = [](int year) {
    return static_cast<double>(sys_days(std::chrono::year(year) / 1 / 1).time_since_epoch().count() * kDay);
  };
  // Rounded first: what rounds up to the year 10000 is outside too.
  const double micros = std::round((seconds - std::floor(seconds)) * 1e6);
  const double whole = std::floor(seconds) + (micros >= 1e6 ? 1 : 0);
  if (!(whole >= start_of(0) && whole < start_of(10000)))
    throw Error(Errc::out_of_range,
                "format_timestamp: " + std::to_string(seconds) + " seconds since 1970 are not in the years 0 to 9999");
  const auto count = static_cast<std::int64_t>(whole);
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(count)));
  const year_month_day date(days);
  const std::int64_t rest = count - days.time_since_epoch().count() * kDay;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(rest / 3600),
                static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60),
                micros >= 1e6 ? 0 : static_cast<int>(micros));
  std::string result(text.data());
  result.erase(result.find_last_not_of('0') + 1);
  if (result.back() == '.') result.pop_back();
  return result + "Z";
}

}  // namespace lagoon::files
