// SPDX-License-Identifier: Apache-2.0
// The floor of a call to a thread that may be on the caller's own core: both sleep on a futex until the other has
// written.
#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "rivals/rivals.hpp"
#include "rivals/slot.hpp"
#include "runner/cores.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench::rivals {
namespace {

class Word {
 public:
  void set(std::uint32_t value) {
    word_.store(value, std::memory_order_release);
    futex_wake_one(word_);
  }
  std::uint32_t wait_for_other_than(std::uint32_t last) {
    std::uint32_t now = word_.load(std::memory_order_acquire);
    for (; now == last; now = word_.load(std::memory_order_acquire)) futex_sleep(word_, last);
    return now;
  }

 private:
  std::atomic<std::uint32_t> word_{0};
};

class Two {
 public:
  explicit Two(bool one_core) {
    if (one_core) bound_.emplace();
    other_ = std::thread([this, one_core] {
      if (one_core) bind_this_thread(Core::caller);
      for (std::uint32_t last = 0; (last = question_.wait_for_other_than(last)) != kEnd;) answer_.set(last);
    });
  }
  ~Two() {
    question_.set(kEnd);
    other_.join();
  }
  Two(const Two&) = delete;
  Two& operator=(const Two&) = delete;

  void ask() {
    question_.set(last_ + 1);
    last_ = answer_.wait_for_other_than(last_);
  }

 private:
  static constexpr std::uint32_t kEnd = 0xffffffff;
  Word question_, answer_;
  std::uint32_t last_ = 0;
  std::optional<BoundCaller> bound_;
  std::thread other_;
};

}  // namespace

Side futexes_on_one_core() {
  auto two = std::make_shared<Two>(true);
  return {"futexes, both sides asleep in turn", time_of(16, [two] { two->ask(); })};
}

Side futexes_anywhere(std::chrono::microseconds idle) {
  auto two = std::make_shared<Two>(false);
  return {"futexes, both sides asleep in turn",
          time_of_each([idle] { std::this_thread::sleep_for(idle); }, [two] { two->ask(); })};
}

}  // namespace lagoon::bench::rivals
