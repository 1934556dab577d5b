// SPDX-License-Identifier: Apache-2.0
// A call that asks for 8 bytes and gets 8 back: on the caller's thread, handed over hot and cold, many in flight.
#include <array>
#include <thread>

#include "rivals/rivals.hpp"
#include "rpc/echo.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr std::size_t kInFlight = 16;
constexpr std::chrono::microseconds kIdle{1000};

auto ask(std::uint64_t& question) { return Number{++question}; }

Side on_callers_thread() {
  auto e = std::make_shared<EchoEngine>();
  return {"call", time_of(64, [e, question = std::uint64_t{0}]() mutable {
            benchmark::DoNotOptimize(e->caller.call<Answer>(ask(question)));
          })};
}

Side calls_per_second() {
  auto e = std::make_shared<EchoEngine>();
  return {"call", [e, question = std::uint64_t{0}](benchmark::State& state) mutable {
            set_figure(state, 1 / median_of_batches(state, 64, [&] {
                                benchmark::DoNotOptimize(e->caller.call<Answer>(ask(question)));
                              }));
          }};
}

Side handed_over_hot() {
  auto e = std::make_shared<BoundEcho>();
  return {"start + get", time_of(16, [e, question = std::uint64_t{0}]() mutable {
            benchmark::DoNotOptimize(e->caller.start<Answer>(ask(question)).get());
          })};
}

Side handed_over_on_one_core() {
  auto e = std::make_shared<BoundEcho>(Core::caller);
  return {"start + get", time_of(16, [e, question = std::uint64_t{0}]() mutable {
            benchmark::DoNotOptimize(e->caller.start<Answer>(ask(question)).get());
          })};
}

template <class E>
Side handed_over_cold() {
  auto e = std::make_shared<E>();
  return {"start + get", time_of_each([] { std::this_thread::sleep_for(kIdle); },
                                      [e, question = std::uint64_t{0}]() mutable {
                                        benchmark::DoNotOptimize(e->caller.template start<Answer>(ask(question)).get());
                                      })};
}

Side in_flight() {
  auto e = std::make_shared<BoundEcho>();
  constexpr std::size_t kRounds = 16;
  return {"start, get the oldest", [e, question = std::uint64_t{0}](benchmark::State& state) mutable {
            std::array<std::optional<Reply<Answer>>, kInFlight> replies;
            for (auto& reply : replies) reply.emplace(e->caller.start<Answer>(ask(question)));
            const double round = median_of_batches(state, kRounds, [&] {
              for (auto& reply : replies) {
                benchmark::DoNotOptimize(reply->get());
                reply.emplace(e->caller.start<Answer>(ask(question)));
              }
            });
            for (auto& reply : replies) reply->get();
            set_figure(state, kInFlight / round);
          }};
}

}  // namespace

void add_unary_rows(Rows& rows) {
  rows.push_back({"rpc.unary.caller_thread", kNanoseconds, Better::lower, 4, [] {
                    return Pair{on_callers_thread(), rivals::arena_execute()};
                  }});
  rows.push_back({"rpc.unary.handoff_hot", kNanoseconds, Better::lower, 0.5, [] {
                    return Pair{handed_over_hot(), rivals::arena_enqueue()};
                  }});
  rows.push_back({"rpc.unary.one_core", kMicroseconds, Better::lower, std::nullopt, [] {
                    return Pair{handed_over_on_one_core(), rivals::futexes_on_one_core()};
                  }});
  rows.push_back({"rpc.unary.handoff_cold", kMicroseconds, Better::lower, 1.1,
                  [] {
                    return Pair{handed_over_cold<BoundEcho>(), rivals::futex_wake(kIdle)};
                  },
                  Judge::ratio, 0.3});
  rows.push_back({"rpc.unary.handoff_cold.unbound", kMicroseconds, Better::lower, std::nullopt,
                  [] {
                    return Pair{handed_over_cold<EchoEngine>(), rivals::futexes_anywhere(kIdle)};
                  },
                  Judge::ratio, 0.3});
  rows.push_back({"rpc.throughput.16_in_flight", kMillionCalls, Better::higher, 1.5, [] {
                    return Pair{in_flight(), rivals::arena_enqueue_in_flight(kInFlight)};
                  }});
  rows.push_back({"rpc.grpc_in_process", kMillionCalls, Better::higher, 100, [] {
                    return Pair{calls_per_second(), rivals::grpc_in_process()};
                  }});
  rows.push_back({"rpc.capnp_local", kMillionCalls, Better::higher, 10, [] {
                    return Pair{calls_per_second(), rivals::capnp_local()};
                  }});
}

}  // namespace lagoon::bench
