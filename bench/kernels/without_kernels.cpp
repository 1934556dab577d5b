// SPDX-License-Identifier: Apache-2.0
// In place of the files beside it where the kernels are not part of the build.
#include "suites.hpp"

namespace lagoon::bench {

void add_statistics_rows(Rows&, const RunOptions&) {}
void add_trend_rows(Rows&) {}
void add_matrix_rows(Rows&, const RunOptions&) {}
void add_linear_rows(Rows&, const RunOptions&) {}
void add_dynamics_rows(Rows&, const RunOptions&) {}
void add_cluster_rows(Rows&, const RunOptions&) {}
void add_stop_rows(Rows&, const RunOptions&) {}
void add_image_batch_rows(Rows&, const RunOptions&) {}
void add_image_single_rows(Rows&, const RunOptions&) {}
void add_process_service_rows(Rows&, const RunOptions&) {}
std::vector<Service> worker_services() { return {}; }

}  // namespace lagoon::bench
