// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/monitor/interval.hpp>
#include <string>

namespace lagoon::cli {

/// A pool as a table for a terminal; what names hold besides letters, such as escape sequences, is shown as ?.
std::string table_of(const PoolInterval& pool, int pid);

/// The text without what would move a terminal's cursor.
std::string harmless(std::string_view text);

}  // namespace lagoon::cli
