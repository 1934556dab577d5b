// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lagoon::detail {

class IsolateState;

/// Runs what waits in the isolate's queue on this thread, which works for no isolate, as long as there are slots. For
/// programs whose threads wait for calls by other means than the isolate's own.
void serve_queue(IsolateState& isolate) noexcept;

/// Runs `body`, which may be all that this thread ever does, in the isolate's arena, in nobody's name: what it runs
/// there by try_enter() and execute_entered() does not pay for entering. It takes one of the slots that are reserved
/// for the isolate's own threads: for no more of them than waiting_limit and concurrency together.
void stay_in_arena(IsolateState& isolate, void (*body)(void*), void* context) noexcept;

/// Runs `body` on this thread in the isolate's name, with its memory, after try_enter(); but outside of its arena,
/// which costs a few dozen nanoseconds to enter: for what only sends a call on its way.
void act_for(IsolateState& isolate, void (*body)(void*), void* context) noexcept;

}  // namespace lagoon::detail
