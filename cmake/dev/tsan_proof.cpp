// SPDX-License-Identifier: Apache-2.0
// Is this oneTBB fit for the thread sanitizer? Exercises arenas, loops, reductions, flow graphs and task groups, all
// correctly synchronised by oneTBB alone: no report may come. With an argument it races, and a report must come.

#include <tbb/blocked_range.h>
#include <tbb/flow_graph.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_reduce.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

int main(int arguments, char**) {
  tbb::task_arena arena(4, 1);
  tbb::task_arena other(3, 1);
  std::vector<long> values(100'000, 1);
  long plain = 0;
  for (int round = 0; round < 10; ++round) {
    std::thread beside([&] { other.execute([] { tbb::parallel_for(0, 1000, [](int) {}); }); });
    arena.execute([&] {
      tbb::parallel_for(std::size_t{0}, values.size(), [&](std::size_t i) { values[i] += static_cast<long>(i); });
      plain += tbb::parallel_reduce(
          tbb::blocked_range<std::size_t>(0, values.size()), 0L,
          [&](const tbb::blocked_range<std::size_t>& range, long sum) {
            for (std::size_t i = range.begin(); i != range.end(); ++i) sum += values[i];
            return sum;
          },
          std::plus<>());

      tbb::flow::graph graph;
      long seen = 0;
      tbb::flow::function_node<long, long> add(graph, tbb::flow::unlimited, [](long x) { return x + 1; });
      tbb::flow::function_node<long, long> keep(graph, tbb::flow::serial, [&](long x) { return seen += x; });
      tbb::flow::make_edge(add, keep);
      for (long i = 0; i < 1000; ++i) add.try_put(i);
      graph.wait_for_all();
      plain += seen;

      tbb::task_group group;
      group.run([&] { ++values[3]; });
      group.wait();
      plain += values[3];

      if (arguments > 1) tbb::parallel_for(0, 10'000, [&](int) { ++plain; });
    });
    beside.join();
  }
  return plain == 0;
}
