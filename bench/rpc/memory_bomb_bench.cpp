// SPDX-License-Identifier: Apache-2.0
// Eight calls at once on eight workers with a budget each; one of them asks for more and more. It alone fails, and the
// process never holds more than the budgets allow.
#include <latch>
#include <stdexcept>

#include "rpc/echo.hpp"
#include "runner/process_memory.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr std::size_t kWorkers = 8;
constexpr std::size_t kBudget = 64 << 20;
constexpr std::size_t kArray = 1 << 20;  // bytes of each array that the handlers make

using Hold = Unary<"hold", Number, Number>;  ///< so many arrays, until all have theirs; 0: more and more
using Holders = Contract<"bench.Holders", Hold>;

class Bombed {
 public:
  explicit Bombed(Engine& engine)
      : pool_(engine, {service()}, {.workers = static_cast<unsigned>(kWorkers), .worker = {.memory_limit = kBudget}}),
        caller_(pool_) {}

  void explode() {
    std::vector<Reply<Hold>> quiet;
    for (std::size_t i = 1; i < kWorkers; ++i) quiet.push_back(caller_.start<Hold>({kBudget / kArray * 7 / 8}));
    auto bomb = caller_.start<Hold>({0});
    const Status end = bomb.status();
    exploded_.count_down();
    for (auto& reply : quiet) reply.get();
    if (end.code() != Errc::resource_exhausted) throw std::runtime_error("the bomb ended with " + end.to_string());
  }

 private:
  Service service() {
    return serve<Holders>(on<Hold>([this](const Number& arrays) {
      std::vector<Tensor<double, 1>> held;
      const auto take = [&] { held.push_back(Tensor<double, 1>::filled({kArray / sizeof(double)}, 1)); };
      if (arrays.value == 0) {
        holding_.wait();
        for (;;) take();
      }
      {
        const struct Counted {
          std::latch& holding;
          ~Counted() { holding.count_down(); }  // also when it fails, so that nobody waits for ever
        } counted{holding_};
        for (std::uint64_t i = 0; i < arrays.value; ++i) take();
      }
      exploded_.wait();
      return arrays;
    }));
  }
  std::latch holding_{static_cast<std::ptrdiff_t>(kWorkers) - 1}, exploded_{1};
  Pool pool_;
  Caller<Holders> caller_;
};

Side bomb() {
  auto engine = std::make_shared<Engine>();
  return {"growth of the process at its peak",
          [engine, before = memory_of_process("VmRSS")](benchmark::State& state) {
            double peak = 0;
            for (auto _ : state) {
              forget_peak();
              Bombed(*engine).explode();
              peak = std::max(peak, memory_of_process("VmHWM"));
            }
            set_figure(state, (peak - before) / static_cast<double>(kWorkers * kBudget));
          },
          1};
}

}  // namespace

void add_memory_bomb_rows(Rows& rows) {
  rows.push_back(
      {"pool.memory_bomb", kOfBudgets, Better::lower, 1.05, [] { return Pair{bomb()}; }, Judge::figure, 0, 5});
}

}  // namespace lagoon::bench
