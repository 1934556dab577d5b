// SPDX-License-Identifier: Apache-2.0
// A profiler of one's own: a line for each interval while a pool works, warnings, and a page at the end.
#include <lagoon/monitor/monitor.hpp>
#include <lagoon/rpc.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <vector>

struct Angle {
  double radians = 0;
  std::int64_t terms = 0;
  LAGOON_FIELDS(Angle, radians, terms)
};
struct Sine {
  double value = 0;
  LAGOON_FIELDS(Sine, value)
};
using Compute = lagoon::Unary<"sine", Angle, Sine, lagoon::CpuBound>;
using Series = lagoon::Contract<"example.Series", Compute>;

lagoon::Result<Sine> sine(const Angle& angle) {
  if (!std::isfinite(angle.radians)) return lagoon::Status(lagoon::Errc::out_of_range, "an angle without end");
  Sine sum;
  double term = angle.radians;
  for (std::int64_t k = 1; k <= angle.terms; ++k) {
    sum.value += term;
    const double next = 2.0 * static_cast<double>(k);
    term *= -angle.radians * angle.radians / (next * (next + 1));
  }
  return sum;
}

int main(int argc, char** argv) {
  lagoon::Trace trace;
  trace.start();
  lagoon::Engine engine({.trace = &trace});
  lagoon::Pool pool(engine, {lagoon::serve<Series>(lagoon::on<Compute>(sine))}, {.name = "series", .workers = 2});

  // Not a log but data: what an interval was is a struct of plain numbers.
  int intervals = 0;
  double busiest = 0;
  lagoon::MonitorOptions options;
  options.interval = std::chrono::milliseconds(50);
  options.on_interval = [&](const lagoon::PoolInterval& i) {
    ++intervals;
    busiest = std::max(busiest, i.calls_per_second);
    std::printf("%5.2f s: %8.0f calls/s, %llu failed, p99 %7.1f us, %.2f cores\n", i.at, i.calls_per_second,
                static_cast<unsigned long long>(i.failed_calls), 1e6 * i.latency.p99, i.cores);
  };
  options.on_warning = [](const lagoon::PoolWarning& w) { std::printf("warning: %s\n", w.text().c_str()); };
  options.p99_limit = std::chrono::milliseconds(100);
  // options.publish = true;  // and `lagoon top` shows it
  lagoon::Monitor monitor(pool, options);

  lagoon::Caller<Series> caller(pool);
  std::uint64_t calls = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(400);
  while (std::chrono::steady_clock::now() < end) {
    std::vector<lagoon::Reply<Compute>> replies;
    for (int k = 0; k < 20; ++k) replies.push_back(caller.start<Compute>({k == 7 ? INFINITY : 0.1 * k, 2000}));
    for (auto& reply : replies) (void)reply.try_get();
    calls += replies.size();
  }

  const lagoon::RunReport run = monitor.finish();
  std::ostringstream spans;
  trace.write_json(spans);
  const std::string page = lagoon::html_of(run, {.trace = spans.str()});
  if (argc > 1) std::ofstream(argv[1]) << page;
  std::printf("%llu calls in %d intervals, at most %.0f a second; a page of %zu KiB\n",
              static_cast<unsigned long long>(run.total.calls), intervals, busiest, page.size() / 1024);
  return run.total.calls == calls && run.total.failed_calls == calls / 20 && intervals > 1 ? 0 : 1;
}
