// SPDX-License-Identifier: Apache-2.0
// A service that breaks on demand, in worker processes: a crash costs the call that made it, and the next one works.
// Large arrays go there and back where they lie.
#include <unistd.h>
#include <lagoon/rpc.hpp>

#include <cstdio>
#include <cstdlib>
#include <vector>

struct Series {
  lagoon::Frozen<double, 1> values;
  bool crash = false;
  LAGOON_FIELDS(Series, values, crash)
};
struct Scaled {
  lagoon::Frozen<double, 1> values;
  std::int64_t process = 0, read_at = 0;  // who answers, and where it saw the values
  LAGOON_FIELDS(Scaled, values, process, read_at)
};
using Double = lagoon::Unary<"double", Series, Scaled>;
using Fragile = lagoon::Contract<"example.Fragile", Double>;

Scaled twice(const Series& series) {
  if (series.crash) std::abort();
  lagoon::Tensor<double, 1> result(series.values.extents());
  for (std::ptrdiff_t i = 0; i < result.size(); ++i) result[i] = 2 * series.values[i];
  return {std::move(result).freeze(), ::getpid(), reinterpret_cast<std::intptr_t>(series.values.data())};
}

int main() {
  const lagoon::Service fragile = lagoon::serve<Fragile>(lagoon::on<Double>(twice));
  // A worker is this same program. Before anything else, so that it does nothing but serve.
  if (lagoon::is_worker()) return lagoon::worker_main({fragile});

  lagoon::Engine engine;
  lagoon::Pool pool(engine, {fragile}, {.name = "fragile", .workers = 2, .isolation = lagoon::Isolation::process});
  lagoon::Caller<Fragile> caller(pool);

  // Made in memory() it lies in pages that both processes have mapped, at different addresses: nothing is copied, and
  // a call that would have to copy fails.
  lagoon::Tensor<double, 1> made({1'000'000}, pool.memory());
  for (std::ptrdiff_t i = 0; i < made.size(); ++i) made[i] = static_cast<double>(i);
  const lagoon::Frozen<double, 1> values = std::move(made).freeze();
  lagoon::CallReport report;
  const Scaled there = caller.call<Double>({values}, {.require_zero_copy = true, .report = &report});
  std::printf("made here at %p, read by process %lld at %p\n", static_cast<const void*>(values.data()),
              static_cast<long long>(there.process), reinterpret_cast<const void*>(there.read_at));
  std::printf("the answer lies at %p; %zu bytes shared, %zu copied\n", static_cast<const void*>(there.values.data()),
              report.copies.shared_bytes, report.copies.copied_bytes);

  // What lies elsewhere is copied to such pages once, and the report says so.
  const auto elsewhere = lagoon::Frozen<double, 1>::adopt(std::vector<double>(100'000, 1.0));
  caller.call<Double>({elsewhere}, {.count_copies = true, .report = &report});
  std::printf("from elsewhere: %zu bytes copied, since they were %s\n", report.copies.copied_bytes,
              report.copies.why.c_str());

  const auto crashed = caller.try_call<Double>({values, true});
  std::printf("crash: %s\n", crashed.status().to_string().c_str());

  const Scaled after = caller.call<Double>({values});
  std::printf("after it: process %lld says that twice %.0f is %.0f\n", static_cast<long long>(after.process),
              values[21], after.values[21]);
  return crashed.status().code() == lagoon::Errc::unavailable && after.values[21] == 42 ? 0 : 1;
}
