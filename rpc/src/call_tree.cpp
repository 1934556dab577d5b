// SPDX-License-Identifier: Apache-2.0
// Calls that handlers make: what they inherit, and how an end reaches them.
#include <lagoon/rpc/call_state.hpp>

#include <lagoon/rpc/channel.hpp>

#include "call_rare.hpp"

namespace lagoon::detail {

constinit thread_local CallState* t_call = nullptr;

CallState* current_call() noexcept { return t_call; }

CallState::Scope::Scope(CallState& call) noexcept : previous_(t_call), stop_(&call.stop()), memory_(&call.source_) {
  t_call = &call;
}
CallState::Scope::~Scope() { t_call = previous_; }

CallState::Inherited::Inherited(const CallOptions& options, bool inlined) : stop(options.stop) {
  parent = options.detached ? nullptr : t_call;
  if (options.stop) {
    rare = std::make_unique<Rare>();
    rare->outside = options.stop;
  }
  if (!parent) return;
  const Rare* theirs = parent->rare_.load(std::memory_order_acquire);
  if (theirs && theirs->lanes) {
    if (!rare) rare = std::make_unique<Rare>();
    rare->lanes = theirs->lanes;
  }
  if (stop) return;
  if (inlined) {  // ends before its parent does, on the parent's stack
    stop = &parent->stop_;
  } else {
    if (!rare) rare = std::make_unique<Rare>();
    rare->parent_node = parent->stop_node();
    stop = &rare->parent_node->control();
  }
}
CallState::Inherited::~Inherited() = default;

void StopNode::add(CallState* child) {
  std::lock_guard lock(mutex_);
  children_.push_back(child);
}

void StopNode::remove(CallState* child) noexcept {
  std::lock_guard lock(mutex_);
  std::erase(children_, child);
}

void StopNode::request_stop() noexcept {
  control_.request_stop();
  std::vector<CallHandle<CallState>> ending;
  {
    std::lock_guard lock(mutex_);
    // A child that is still listed is not done, so somebody else still holds it too.
    for (CallState* child : children_) ending.push_back(CallHandle<CallState>::sharing(child));
  }
  for (const auto& child : ending) child->cancel();
}

std::shared_ptr<StopNode> CallState::stop_node() {
  std::shared_ptr<StopNode> up = parent_call_ ? parent_call_->stop_node() : nullptr;
  Rare& r = rare();
  std::lock_guard lock(r.mutex);
  if (!r.node) {
    r.node = std::make_shared<StopNode>(stop_.clock(), stop_.deadline(), up ? up : r.parent_node, r.outside);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the one in ask_to_stop
    if (stop_.reason() == Errc::cancelled) r.node->request_stop();
  }
  return r.node;
}

void CallState::ask_to_stop() noexcept {
  stop_.request_stop();
  std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the one in stop_node
  std::shared_ptr<StopNode> node;
  if (Rare* r = rare_.load(std::memory_order_acquire)) {
    std::lock_guard lock(r->mutex);
    node = r->node;
  }
  if (node) node->request_stop();
  if (FarEnd* far = far_.load(std::memory_order_acquire)) far->stopped();
}

}  // namespace lagoon::detail
