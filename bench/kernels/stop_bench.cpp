// SPDX-License-Identifier: Apache-2.0
// How soon a kernel of the built-in services stops when its call is cancelled, or when its deadline passes: until the
// last instruction of its handler.
#include <lagoon/services/builtin.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>

#include "runner/timing.hpp"
#include "stop_kernels.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

using namespace std::chrono_literals;

/// When the last that refers to an array has let go of it. The handler of a call that nobody else refers to is that
/// last: its request goes with it.
struct LetGo {
  std::atomic<bool> gone{false};
  Steady::time_point at{};
};
Frozen<double, 1> watched(const Frozen<double, 1>& x, LetGo& let_go) {
  return Frozen<double, 1>::over(x.view(), std::shared_ptr<const void>(x.data(), [x, &let_go](const void*) {
                                   let_go.at = Steady::now();
                                   let_go.gone.store(true);
                                 }));
}

struct Ground {
  Engine engine;
  Pool pool{engine, services::builtin_services(), {.workers = 1}};
};

class Stops {
 public:
  explicit Stops(const StoppedKernel& kernel) : kernel_(kernel), numbers_(kernel.numbers(kernel.size)) {
    // How long it takes when nobody stops it, so that it can be stopped anywhere on the way; the first run warms.
    for (int run = 0; run < 3; ++run) {
      LetGo let_go;
      const auto from = Steady::now();
      begin_alone(let_go, from + kLongest);
      length_ = run ? std::min(length_, std::chrono::nanoseconds(let_go.at - from)) : let_go.at - from;
    }
  }

  /// Seconds from a cancel, at a share of the way, to the handler's end; negative: it had ended.
  double cancelled_at(double share) {
    LetGo let_go;
    Begun call = kernel_.begin(ground_.pool, watched(numbers_, let_go), {});
    std::this_thread::sleep_for(part(share));
    const bool runs = !call.is_done();
    const auto from = Steady::now();
    call.cancel();
    call = {};  // the handler alone refers to the array now
    wait_for(let_go);
    return runs ? seconds(let_go.at - from) : -1;
  }
  double expired_at(double share) {
    LetGo let_go;
    const auto deadline = Steady::now() + part(share);
    begin_alone(let_go, deadline);
    return seconds(let_go.at - deadline);
  }

 private:
  static constexpr auto kLongest = 500ms;
  static double seconds(Steady::duration d) { return std::chrono::duration<double>(d).count(); }
  std::chrono::nanoseconds part(double share) const {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(share * static_cast<double>(length_.count())));
  }
  void begin_alone(LetGo& let_go, Steady::time_point deadline) {
    CallOptions options;
    options.deadline = deadline;
    Begun call = kernel_.begin(ground_.pool, watched(numbers_, let_go), options);
    while (kernel_.cancelled_when_dropped && !call.is_done()) std::this_thread::sleep_for(200us);
    call = {};
    wait_for(let_go);
  }
  static void wait_for(const LetGo& let_go) {
    const auto from = Steady::now();
    while (!let_go.gone.load()) {
      if (Steady::now() - from > 60s) throw std::runtime_error("a handler has not ended for a minute");
      std::this_thread::sleep_for(200us);
    }
  }

  Ground ground_;
  StoppedKernel kernel_;
  Frozen<double, 1> numbers_;
  std::chrono::nanoseconds length_{0};
};

/// The 99th percentile over stops that are spread evenly over the way; those that came too late do not count.
Side p99(const std::string& name, const std::shared_ptr<Stops>& stops, double (Stops::*stop)(double),
         std::size_t samples) {
  return {name,
          [=](benchmark::State& state) {
            std::vector<double> seconds;
            for (auto _ : state) {
              for (std::size_t i = 0; i < 4 * samples && seconds.size() < samples; ++i) {
                const double s = ((*stops).*stop)(static_cast<double>(i % samples) / static_cast<double>(samples));
                if (s >= 0) seconds.push_back(s);
              }
            }
            if (seconds.size() < samples) throw std::runtime_error("most calls ended before they could be stopped");
            set_figure(state, quantile(std::move(seconds), 0.99));
          },
          1};
}

}  // namespace

void add_stop_rows(Rows& rows, const RunOptions& options) {
  const std::size_t samples = options.quick ? 20 : 100;
  const std::ptrdiff_t size = options.quick ? 16'000'000 : 32'000'000;
  const auto add = [&](const char* what, double goal, double (Stops::*stop)(double), const StoppedKernel& kernel) {
    rows.push_back({std::string("pool.") + what + ".p99_ms." + kernel.name, kMilliseconds, Better::lower, goal,
                    [=] { return Pair{p99(kernel.name, std::make_shared<Stops>(kernel), stop, samples)}; },
                    Judge::figure, 0, 5});
  };
  const auto kernels = stopped_kernels(size);
  for (const StoppedKernel& kernel : kernels) add("cancel", 1, &Stops::cancelled_at, kernel);
  for (const StoppedKernel& kernel : kernels) add("deadline", 5, &Stops::expired_at, kernel);
}

}  // namespace lagoon::bench
