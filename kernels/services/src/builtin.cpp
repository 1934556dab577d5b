// SPDX-License-Identifier: Apache-2.0
#include <lagoon/services/builtin.hpp>

namespace lagoon::services {

std::vector<Service> builtin_services() {
  return {dynamics_service(),        imaging_service(),    learning_service(),  matrix_service(),
          stream_analysis_service(), statistics_service(), timeseries_service()};
}

}  // namespace lagoon::services
