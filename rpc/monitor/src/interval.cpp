// SPDX-License-Identifier: Apache-2.0
#include <lagoon/monitor/interval.hpp>
#include <lagoon/monitor/json.hpp>

#include <algorithm>

namespace lagoon {
namespace {

double seconds_of(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

std::uint64_t more(std::uint64_t now, std::uint64_t before) { return now > before ? now - before : 0; }

double per(double amount, double seconds) { return seconds > 0 ? amount / seconds : 0; }

Latency latency_of(const Histogram& nanoseconds) {
  const auto quantile = [&](double q) { return static_cast<double>(nanoseconds.quantile(q)) * 1e-9; };
  return {nanoseconds.mean() * 1e-9, quantile(0.5), quantile(0.99), quantile(0.999),
          static_cast<double>(nanoseconds.max()) * 1e-9};
}

MethodInterval method_interval(const MethodReport& method, const MethodTotals& did, double seconds) {
  MethodInterval m;
  m.service = method.service;
  m.method = method.method;
  m.calls = did.calls();
  m.calls_per_second = per(static_cast<double>(m.calls), seconds);
  for (std::size_t k = 1; k < kErrcCount; ++k)
    if (did.calls_by_code[k]) m.failures.push_back({std::string(name(static_cast<Errc>(k))), did.calls_by_code[k]});
  m.latency = latency_of(did.latency);
  m.processing_seconds = seconds_of(did.processing);
  return m;
}

WorkerInterval worker_interval(const WorkerReport& before, const WorkerReport& now, double seconds) {
  WorkerInterval w;
  w.worker = now.worker;
  w.state = name(now.state);
  w.calls = more(now.calls, before.calls);
  w.calls_per_second = per(static_cast<double>(w.calls), seconds);
  w.cores = per(std::max(0.0, seconds_of(now.cpu - before.cpu)), seconds);
  w.busy = per(std::max(0.0, seconds_of(now.busy - before.busy)), seconds);
  w.running = now.load.running;
  w.queued = now.load.queued;
  w.memory = now.load.memory_held;
  w.memory_peak = now.memory_peak;
  w.memory_limit = now.load.memory_limit == kUnlimited ? 0 : now.load.memory_limit;
  w.age = seconds_of(now.age);
  return w;
}

template <class List, class Same>
const typename List::value_type* find_in(const List& list, std::size_t likely, Same same) {
  if (likely < list.size() && same(list[likely])) return &list[likely];
  const auto found = std::find_if(list.begin(), list.end(), same);
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

PoolInterval interval_between(const PoolReport& from, const PoolReport& to) {
  PoolInterval all;
  all.pool = to.pool;
  all.status = to.status.ok() ? "ok" : to.status.to_string();
  all.at = seconds_of(to.age);
  all.seconds = std::max(0.0, seconds_of(to.at - from.at));
  all.queued = to.queued;
  all.most_workers = to.most_workers;
  all.counts = {more(to.counts.created, from.counts.created),     more(to.counts.terminated, from.counts.terminated),
                more(to.counts.failed, from.counts.failed),       more(to.counts.hung, from.counts.hung),
                more(to.counts.unhealthy, from.counts.unhealthy), more(to.counts.moved, from.counts.moved)};

  Histogram latency;
  for (std::size_t i = 0; i < to.methods.size(); ++i) {
    const MethodReport& now = to.methods[i];
    const MethodReport* before = find_in(
        from.methods, i, [&](const MethodReport& m) { return m.service == now.service && m.method == now.method; });
    const MethodTotals did = now.totals.since(before ? before->totals : MethodTotals());
    all.methods.push_back(method_interval(now, did, all.seconds));
    all.calls += did.calls();
    all.failed_calls += did.failures();
    latency.merge(did.latency);
  }
  all.calls_per_second = per(static_cast<double>(all.calls), all.seconds);
  all.latency = latency_of(latency);

  for (std::size_t i = 0; i < to.workers.size(); ++i) {
    const WorkerReport& now = to.workers[i];
    const WorkerReport* before =
        find_in(from.workers, i, [&](const WorkerReport& w) { return w.worker == now.worker && w.age <= now.age; });
    all.workers.push_back(worker_interval(before ? *before : WorkerReport(), now, all.seconds));
    all.cores += all.workers.back().cores;
  }
  return all;
}

PoolInterval since_start(const PoolReport& report) {
  PoolReport begin;
  begin.at = report.at - report.age;
  return interval_between(begin, report);
}

std::string json_of(const PoolInterval& interval) { return json::compact(json::document_of("pool", interval)); }

PoolInterval pool_interval_from_json(std::string_view text) {
  return json::from_document<PoolInterval>("pool", json::parse_json(text, "pool"));
}

}  // namespace lagoon
