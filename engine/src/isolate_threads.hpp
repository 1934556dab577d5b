// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isolate_state.hpp"

// What a thread knows of itself.
namespace lagoon::detail {

/// The isolates whose slots this thread holds, innermost first.
extern constinit thread_local IsolateState::Identity* t_identity;
/// The host role that this thread holds, of whichever isolate further up its stack.
extern constinit thread_local HostThread* t_host;
extern constinit thread_local IsolateState* t_hosted;
/// The isolate whose arena this thread is in, and stays in: it need not enter it.
extern constinit thread_local IsolateState* t_stays_in;

}  // namespace lagoon::detail
