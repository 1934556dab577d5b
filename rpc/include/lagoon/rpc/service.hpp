// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <lagoon/rpc/contract.hpp>
#include <lagoon/rpc/describe.hpp>
#include <memory>
#include <string_view>
#include <typeinfo>
#include <vector>

namespace lagoon {

namespace detail {

class CallState;
struct DynamicMethod;
struct RemoteMethod;

/// A method of a service with its handler, types erased.
struct MethodEntry {
  std::string_view name;
  MethodKind kind{};
  MethodTraits traits;
  const std::type_info* request = nullptr;
  const std::type_info* response = nullptr;
  TypeDescription (*describe_request)() = nullptr;
  TypeDescription (*describe_response)() = nullptr;
  /// Runs the handler for the call and ends it, now or (a coroutine) later.
  void (*run)(CallState&, void* handler) noexcept = nullptr;
  /// The handler is a coroutine: a call may be neither running nor done.
  bool may_suspend = false;
  /// It sends the call to another process, and waits for nothing.
  bool forwards = false;
  /// The handler for one isolate: functions are shared, graphs get instances of their own.
  std::function<std::shared_ptr<void>()> make_handler;
  /// Calls by name with values instead of types; null where a message type has no LAGOON_FIELDS.
  const DynamicMethod* dynamic = nullptr;
  /// How calls reach a handler in another process; null where a message type has no LAGOON_FIELDS.
  const RemoteMethod* remote = nullptr;
};

struct ServiceState {
  std::string_view name;
  std::vector<MethodEntry> methods;
};

}  // namespace detail

/// The implementation of a contract; copying it copies a handle. Made by serve().
class Service {
 public:
  explicit Service(std::shared_ptr<const detail::ServiceState> state) : state_(std::move(state)) {}
  std::string_view name() const noexcept { return state_->name; }
  const std::vector<detail::MethodEntry>& methods() const noexcept { return state_->methods; }
  const std::shared_ptr<const detail::ServiceState>& state() const noexcept { return state_; }

 private:
  std::shared_ptr<const detail::ServiceState> state_;
};

}  // namespace lagoon
