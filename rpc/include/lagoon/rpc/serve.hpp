// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/task.hpp>
#include <lagoon/rpc/calls.hpp>
#include <lagoon/rpc/dynamic.hpp>
#include <lagoon/rpc/remote.hpp>
#include <lagoon/rpc/stream.hpp>

namespace lagoon {

namespace detail {

// ---- what a handler may look like

template <class F, class... Args>
concept CallableWith = std::is_invocable_v<F&, Args..., CallContext&> || std::is_invocable_v<F&, Args...>;

template <class F, class... Args>
decltype(auto) call_with(F& f, CallContext& context, Args&&... args) {
  if constexpr (std::is_invocable_v<F&, Args..., CallContext&>) {
    return f(std::forward<Args>(args)..., context);
  } else {
    return f(std::forward<Args>(args)...);
  }
}

template <class F, class... Args>
struct HandlerReturn {};
template <class F, class... Args>
  requires CallableWith<F, Args...>
struct HandlerReturn<F, Args...> {
  using type = std::remove_cvref_t<decltype(call_with(std::declval<F&>(), std::declval<CallContext&>(),
                                                      std::declval<Args>()...))>;
};
template <class F, class... Args>
using HandlerReturnT = typename HandlerReturn<F, Args...>::type;

/// R gives one T: itself, a Result, or a Task of either.
template <class R, class T>
inline constexpr bool gives = std::is_convertible_v<R, T> && !is_result<R>;
template <class U, class T>
inline constexpr bool gives<Result<U>, T> = std::is_convertible_v<U, T>;
template <class U, class T>
inline constexpr bool gives<Task<U>, T> = gives<U, T>;

template <class R>
inline constexpr bool ends_stream =
    std::is_void_v<R> || std::is_same_v<R, Status> || std::is_same_v<R, Task<>> || std::is_same_v<R, Task<Status>>;

template <class M, class F>
constexpr bool handles() {
  using Q = typename M::Request;
  using S = typename M::Response;
  if constexpr (M::kind == MethodKind::unary) {
    if constexpr (CallableWith<F, Q&&>) return gives<HandlerReturnT<F, Q&&>, S>;
  } else if constexpr (M::kind == MethodKind::client_stream) {
    if constexpr (CallableWith<F, Reader<Q>&&>) return gives<HandlerReturnT<F, Reader<Q>&&>, S>;
  } else if constexpr (M::kind == MethodKind::server_stream) {
    if constexpr (CallableWith<F, Q&&>) return std::is_same_v<HandlerReturnT<F, Q&&>, Stream<S>>;
    if constexpr (CallableWith<F, Q&&, Writer<S>&&>) return ends_stream<HandlerReturnT<F, Q&&, Writer<S>&&>>;
  } else {
    if constexpr (CallableWith<F, Reader<Q>&&>) return std::is_same_v<HandlerReturnT<F, Reader<Q>&&>, Stream<S>>;
    if constexpr (CallableWith<F, Reader<Q>&&, Writer<S>&&>)
      return ends_stream<HandlerReturnT<F, Reader<Q>&&, Writer<S>&&>>;
  }
  return false;
}

// ---- running one

template <class Call, class T>
void deliver(Call& call, T&& result) {
  if constexpr (is_result<std::remove_cvref_t<T>>) {
    if (!result.ok()) return call.finish(result.status());
    deliver(call, std::move(*result));
  } else {
    if (Status status = check_message(call.bound(), result); !status.ok())
      return call.finish(status.with_executed(Executed::yes));
    account_message(call, result);
    if (!call.begin_settle()) return;
    try {
      call.response.emplace(std::forward<T>(result));
    } catch (...) {
      return call.settle(status_of_current_exception());
    }
    call.settle({});  // the last word: the call may be gone
  }
}

template <class Call>
void deliver_end(Call& call, Status status) {
  call.keep_after_settling();
  call.finish(std::move(status));
  call.out.close_writing();
}

/// A coroutine that has ended still holds its parameters, the request among them: whoever hears of the end may expect
/// that they are gone.
template <class Awaitable>
void free_frame(Awaitable& ended) noexcept {
  const Awaitable dying = std::move(ended);
}

/// Below this root a handler's coroutine runs; it holds the call until the end.
template <class Call, class Awaitable>
Detached run_to_response(CallHandle<Call> call, Awaitable task) {
  try {
    auto result = co_await std::move(task);
    free_frame(task);
    deliver(*call.get(), std::move(result));
  } catch (...) {
    free_frame(task);
    call->finish(status_of_current_exception());
  }
  call->coroutine_ended();
}

template <class Call, class Awaitable>
Detached run_to_end(CallHandle<Call> call, Awaitable task) {
  Status status;
  try {
    if constexpr (std::is_same_v<Awaitable, Task<Status>>) {
      status = co_await std::move(task);
    } else {
      co_await std::move(task);
    }
  } catch (...) {
    status = status_of_current_exception();
  }
  free_frame(task);
  deliver_end(*call.get(), std::move(status));
  call->coroutine_ended();
}

template <class Call, class Item>
Detached run_stream(CallHandle<Call> call, Stream<Item> stream) {
  Status status;
  try {
    co_await stream.into(call->out);
  } catch (...) {
    status = status_of_current_exception();
  }
  free_frame(stream);
  deliver_end(*call.get(), std::move(status));
  call->coroutine_ended();
}

template <class M, class F>
void run_handler(CallState& base, void* handler) noexcept {
  using Call = CallOf<M>;
  using Q = typename M::Request;
  using S = typename M::Response;
  auto& call = static_cast<Call&>(base);
  F& f = *static_cast<F*>(handler);
  CallContext& context = call.context();
  const CallState::Scope scope(call);
  auto share = [&] { return CallHandle<CallState>::sharing(&call); };
  bool begun = false;
  auto root = [&] {
    call.coroutine_begins();
    begun = true;
    return CallHandle<Call>::sharing(&call);
  };
  try {
    if constexpr (M::kind == MethodKind::unary || M::kind == MethodKind::client_stream) {
      auto invoke = [&]() -> decltype(auto) {
        if constexpr (M::kind == MethodKind::unary) {
          account_message(call, call.request);
          return call_with(f, context, std::move(call.request));
        } else {
          return call_with(f, context, Reader<Q>(share(), call.in));
        }
      };
      if constexpr (is_task<std::remove_cvref_t<decltype(invoke())>>) {
        auto task = invoke();
        run_to_response(root(), std::move(task));
      } else {
        deliver(call, invoke());
      }
    } else {
      constexpr bool kUpstream = M::kind == MethodKind::bidirectional;
      auto invoke = [&](auto&&... writer) -> decltype(auto) {
        if constexpr (kUpstream) {
          return call_with(f, context, Reader<Q>(share(), call.in), std::move(writer)...);
        } else {
          account_message(call, call.request);
          return call_with(f, context, std::move(call.request), std::move(writer)...);
        }
      };
      using Source = std::conditional_t<kUpstream, Reader<Q>&&, Q&&>;
      if constexpr (CallableWith<F, Source>) {
        auto stream = invoke();
        run_stream(root(), std::move(stream));
      } else {
        using R = HandlerReturnT<F, Source, Writer<S>&&>;
        if constexpr (is_task<R>) {
          auto task = invoke(Writer<S>(share(), call.out));
          run_to_end(root(), std::move(task));
        } else if constexpr (std::is_void_v<R>) {
          invoke(Writer<S>(share(), call.out));
          deliver_end(call, {});
        } else {
          deliver_end(call, invoke(Writer<S>(share(), call.out)));
        }
      }
    }
  } catch (...) {
    call.keep_after_settling();
    call.finish(status_of_current_exception());
    if constexpr (requires { call.out; }) call.out.close_writing();
    if (begun) call.coroutine_ended();  // there was no memory for the root's frame, so nobody else will
  }
}

template <class M>
struct Binding {
  using MethodType = M;
  std::function<std::shared_ptr<void>()> make_handler;
  void (*run)(CallState&, void*) noexcept;
  bool may_suspend;
};

template <class M, class F>
constexpr bool is_coroutine() {
  using Q = typename M::Request;
  using S = typename M::Response;
  using R = Reader<Q>&&;
  using W = Writer<S>&&;
  constexpr auto suspends = []<class T>(std::type_identity<T>) { return is_task<T> || is_stream<T>; };
  if constexpr (M::kind == MethodKind::unary) {
    return suspends(std::type_identity<HandlerReturnT<F, Q&&>>{});
  } else if constexpr (M::kind == MethodKind::client_stream) {
    return suspends(std::type_identity<HandlerReturnT<F, R>>{});
  } else if constexpr (M::kind == MethodKind::server_stream) {
    if constexpr (CallableWith<F, Q&&>)
      return true;
    else
      return suspends(std::type_identity<HandlerReturnT<F, Q&&, W>>{});
  } else {
    if constexpr (CallableWith<F, R>)
      return true;
    else
      return suspends(std::type_identity<HandlerReturnT<F, R, W>>{});
  }
}

}  // namespace detail

/// Binds a handler to a method: a function, or a coroutine. `Context` below is an optional last CallContext&.
///   unary           Response f(const Request&, Context)            also Result<Response>, Task<Response>
///   server stream   void f(Request, Writer<Response>, Context)     also Status, Task<>; or Stream<Response> f(Request,
///   Context) client stream   Response f(Reader<Request>, Context)           also Result<Response>, Task<Response>
///   bidirectional   void f(Reader<Request>, Writer<Response>, Context); or Stream<Response> f(Reader<Request>,
///   Context)
/// A handler is called from many threads at once (one, if the method is Exclusive); a coroutine takes its parameters
/// by value, since a reference to the request does not outlive its first suspension.
template <class M, class F>
auto on(F handler) {
  static_assert(detail::handles<M, F>(),
                "lagoon: this handler does not fit the method; see lagoon::on for the signatures of its kind");
  auto shared = std::make_shared<F>(std::move(handler));
  return detail::Binding<M>{[shared]() -> std::shared_ptr<void> { return shared; }, &detail::run_handler<M, F>,
                            detail::is_coroutine<M, F>()};
}

/// The implementation of contract C: every method bound exactly once, in any order.
///
///   lagoon::Service analytics = lagoon::serve<Analytics>(
///       lagoon::on<Summarize>([](const Series& s) { return summarize(s.values); }),
///       lagoon::on<Windows>([](Series s, lagoon::Writer<Summary> out) { ... }));
template <class C, class... M>
Service serve(detail::Binding<M>... bindings) {
  auto bound_once = []<class... All>(std::tuple<All...>*) {
    return sizeof...(M) == sizeof...(All) && ([]<class One>(One*) {
             return (0 + ... + int(std::is_same_v<One, M>)) == 1;
           }(static_cast<All*>(nullptr)) && ...);
  };
  static_assert(bound_once(static_cast<typename C::MethodList*>(nullptr)),
                "lagoon: every method of the contract must be bound exactly once, and no other");
  auto state = std::make_shared<detail::ServiceState>();
  state->name = C::name;
  (state->methods.push_back({.name = M::name,
                             .kind = M::kind,
                             .traits = M::traits,
                             .request = &typeid(typename M::Request),
                             .response = &typeid(typename M::Response),
                             .describe_request = &detail::describe_type<typename M::Request>,
                             .describe_response = &detail::describe_type<typename M::Response>,
                             .run = bindings.run,
                             .may_suspend = bindings.may_suspend,
                             .make_handler = std::move(bindings.make_handler),
                             .dynamic = detail::dynamic_method<M>(),
                             .remote = detail::remote_method<M>()}),
   ...);
  return Service(std::move(state));
}

}  // namespace lagoon
