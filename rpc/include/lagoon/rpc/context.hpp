// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/memory.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/rpc/metadata.hpp>
#include <string_view>

namespace lagoon {

namespace detail {
class CallState;
}

/// What a handler knows of the call it serves. Valid until the handler has ended; safe from many threads.
class CallContext {
 public:
  explicit CallContext(detail::CallState& call) noexcept : call_(call) {}
  CallContext(const CallContext&) = delete;
  CallContext& operator=(const CallContext&) = delete;

  /// The caller gave up or the deadline passed: end soon. Kernels of Lagoon look by themselves.
  bool stop_requested() const noexcept;
  void throw_if_stopped() const;
  /// Earliest deadline of this call and its callers; kNever when there is none.
  TimePoint deadline() const noexcept;

  const Metadata& metadata() const noexcept;
  /// Metadata of the reply; `initial` only before the first response.  throws  resource_exhausted, see Metadata
  void add_initial_metadata(std::string key, std::string value);
  void add_trailing_metadata(std::string key, std::string value);

  /// Arrays made with it are charged to this call. The default of Tensor inside a handler.
  MemoryHandle memory() const;

  std::string_view method() const noexcept;
  std::string_view isolate() const noexcept;
  /// The same for all calls that descend from one call.
  std::uint64_t trace_id() const noexcept;
  /// 0 for a call from outside, 1 for a call made by its handler, and so on.
  unsigned depth() const noexcept;

 private:
  detail::CallState& call_;
};

}  // namespace lagoon
