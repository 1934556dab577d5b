// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lagoon::bench {

/// Where the two threads of a handoff are kept: the caller on one core, who answers on another. Unbound, the kernel
/// sometimes puts both on one core, where a handoff is a context switch and a queue never crosses a cache: figures of
/// two kinds, mixed by chance. Both sides of a row are bound alike. With one core nothing is bound.
enum class Core { any, caller, callee };

void bind_this_thread(Core core);

/// Binds the caller's thread while a row runs.
class BoundCaller {
 public:
  BoundCaller() { bind_this_thread(Core::caller); }
  ~BoundCaller() { bind_this_thread(Core::any); }
  BoundCaller(const BoundCaller&) = delete;
  BoundCaller& operator=(const BoundCaller&) = delete;
};

}  // namespace lagoon::bench
