// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/call_state.hpp>
#include <lagoon/rpc/channel.hpp>
#include <lagoon/rpc/endpoint.hpp>
#include <optional>

// CallState with the request, response and streams of a method.
namespace lagoon::detail {

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

/// What a channel does with each item: nothing, unless the call or the endpoint asks for more.
template <class T>
void (*preparer(const BoundMethod& bound, const CallOptions& options))(CallState&, T&) {
  if (bound.max_message == kUnlimited && options.zero_copy && !options.count_copies && !options.report) return nullptr;
  return [](CallState& call, T& item) {
    if (Status status = check_message(call.bound(), item); !status.ok()) {
      status = status.with_executed(Executed::yes);  // the handler's item; a caller's ends the call where it is
      if (current_call() != &call) {
        call.fail(status);
        status = call.status();
      }
      throw Error(status);
    }
    account_message(call, item);
  };
}

template <class M>
class TypedCall : public CallState {
 public:
  using CallState::CallState;

 protected:
  void invoke() noexcept override {
    BoundMethod& method = this->bound();
    method.entry->run(*this, method.handler.get());
  }
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
        out(options.window_items, options.window_bytes, preparer<typename M::Response>(bound, options), this) {}
  typename M::Request request;
  Channel<typename M::Response> out;

 private:
  void abort_streams() noexcept override { out.abort(); }
};

template <class M>
class CallOf<M, MethodKind::client_stream> final : public TypedCall<M> {
 public:
  CallOf(BoundMethod& bound, const CallOptions& options)
      : TypedCall<M>(bound, options, false),
        in(options.window_items, options.window_bytes, preparer<typename M::Request>(bound, options), this) {}
  Channel<typename M::Request> in;
  std::optional<typename M::Response> response;

 private:
  void abort_streams() noexcept override { in.abort(); }
};

template <class M>
class CallOf<M, MethodKind::bidirectional> final : public TypedCall<M> {
 public:
  CallOf(BoundMethod& bound, const CallOptions& options)
      : TypedCall<M>(bound, options, false),
        in(options.window_items, options.window_bytes, preparer<typename M::Request>(bound, options), this),
        out(options.window_items, options.window_bytes, preparer<typename M::Response>(bound, options), this) {}
  Channel<typename M::Request> in;
  Channel<typename M::Response> out;

 private:
  void abort_streams() noexcept override {
    in.abort();
    out.abort();
  }
};

/// False: the request is too large, and the call has ended with that.
template <class Call>
bool admit_request(Call& call) {
  Status status = check_message(call.bound(), call.request);
  if (status.ok()) return true;
  call.refuse_now(std::move(status));
  return false;
}

/// A call by `new` would lose its block if it cannot be made: no operator delete of a class fits its aligned operator
/// new and takes the size as well.
template <class Call, class... Arguments>
CallHandle<Call> make_call(Arguments&&... arguments) {
  constexpr std::align_val_t kAligned{alignof(Call)};
  void* const room = Call::operator new(sizeof(Call), kAligned);
  try {
    return CallHandle<Call>(::new (room) Call(std::forward<Arguments>(arguments)...));
  } catch (...) {
    Call::operator delete(room, sizeof(Call), kAligned);
    throw;
  }
}

/// Makes a call and hands it to its isolate or backlog. It keeps the method, if that may die before it.
///   lost   null, or the attempt that this one is made for
template <class M, class... Request>
CallHandle<CallOf<M>> start_call_again(const CallState* lost, BoundMethod& bound, const CallOptions& options,
                                       Request&&... request) {
  auto make = [&] {
    if constexpr (M::kind == MethodKind::unary) {
      return make_call<CallOf<M>>(bound, options, false, std::forward<Request>(request)...);
    } else {
      return make_call<CallOf<M>>(bound, options, std::forward<Request>(request)...);
    }
  };
  CallHandle<CallOf<M>> call = make();
  if (lost) call->carry_on_for(*lost);
  if (auto keeper = bound.holder.lock()) [[unlikely]]
    call->keep(std::move(keeper));
  if constexpr (sizeof...(Request) > 0) {
    if (!admit_request(*call.get())) return call;
    if (bound.backlog) [[unlikely]]
      call->note_arrays(count_bytes_of(call->request));
  }
  call->submit();
  return call;
}
template <class M, class... Request>
CallHandle<CallOf<M>> start_call_at(BoundMethod& bound, const CallOptions& options, Request&&... request) {
  return start_call_again<M>(nullptr, bound, options, std::forward<Request>(request)...);
}
template <class M, class... Request>
CallHandle<CallOf<M>> start_call(BoundMethod& bound, const CallOptions& options, Request&&... request) {
  if (bound.router) [[unlikely]] {
    const Route route(bound, false, request...);
    return start_call_at<M>(*route, options, std::forward<Request>(request)...);
  }
  return start_call_at<M>(bound, options, std::forward<Request>(request)...);
}

}  // namespace lagoon::detail
