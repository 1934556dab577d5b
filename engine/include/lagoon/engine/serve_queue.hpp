// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lagoon::detail {

class IsolateState;

/// Runs what waits in the isolate's queue on this thread, which works for no isolate, as long as there are slots. For
/// programs whose threads wait for calls by other means than the isolate's own.
void serve_queue(IsolateState& isolate) noexcept;

}  // namespace lagoon::detail
