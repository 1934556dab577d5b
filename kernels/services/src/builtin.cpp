// SPDX-License-Identifier: Apache-2.0
#include <lagoon/services/builtin.hpp>

namespace lagoon::services {

std::vector<Service> builtin_services() {
  return {dynamics_service(), imaging_service(), matrix_service(), statistics_service()};
}

}  // namespace lagoon::services
