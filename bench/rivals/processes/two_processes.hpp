// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

// Rivals across processes are programs of two processes, which print what they have measured: seconds for one call, or
// items per second. Each side keeps to a core, as ours does.
namespace lagoon::bench::processes {

inline void bind_to(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  sched_setaffinity(0, sizeof cores, &cores);
}

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The median over batches of the mean time of a call, as for ours.
template <class Call>
double seconds_per_call(std::size_t batches, std::size_t batch, Call&& call) {
  std::vector<double> seconds;
  for (std::size_t b = 0; b < batches; ++b) {
    const double begin = now();
    for (std::size_t k = 0; k < batch; ++k) call();
    seconds.push_back((now() - begin) / static_cast<double>(batch));
  }
  std::nth_element(seconds.begin(), seconds.begin() + static_cast<std::ptrdiff_t>(batches / 2), seconds.end());
  return seconds[batches / 2];
}

inline void tell(double figure) { std::printf("%.9g\n", figure); }

/// A process for the other side, before there are any threads.
template <class Serve>
pid_t other_side(Serve&& serve) {
  const pid_t process = fork();
  if (process < 0) std::exit(1);
  if (process > 0) return process;
  bind_to(1);
  serve();
  std::_Exit(0);
}

}  // namespace lagoon::bench::processes
