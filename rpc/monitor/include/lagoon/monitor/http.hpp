// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <lagoon/rpc/pool.hpp>
#include <memory>
#include <string>
#include <vector>

namespace lagoon {

/// Lets Prometheus and browsers of this machine read pools: GET /metrics (prometheus_text) and /report.json (since the
/// start, schema "lagoon.pools"). It listens on 127.0.0.1 only, and only where a program makes one. Any user of the
/// machine can connect; what is told are names and counts. Library lagoon::monitor_http, which lagoon::lagoon does
/// not bring: find_package(lagoon COMPONENTS monitor_http).
///
///   lagoon::MetricsServer server(pool, 9464);
///   std::printf("http://127.0.0.1:%d/metrics\n", server.port());
/// Two threads answer. A peer has two seconds to ask and two to take the answer, however it spends them; of what it
/// sends 16 KiB are read. Others wait behind slow ones, the pools never do.
class MetricsServer {
 public:
  /// look  the pools as they are now, from threads of the server, one at a time
  /// port  0: a free one is taken
  /// throws  unavailable: the port is taken; resource_exhausted: no thread
  explicit MetricsServer(std::function<std::vector<PoolReport>()> look, int port = 0);
  /// The pool outlives the server.
  explicit MetricsServer(const Pool& pool, int port = 0);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  int port() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lagoon
