// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// Writes a line to the link.
void say(std::string_view line);

/// Enters the sandbox, before or after the first use of oneTBB, and says what is refused and what works there.
void live_in_sandbox(bool warm);
