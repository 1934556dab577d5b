// SPDX-License-Identifier: Apache-2.0
// A hundred chunks of data go to a pool of workers; workers come and go meanwhile, and tell of it. With --isolation
// process they are processes; nothing else changes.
#include <lagoon/rpc.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

struct Chunk {
  lagoon::Frozen<double, 1> values;
  LAGOON_FIELDS(Chunk, values)
};
struct Sum {
  double value = 0;
  LAGOON_FIELDS(Sum, value)
};
using Add = lagoon::Unary<"add", Chunk, Sum, lagoon::Idempotent, lagoon::CpuBound>;
using Processor = lagoon::Contract<"example.Processor", Add>;

Sum add(const Chunk& chunk) {
  Sum sum;
  for (std::ptrdiff_t i = 0; i < chunk.values.size(); ++i) sum.value += chunk.values[i];
  return sum;
}

void tell(const lagoon::WorkerEvent& event) {
  std::printf("%s %s %s\n", event.worker.c_str(), std::string(lagoon::name(event.what)).c_str(), event.why.c_str());
}

int main(int argc, char** argv) {
  const lagoon::Service adder = lagoon::serve<Processor>(lagoon::on<Add>(add));
  if (lagoon::is_worker()) return lagoon::worker_main({adder});  // a pool of processes starts this program again
  const bool apart = argc == 3 && std::string(argv[1]) == "--isolation" && std::string(argv[2]) == "process";
  const auto isolation = apart ? lagoon::Isolation::process : lagoon::Isolation::thread;

  lagoon::Engine engine;
  lagoon::Pool pool(engine, {adder},
                    {.name = "processors",
                     .workers = 4,
                     .recycle_after = 30,  // each worker is replaced after thirty calls; no call notices
                     .isolation = isolation,
                     .on_event = tell});
  lagoon::Caller<Processor> processor(pool);

  // Every call gets its part of one array, and none of it is copied: all workers see what is made in memory().
  lagoon::Tensor<double, 1> made({1'000'000}, pool.memory());
  std::fill_n(made.data(), made.size(), 0.5);
  const auto data = std::move(made).freeze();
  std::vector<lagoon::Reply<Add>> replies;
  for (std::ptrdiff_t k = 0; k < 100; ++k)
    replies.push_back(processor.start<Add>({data.slice(0, k * 10'000, (k + 1) * 10'000)}));
  double total = 0;
  for (auto& reply : replies) total += reply.get().value;
  std::printf("total %.1f\n", total);

  const lagoon::PoolReport report = pool.overview();
  std::printf("%zu of %zu workers, %llu started, %llu ended\n", report.workers.size(), report.most_workers,
              static_cast<unsigned long long>(report.counts.created),
              static_cast<unsigned long long>(report.counts.terminated));
  for (const lagoon::MethodReport& method : report.methods)
    std::printf("%s: %llu calls, median %.0f us\n", std::string(method.method).c_str(),
                static_cast<unsigned long long>(method.totals.calls()), method.totals.latency.quantile(0.5) / 1e3);
  return total == 500'000 ? 0 : 1;
}
