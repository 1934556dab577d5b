// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon::cli {

/// "1.5 GiB"; whole bytes below 1 KiB.
std::string human_bytes(double bytes);
/// "850 us", "12.3 ms", "4.20 s", "3:05 min", "1:02:03 h".
std::string human_duration(double seconds);
/// The same in whole seconds, for a time still to wait.
std::string remaining(double seconds);
/// The time of day as "2026-11-28T19:30:00Z".
std::string utc_now();
/// 20190 as "20,190".
std::string grouped(std::uint64_t n);
/// "1 row", "20,190 rows".
std::string counted(std::uint64_t n, std::string_view singular);
/// A number for people: `digits` significant ones, without trailing zeros; "-" for NaN.
std::string number(double x, int digits = 6);

/// "2GiB", "500 MB", "1e9": bytes. KB, MB, GB are powers of 1000; KiB, MiB, GiB and K, M, G powers of 1024.
///   throws  UsageError naming the option
std::size_t parse_size(std::string_view text, std::string_view option);
/// "30", "30s", "200ms", "5m", "1h".
std::chrono::nanoseconds parse_duration(std::string_view text, std::string_view option);

/// Columns on the terminal that a text takes: characters of UTF-8, not bytes.
std::size_t width_of(std::string_view text);
/// The text cut or filled to so many columns; a cut shows as an ellipsis.
std::string fitted(std::string_view text, std::size_t width);

/// Cells in columns: the first to the left, all others to the right; the first row is the heading.
std::string aligned(const std::vector<std::vector<std::string>>& rows, std::string_view indent = "");

}  // namespace lagoon::cli
