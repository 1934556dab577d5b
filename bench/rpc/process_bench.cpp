// SPDX-License-Identifier: Apache-2.0
// A call to another process: hot, cold, with large arrays, as a stream; and how soon processes come and go.
#include <lagoon/rpc.hpp>
#include <lagoon/rpc/process.hpp>

#include <csignal>
#include <cstring>
#include <thread>

#include "rivals/rivals.hpp"
#include "rpc/echo.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr std::chrono::microseconds kIdle{1000};
constexpr std::size_t kItems = 1'000'000;
constexpr std::ptrdiff_t kGibibyte = std::ptrdiff_t{1} << 27;  // numbers

ProcessOptions echo_worker() { return {.program = LAGOON_BENCH_PROGRAMS "/lagoon_bench_echo_worker"}; }

/// Caller and worker keep to a core each, as the rivals' two sides do, or both to one.
struct ProcessEcho {
  static ProcessOptions bound_worker(Core worker) {
    ProcessOptions options = echo_worker();
    options.environment = {"LAGOON_BENCH_CORE=" + std::to_string(static_cast<int>(worker))};
    return options;
  }
  explicit ProcessEcho(Core worker = Core::callee)
      : process(engine, {echo_service()}, {.name = "echo"}, bound_worker(worker)) {}
  Engine engine;
  Process process;
  Caller<Echo> caller{process};
  BoundCaller bound;
};

Side call_hot(Core worker = Core::callee) {
  auto e = std::make_shared<ProcessEcho>(worker);
  return {"call", time_of(32, [e, question = std::uint64_t{0}]() mutable {
            benchmark::DoNotOptimize(e->caller.call<Answer>(Number{++question}));
          })};
}

/// Where the kernel puts them.
struct UnboundProcessEcho {
  Engine engine;
  Process process{engine, {echo_service()}, {.name = "echo"}, echo_worker()};
  Caller<Echo> caller{process};
};

template <class E>
Side call_cold() {
  auto e = std::make_shared<E>();
  return {"call", time_of_each([] { std::this_thread::sleep_for(kIdle); },
                               [e, question = std::uint64_t{0}]() mutable {
                                 benchmark::DoNotOptimize(e->caller.template call<Answer>(Number{++question}));
                               })};
}

Side call_with(const std::shared_ptr<ProcessEcho>& e, std::ptrdiff_t numbers, const char* name) {
  // From 64 KiB on arrays lie in memory that both processes see; 8 bytes go along with the message.
  Tensor<double, 1> values({numbers}, e->process.memory());
  std::fill_n(values.data(), numbers, 1.0);
  return {name, time_of(32, [e, series = Series{std::move(values).freeze()}] {
            benchmark::DoNotOptimize(e->caller.call<Ends>(series));
          })};
}

Side copied_in(const std::shared_ptr<ProcessEcho>& e) {
  auto values = Tensor<double, 1>::filled({kGibibyte}, 1).freeze();
  return {"call with an array of the heap", time_of(1, [e, series = Series{std::move(values)}] {
            benchmark::DoNotOptimize(e->caller.call<Ends>(series));
          })};
}

Side one_copy() {
  struct Two {
    std::vector<double> from = std::vector<double>(kGibibyte, 1.0), to = std::vector<double>(kGibibyte, 2.0);
  };
  auto two = std::make_shared<Two>();
  return {"memcpy", time_of(1, [two] {
            std::memcpy(two->to.data(), two->from.data(), two->from.size() * sizeof(double));
            benchmark::ClobberMemory();
          })};
}

Side stream() {
  auto e = std::make_shared<ProcessEcho>();
  return {"server stream", rate_of(static_cast<double>(kItems), [e] {
            auto reply = e->caller.start<Count>({kItems});
            std::uint64_t sum = 0;
            for (std::optional<Number> item; reply.read_into(item);) sum += item->value;
            if (sum != kItems * (kItems - 1) / 2) throw std::runtime_error("the stream lost items");
          })};
}

Side spawn() {
  auto engine = std::make_shared<Engine>();
  return {"from nothing to the first answer", time_of(1, [engine] {
            Process process(*engine, {echo_service()}, {.name = "echo"}, echo_worker());
            benchmark::DoNotOptimize(Caller<Echo>(process).call<Answer>({1}));
          })};
}

