// SPDX-License-Identifier: Apache-2.0
// Writes the page of a made-up run to standard output: `full` with all parts and hostile names, `empty` with none.
#include <lagoon/monitor/run_report.hpp>

#include <iostream>
#include <string_view>

namespace {

lagoon::RunReport full() {
  lagoon::RunReport run;
  run.pool = "crew </script><img src=x onerror=alert(1)>";
  run.version = "test";
  for (int k = 1; k <= 30; ++k) {
    lagoon::PoolInterval i;
    i.pool = run.pool;
    i.status = "ok";
    i.at = k;
    i.seconds = 1;
    i.calls = k % 7 == 0 ? 0 : 100u + static_cast<unsigned>(k);
    i.calls_per_second = static_cast<double>(i.calls);
    i.failed_calls = static_cast<unsigned>(k % 3);
    i.latency = {1e-3, 1e-3, 2e-3 * k, 3e-3 * k, 0.1};
    for (const char* name : {"crew/0", "</script><script>throw 1</script>", "<!--<script>"}) {
      lagoon::WorkerInterval w;
      w.worker = name;
      w.state = "serving";
      w.calls = 30;
      w.cores = 0.1 * (k % 5);
      w.memory = 1000u * static_cast<unsigned>(k);
      w.memory_limit = 100'000;
      w.age = k;
      i.workers.push_back(w);
      i.cores += w.cores;
    }
    i.methods.push_back({"lab.Stats", "sum<int>", i.calls, i.calls_per_second, {{"aborted", 2}}, i.latency, 0.1});
    run.history.push_back(i);
  }
  run.total = run.history.back();
  run.warnings.push_back({3, "memory", "</script>", 0.95, 0.9});
  return run;
}

constexpr std::string_view kTrace = R"({"traceEvents":[
  {"name":"process_name","ph":"M","pid":1,"tid":0,"args":{"name":"crew/0"}},
  {"name":"</script>","cat":"call","ph":"X","pid":1,"tid":7,"ts":1000,"dur":500,"args":{}},
  {"name":"kernel","cat":"kernel","ph":"X","pid":1,"tid":7,"ts":1100,"dur":100,"args":{}}]})";

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "full") {
    const lagoon::MethodGraph graph{
        "lab.Stats.sum<int>",
        {{"request", "int", {}}, {"</svg><script>throw 2</script>", "double", {0}}, {"b", "x", {0, 1}}}};
    std::cout << lagoon::html_of(full(), {std::string(kTrace), {graph}});
  } else {
    std::cout << lagoon::html_of({});
  }
}
