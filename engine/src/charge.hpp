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

class WorkingFor {
 public:
  /// Null: for nobody, and what this thread makes is charged to nobody.
  explicit WorkingFor(IsolateState* isolate) noexcept : before_(t_working_for) { t_working_for = isolate; }
  ~WorkingFor() { t_working_for = before_; }
  WorkingFor(const WorkingFor&) = delete;
  WorkingFor& operator=(const WorkingFor&) = delete;

 private:
  IsolateState* const before_;
};

/// Whose a block is. It has a reference of the isolate and one for each byte that is charged, so that blocks need none
/// of their own: it ends, and lets go of the isolate's memory, with the isolate or with the last block after it.
class ChargeAccount {
 public:
  /// Bytes booked, `least` or `most`; 0: there is no room.
  std::size_t charge(std::size_t least, std::size_t most) noexcept;
  void give_back(std::size_t bytes) noexcept;
  /// A small block beyond the limit, as long as all of them together are not above `most`.
  bool overdraw(std::size_t bytes, std::size_t most) noexcept;
  void give_back_overdrawn(std::size_t bytes) noexcept;
  Status refusal(std::size_t bytes) const { return memory_->budget().refusal(bytes); }

  /// An isolate's, made at the first question.
  class Handle {
   public:
    Handle() = default;
    ~Handle();
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    bool made() const noexcept { return account_.load(std::memory_order_relaxed) != nullptr; }
    /// Null: there is no memory even for that.
    ChargeAccount* get(const std::shared_ptr<IsolateMemory>& memory) noexcept;

   private:
    std::atomic<ChargeAccount*> account_{nullptr};
  };

 private:
  explicit ChargeAccount(std::shared_ptr<IsolateMemory> memory) noexcept : memory_(std::move(memory)) {}
  void drop(std::size_t references) noexcept;

  const std::shared_ptr<IsolateMemory> memory_;
  std::atomic<std::size_t> references_{1};
  std::atomic<std::size_t> overdrawn_{0};
};

ChargeAccount* account_of(IsolateState& isolate) noexcept;

}  // namespace lagoon::detail
