// SPDX-License-Identifier: Apache-2.0
#include "runner/cores.hpp"

#include <pthread.h>
#include <sched.h>

#include <vector>

namespace lagoon::bench {
namespace {

/// The cores of the process before any thread was bound.
const cpu_set_t& process_cores() {
  static const cpu_set_t all = [] {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    sched_getaffinity(0, sizeof cores, &cores);
    return cores;
  }();
  return all;
}

}  // namespace

void bind_this_thread(Core core) {
  cpu_set_t wanted = process_cores();
  if (CPU_COUNT(&wanted) < 2) return;
  if (core != Core::any) {
    int skip = core == Core::callee ? 1 : 0;
    int number = 0;
    while (!CPU_ISSET(number, &wanted) || skip-- > 0) ++number;
    CPU_ZERO(&wanted);
    CPU_SET(number, &wanted);
  }
  pthread_setaffinity_np(pthread_self(), sizeof wanted, &wanted);
}

}  // namespace lagoon::bench
