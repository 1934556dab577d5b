// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/stop.hpp>

namespace lagoon {
namespace {
thread_local const StopControl* g_stop = nullptr;
}

const StopControl* current_stop() noexcept { return g_stop; }

bool stop_requested() noexcept { return g_stop && g_stop->reason() != Errc::ok; }

void throw_if_stopped() {
  if (!g_stop) return;
  switch (g_stop->reason()) {
    case Errc::cancelled: throw Error(Errc::cancelled, "the caller asked for the end");
    case Errc::deadline_exceeded: throw Error(Errc::deadline_exceeded, "the deadline passed while the call ran");
    default: return;
  }
}

StopScope::StopScope(const StopControl* stop) noexcept : previous_(g_stop) { g_stop = stop; }
StopScope::~StopScope() { g_stop = previous_; }

}  // namespace lagoon
