// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/monitor/json.hpp>

namespace lagoon::cli {

// What the command prints is written like what pools publish.
using json::compact;
using json::document;
using json::document_of;
using json::for_script;
using json::kSchemaVersion;
using json::parse_json;
using json::pretty;
using json::try_parse_json;

}  // namespace lagoon::cli
