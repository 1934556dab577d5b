// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/budget.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

// What operator new of charge_new/ needs to know of isolates.
namespace lagoon::detail {

class IsolateState;

/// The isolate that this thread works for, be it a host, a caller inside, or a helper in one of its loops.
extern constinit thread_local IsolateState* t_working_for;

/// Whose a block is. Blocks outlive isolates, so accounts are never freed: 48 bytes for each isolate that allocated.
struct ChargeAccount {
  std::weak_ptr<IsolateMemory> memory;
  std::atomic<std::int64_t> overdraft{0};  // small blocks that were given though there was no room
};

/// Made at the first question; null: there is no memory even for that.
ChargeAccount* account_of(IsolateState& isolate) noexcept;

class WorkingFor {
 public:
  explicit WorkingFor(IsolateState* isolate) noexcept : before_(t_working_for) { t_working_for = isolate; }
  ~WorkingFor() { t_working_for = before_; }
  WorkingFor(const WorkingFor&) = delete;
  WorkingFor& operator=(const WorkingFor&) = delete;

 private:
  IsolateState* const before_;
};

}  // namespace lagoon::detail