/// Figure: seconds from the death of an idle worker until a caller hears of it, at most in 99 of 100 cases.
Side death() {
  auto engine = std::make_shared<Engine>();
  return {"kill to is_alive() false, p99",
          [engine](benchmark::State& state) {
            std::vector<double> seconds;
            for (auto _ : state) {
              Process process(*engine, {echo_service()}, {.name = "echo"}, echo_worker());
              Caller<Echo>(process).call<Answer>({1});
              seconds.push_back(seconds_of([&] {
                ::kill(process.pid(), SIGKILL);
                while (process.is_alive()) std::this_thread::yield();
              }));
            }
            set_figure(state, quantile(std::move(seconds), 0.99));
          },
          60};
}

/// Figure: seconds from the death of one of two workers until there are two again; calls go on meanwhile.
Side replace() {
  struct Replaced {
    Engine engine;
    std::atomic<int> created{0};
    Pool pool{engine,
              {echo_service()},
              {.workers = 2,
               .isolation = Isolation::process,
               .process = echo_worker(),
               .restart = {.most = 1000000, .backoff = std::chrono::nanoseconds(0)},
               .on_event = [this](const WorkerEvent& e) { created += e.what == WorkerEvent::What::created; }}};
    Caller<Echo> caller{pool};
  };
  auto r = std::make_shared<Replaced>();
  return {"kill to a worker that takes calls",
          [r](benchmark::State& state) {
            std::vector<double> seconds;
            for (auto _ : state) {
              std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the spare is started meanwhile
              const int before = r->created;
              const int victim = r->pool.overview().workers.front().process;
              seconds.push_back(seconds_of([&] {
                ::kill(victim, SIGKILL);
                while (r->created == before) r->caller.try_call<Answer>({1}).ok();
              }));
            }
            set_figure(state, median(std::move(seconds)));
          },
          20};
}

}  // namespace

void add_process_rows(Rows& rows, const RunOptions&) {
  rows.push_back({"process.unary.hot_8B", kNanoseconds, Better::lower, 1.0, [] {
                    return Pair{call_hot(), rivals::open_mpi()};
                  }});
  rows.push_back({"process.unary.hot_8B.raw", kNanoseconds, Better::lower, 3, [] {
                    return Pair{call_hot(), rivals::shared_words()};
                  }});
  rows.push_back({"process.unary.hot_8B.zeromq", kNanoseconds, Better::lower, 0.05, [] {
                    return Pair{call_hot(), rivals::zeromq(false)};
                  }});
  rows.push_back({"process.unary.hot_8B.capnp", kNanoseconds, Better::lower, std::nullopt, [] {
                    return Pair{call_hot(), rivals::capnp_socket()};
                  }});
  rows.push_back({"process.unary.hot_8B.grpc", kNanoseconds, Better::lower, std::nullopt, [] {
                    return Pair{call_hot(), rivals::grpc_socket()};
                  }});
  rows.push_back({"process.unary.one_core", kMicroseconds, Better::lower, std::nullopt, [] {
                    return Pair{call_hot(Core::caller), rivals::futexes_on_one_core()};
                  }});
  rows.push_back({"process.unary.cold", kMicroseconds, Better::lower, 1.15,
                  [] {
                    return Pair{call_cold<ProcessEcho>(), rivals::shared_words_cold()};
                  },
                  Judge::ratio, 0.3});
  rows.push_back({"process.unary.cold.unbound", kMicroseconds, Better::lower, std::nullopt,
                  [] {
                    return Pair{call_cold<UnboundProcessEcho>(), rivals::futexes_anywhere(kIdle)};
                  },
                  Judge::ratio, 0.3});
  rows.push_back({"process.unary.1GiB_over_8B", kNanoseconds, Better::lower, 1.1, [] {
                    auto e = std::make_shared<ProcessEcho>();
                    return Pair{call_with(e, kGibibyte, "1 GiB"), call_with(e, 1, "ours with 8 B")};
                  }});
  rows.push_back({"process.copy_in.1GiB", kMilliseconds, Better::lower, 1.1,
                  [] {
                    return Pair{copied_in(std::make_shared<ProcessEcho>()), one_copy()};
                  },
                  Judge::ratio, 1, 5});
  rows.push_back({"process.stream", kMillionItems, Better::higher, 2,
                  [] {
                    return Pair{stream(), rivals::zeromq(true)};
                  },
                  Judge::ratio, 0.2});
  rows.push_back({"process.spawn_ms", kMilliseconds, Better::lower, 50, [] { return Pair{spawn()}; }, Judge::figure});
  rows.push_back(
      {"process.replace_ms", kMilliseconds, Better::lower, 50, [] { return Pair{replace()}; }, Judge::figure, 1, 3});
  rows.push_back({"process.death_detected_ms", kMilliseconds, Better::lower, 5, [] { return Pair{death()}; },
                  Judge::figure, 1, 3});
}

}  // namespace lagoon::bench
