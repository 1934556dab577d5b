// SPDX-License-Identifier: Apache-2.0
// The floor of a call to a thread on the caller's own core: both sleep on a futex until the other has written.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>

#include "rivals/rivals.hpp"
#include "runner/cores.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench::rivals {
namespace {

class Word {
 public:
  void set(std::uint32_t value) {
    word_.store(value, std::memory_order_release);
    syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
  std::uint32_t wait_for_other_than(std::uint32_t last) {
    std::uint32_t now = word_.load(std::memory_order_acquire);
    for (; now == last; now = word_.load(std::memory_order_acquire))
      syscall(SYS_futex, &word_, FUTEX_WAIT_PRIVATE, last, nullptr, nullptr, 0);
    return now;
  }

 private:
  std::atomic<std::uint32_t> word_{0};
};

struct Two {
  static constexpr std::uint32_t kEnd = 0xffffffff;
  Word question, answer;
  BoundCaller bound;
  std::thread other{[this] {
    bind_this_thread(Core::caller);
    for (std::uint32_t last = 0; (last = question.wait_for_other_than(last)) != kEnd;) answer.set(last);
  }};
  ~Two() {
    question.set(kEnd);
    other.join();
  }
};

}  // namespace

Side futex_there_and_back() {
  auto two = std::make_shared<Two>();
  return {"futexes, both sides asleep in turn", time_of(16, [two, last = std::uint32_t{0}]() mutable {
            two->question.set(last + 1);
            last = two->answer.wait_for_other_than(last);
          })};
}

}  // namespace lagoon::bench::rivals
