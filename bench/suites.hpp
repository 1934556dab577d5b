// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/service.hpp>

#include "runner/row.hpp"
#include "runner/runner.hpp"

// One function per file of rows. To add rows: a file <room>/<thing>_bench.cpp, its function here and in main.cpp.
namespace lagoon::bench {

void add_unary_rows(Rows& rows);                                       // rpc/unary_bench.cpp
void add_payload_rows(Rows& rows);                                     // rpc/payload_bench.cpp
void add_stream_rows(Rows& rows);                                      // rpc/stream_bench.cpp
void add_pool_rows(Rows& rows);                                        // rpc/pool_bench.cpp
void add_balance_rows(Rows& rows);                                     // rpc/balance_bench.cpp
void add_replace_rows(Rows& rows);                                     // rpc/replace_bench.cpp
void add_pool_fairness_rows(Rows& rows, const RunOptions& options);    // rpc/pool_fairness_bench.cpp
void add_memory_bomb_rows(Rows& rows);                                 // rpc/memory_bomb_bench.cpp
void add_process_rows(Rows& rows, const RunOptions& options);          // rpc/process_bench.cpp
void add_process_service_rows(Rows& rows, const RunOptions& options);  // kernels/process_service_bench.cpp
void add_monitor_rows(Rows& rows);                                     // rpc/monitor_bench.cpp
void add_graph_rows(Rows& rows);                                       // engine/graph_bench.cpp
void add_scaling_rows(Rows& rows);                                     // engine/scaling_bench.cpp
void add_fairness_rows(Rows& rows, const RunOptions& options);         // engine/fairness_bench.cpp
void add_memory_rows(Rows& rows);                                      // engine/memory_bench.cpp
void add_task_rows(Rows& rows);                                        // engine/task_bench.cpp
void add_statistics_rows(Rows& rows, const RunOptions& options);       // kernels/statistics_bench.cpp
void add_rolling_rows(Rows& rows, const RunOptions& options);          // kernels/series_rolling_bench.cpp
void add_stl_rows(Rows& rows);                                         // kernels/series_stl_bench.cpp
void add_trend_rows(Rows& rows);                                       // kernels/series_trend_bench.cpp
void add_matrix_rows(Rows& rows, const RunOptions& options);           // kernels/matrix_bench.cpp
void add_linear_rows(Rows& rows, const RunOptions& options);           // kernels/learn_linear_bench.cpp
void add_dynamics_rows(Rows& rows, const RunOptions& options);         // kernels/dynamics_bench.cpp
void add_analytics_rows(Rows& rows, const RunOptions& options);        // kernels/analytics_bench.cpp
void add_stream_kernel_rows(Rows& rows);                               // kernels/stream_bench.cpp
void add_cluster_rows(Rows& rows, const RunOptions& options);          // kernels/learn_clusters_bench.cpp
void add_learn_forest_rows(Rows& rows, const RunOptions& options);     // kernels/learn_forest_bench.cpp
void add_stop_rows(Rows& rows, const RunOptions& options);             // kernels/stop_bench.cpp
void add_image_batch_rows(Rows& rows, const RunOptions& options);      // kernels/images_batch_bench.cpp
void add_image_single_rows(Rows& rows, const RunOptions& options);     // kernels/images_single_bench.cpp

/// What this program serves when it is started as a worker.
std::vector<Service> worker_services();  // kernels/process_service_bench.cpp

}  // namespace lagoon::bench
