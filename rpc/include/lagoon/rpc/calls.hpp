// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/call_state.hpp>
#include <lagoon/rpc/channel.hpp>
#include <lagoon/rpc/endpoint.hpp>
#include <optional>

// CallState with the request, response and streams of a method.
namespace lagoon::detail {

template <class M>
class TypedCall : public CallState {
 public:
  using CallState::CallState;

 protected:
  void invoke() noexcept override { this->bound.entry->run(*this, this->bound.handler.get()); }
};

template <class M, MethodKind Kind = M::kind>
class CallOf;

template <class M>
class CallOf<M, MethodKind::unary> final : public TypedCall<M> {
 public:
  CallOf(BoundMethod& bound, const CallOptions& options, bool inlined, typename M::Request&& from)
      : TypedCall<M>(bound, options, inlined), request(std::move(from)) {}
  typename M::Request request;
  std::optional<typename M::Response> response;
};

template <class M>
class CallOf<M, MethodKind::server_stream> final : public TypedCall<M> {
 public:
  CallOf(BoundMethod& bound, const CallOptions& options, typename M::Request&& from)
      : TypedCall<M>(bound, options, false),
        request(std::move(from)),
        out(options.window_items, options.window_bytes) {}
  typename M::Request request;
  Channel<typename M::Response> out;

 private:
  void ended_early() noexcept override { out.abort(); }
};

template <class M>
class CallOf<M, MethodKind::client_stream> final : public TypedCall<M> {
 public:
  CallOf(BoundMethod& bound, const CallOptions& options)
      : TypedCall<M>(bound, options, false), in(options.window_items, options.window_bytes) {}
  Channel<typename M::Request> in;
  std::optional<typename M::Response> response;

 private:
  void ended_early() noexcept override { in.abort(); }
};

template <class M>
class CallOf<M, MethodKind::bidirectional> final : public TypedCall<M> {
 public:
  CallOf(BoundMethod& bound, const CallOptions& options)
      : TypedCall<M>(bound, options, false),
        in(options.window_items, options.window_bytes),
        out(options.window_items, options.window_bytes) {}
  Channel<typename M::Request> in;
  Channel<typename M::Response> out;

 private:
  void ended_early() noexcept override {
    in.abort();
    out.abort();
  }
};

/// Books what the arrays of a message went through, and makes the copies that were asked for.
template <class T>
void account_message(CallState& call, T& message) {
  if (call.zero_copy() && !call.counted()) return;
  CopyReport part;
  if (!call.zero_copy()) {
    part.copied_bytes = copy_arrays(message);
    if (part.copied_bytes) part.why = "zero_copy is off";
  } else {
    ByteCount count;
    count_bytes(message, count);
    part.shared_bytes = count.shared;
    part.moved_bytes = count.moved;
  }
  call.book_copies(part);
}

/// ok, or resource_exhausted when a message is larger than the endpoint takes.
template <class T>
Status check_message(const BoundMethod& bound, const T& message) {
  if (bound.max_message == kUnlimited) return {};
  const std::size_t bytes = (is_flat<T> ? sizeof(T) : 0) + referenced_bytes(message);
  return bytes <= bound.max_message ? Status() : message_too_large(bound, bytes);
}

}  // namespace lagoon::detail
