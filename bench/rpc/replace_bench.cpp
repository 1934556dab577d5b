// SPDX-License-Identifier: Apache-2.0
// How soon a worker that retires has a successor: from the making of the call that is its last one until the pool says
// that another worker takes calls.
#include <mutex>
#include <set>
#include <thread>

#include "rivals/rivals.hpp"
#include "rpc/echo.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

using Stamp = Unary<"stamp", Number, Number>;
using Stamps = Contract<"bench.Stamps", Stamp>;

/// A pool of one worker that retires after each call.
class ShortLived {
 public:
  /// Seconds from a call to the next worker; returns when the old one has gone.
  double replace() {
    {
      const std::lock_guard lock(mutex_);
      created_at_ = {};
    }
    const auto begin = Steady::now();
    auto reply = caller_.start<Stamp>({});
    reply.get();
    const std::string worker = reply.report().isolate;
    for (;; std::this_thread::sleep_for(std::chrono::microseconds(50))) {
      const std::lock_guard lock(mutex_);
      if (created_at_ != Steady::time_point() && gone_.erase(worker))
        return std::chrono::duration<double>(created_at_ - begin).count();
    }
  }

 private:
  void note(const WorkerEvent& event) {
    const auto now = Steady::now();
    const std::lock_guard lock(mutex_);
    if (event.what == WorkerEvent::What::created && created_at_ == Steady::time_point()) created_at_ = now;
    if (event.what == WorkerEvent::What::terminated) gone_.insert(event.worker);
  }
  std::mutex mutex_;
  Steady::time_point created_at_{};
  std::set<std::string> gone_;
  Engine engine_;
  Pool pool_{engine_,
             {serve<Stamps>(on<Stamp>([](const Number& n) { return n; }))},
             {.workers = 1, .recycle_after = 1, .on_event = [this](const WorkerEvent& event) { note(event); }}};
  Caller<Stamps> caller_{pool_};
};

Side replacement() {
  auto pool = std::make_shared<ShortLived>();
  return {"worker to worker", [pool](benchmark::State& state) {
            std::vector<double> seconds;
            for (auto _ : state) seconds.push_back(pool->replace());
            set_figure(state, median(std::move(seconds)));
          }};
}

}  // namespace

void add_replace_rows(Rows& rows) {
  rows.push_back({"pool.replace.thread_ms", kMilliseconds, Better::lower, 1,
                  [] {
                    return Pair{replacement(), rivals::thread_create_and_join()};
                  },
                  Judge::figure});
}

}  // namespace lagoon::bench
