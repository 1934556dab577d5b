// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/files/table.hpp>

#include <string>
#include <vector>

#include "command.hpp"
#include "progress.hpp"
#include "session.hpp"

namespace lagoon::cli {

/// Reads the table within the session's memory, with progress.
///   also    columns that are read even where --columns does not name them; "" is none
///   throws  what the readers of files throw; invalid_argument: no column holds numbers
files::Table read_table(const TableInput& input, const std::vector<std::string>& also, Session& session,
                        Progress& progress);

/// Takes the column of times out of the table, whose rows are in their order then; rows without a time are left out.
///   name    "": there is none
///   notes   gets what was done to the rows
files::Column take_time(files::Table& table, const std::string& name, std::vector<std::string>& notes);

}  // namespace lagoon::cli
