// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lagoon::detail {

class IsolateState;

/// Runs what waits in the isolate's queue on this thread, which works for no isolate, as long as there are slots. For
/// programs whose threads wait for calls by other means than the isolate's own.
void serve_queue(IsolateState& isolate) noexcept;

/// Runs `body` on this thread in the isolate's name, with its memory, after try_enter(); but outside of its arena,
/// which costs a few dozen nanoseconds to enter: for what only sends a call on its way.
void act_for(IsolateState& isolate, void (*body)(void*), void* context) noexcept;

}  // namespace lagoon::detail
