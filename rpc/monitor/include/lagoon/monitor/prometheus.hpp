// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/pool_report.hpp>
#include <span>
#include <string>

namespace lagoon {

/// Pools as Prometheus reads them (text exposition format 0.0.4): counters end in _total, times are in seconds, latency
/// is a histogram from a microsecond to ten seconds. Pools of one name are told apart by their order: crew, crew (2).
/// Pure.
///
///   lagoon_pool_calls_total{pool="crew",service="lab.Stats",method="sum",code="ok"} 1027
std::string prometheus_text(std::span<const PoolReport> pools);
inline std::string prometheus_text(const PoolReport& pool) { return prometheus_text(std::span(&pool, 1)); }

}  // namespace lagoon
