// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/service.hpp>
#include <lagoon/services/dynamics.hpp>
#include <lagoon/services/imaging.hpp>
#include <lagoon/services/learning.hpp>
#include <lagoon/services/matrix.hpp>
#include <lagoon/services/statistics.hpp>
#include <lagoon/services/stream_analysis.hpp>
#include <lagoon/services/timeseries.hpp>
#include <vector>

namespace lagoon::services {

/// Every service that comes with Lagoon. A new one is a line here.
std::vector<Service> builtin_services();

}  // namespace lagoon::services
