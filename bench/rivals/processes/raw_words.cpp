// SPDX-License-Identifier: Apache-2.0
// The floor of a call to another process: a word there and a word back in shared memory. With "cold" the other side
// sleeps on a futex, and each call comes after a millisecond of rest.
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <atomic>
#include <cstring>
#include <new>
#include <thread>

#include "rivals/processes/two_processes.hpp"

namespace {

using namespace lagoon::bench::processes;

struct Words {
  alignas(128) std::atomic<std::uint32_t> question{0};
  alignas(128) std::atomic<std::uint32_t> answer{0};
};

void futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value) {
  syscall(SYS_futex, &word, operation, value, nullptr, nullptr, 0);
}
void pause_core() { __builtin_ia32_pause(); }

}  // namespace

int main(int count, char** arguments) {
  const bool cold = count > 1 && std::strcmp(arguments[1], "cold") == 0;
  void* const memory = mmap(nullptr, sizeof(Words), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto& words = *new (memory) Words;
  const pid_t other = other_side([&] {
    for (std::uint32_t last = 0;;) {
      std::uint32_t now = words.question.load(std::memory_order_acquire);
      while (now == last) {
        cold ? futex(words.question, FUTEX_WAIT, last) : pause_core();
        now = words.question.load(std::memory_order_acquire);
      }
      if (now == UINT32_MAX) return;
      words.answer.store(last = now, std::memory_order_release);
    }
  });
  bind_to(0);
  std::uint32_t question = 0;
  const auto call = [&] {
    words.question.store(++question, std::memory_order_release);
    if (cold) futex(words.question, FUTEX_WAKE, 1);
    while (words.answer.load(std::memory_order_acquire) != question) pause_core();
  };
  for (int k = 0; k < 100; ++k) call();
  if (cold) {
    std::vector<double> seconds;
    for (int k = 0; k < 150; ++k) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      seconds.push_back(seconds_per_call(1, 1, call));
    }
    std::nth_element(seconds.begin(), seconds.begin() + 75, seconds.end());
    tell(seconds[75]);
  } else {
    tell(seconds_per_call(2000, 50, call));
  }
  words.question.store(UINT32_MAX);
  futex(words.question, FUTEX_WAKE, 1);
  waitpid(other, nullptr, 0);
}
