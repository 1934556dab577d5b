// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace lagoon::bench {

/// "VmRSS" or "VmHWM" of this process, in bytes.
double memory_of_process(const std::string& field);
/// VmHWM begins again at what the process holds now.
void forget_peak();

}  // namespace lagoon::bench
