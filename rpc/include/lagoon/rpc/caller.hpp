// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <lagoon/rpc/endpoint.hpp>
#include <lagoon/rpc/reply.hpp>
#include <memory>

namespace lagoon {

/// Calls the methods of contract C at an endpoint. Cheap to copy; safe from many threads.
///
///   lagoon::Caller<Analytics> analytics(local);
///   Summary s = analytics.call<Summarize>({values});                        // waits; throws lagoon::Error
///   auto r = analytics.try_call<Summarize>({values}, {.timeout = 50ms});    // Result<Summary>
///   auto reply = analytics.start<Summarize>({values});                      // later: reply.get(), co_await reply
///   for (const Summary& w : analytics.start<Windows>({values})) ...
///
/// A waiting call without a deadline runs on this thread, inside the isolate's arena, when a slot is free: no thread
/// is woken. Otherwise, and for `start`, the isolate's own threads run it.
template <class C>
class Caller {
 public:
  /// The endpoint outlives the caller's calls.
  explicit Caller(Endpoint& endpoint) {
    [&]<class... M>(std::tuple<M...>*) {
      std::size_t i = 0;
      ((bound_[i++] =
            endpoint.bind(C::name, M::name, M::kind, typeid(typename M::Request), typeid(typename M::Response))),
       ...);
    }(static_cast<typename C::MethodList*>(nullptr));
  }

  template <class M>
    requires(M::kind == MethodKind::unary)
  typename M::Response call(typename M::Request request, const CallOptions& options = {}) const {
    return std::move(try_call<M>(std::move(request), options)).value();
  }

  template <class M>
    requires(M::kind == MethodKind::unary)
  Result<typename M::Response> try_call(typename M::Request request, const CallOptions& options = {}) const {
    detail::BoundMethod& bound = method<M>();
    if (bound.router) [[unlikely]] {
      const detail::Route route(bound, detail::may_run_inline(bound, options), request);
      return try_call_at<M>(*route, std::move(request), options);
    }
    return try_call_at<M>(bound, std::move(request), options);
  }

  template <class M>
    requires(M::kind == MethodKind::unary)
  Reply<M> start(typename M::Request request, const CallOptions& options = {}) const {
    return Reply<M>(detail::start_call<M>(method<M>(), options, std::move(request)));
  }

  template <class M>
    requires(M::kind == MethodKind::server_stream)
  StreamReply<M> start(typename M::Request request, const CallOptions& options = {}) const {
    return StreamReply<M>(detail::start_call<M>(method<M>(), options, std::move(request)));
  }

  template <class M>
    requires(M::kind == MethodKind::client_stream)
  Upload<M> start(const CallOptions& options = {}) const {
    return Upload<M>(detail::start_call<M>(method<M>(), options));
  }

  template <class M>
    requires(M::kind == MethodKind::bidirectional)
  Duplex<M> start(const CallOptions& options = {}) const {
    return Duplex<M>(detail::start_call<M>(method<M>(), options));
  }

  /// For what is built upon callers.
  template <class M>
  detail::BoundMethod& method() const {
    return *bound_[C::template index_of<M>()];
  }

 private:
  template <class M>
  Result<typename M::Response> try_call_at(detail::BoundMethod& bound, typename M::Request&& request,
                                           const CallOptions& options) const {
    if (!bound.router && detail::may_run_inline(bound, options)) {
      detail::CallOf<M> call(bound, options, true, std::move(request));
      if (detail::admit_request(call) && call.try_run_inline()) {
        if (options.report) call.fill(*options.report);
        if (!call.status().ok()) return call.status();
        return std::move(*call.response);
      }
      if (call.is_done()) {
        if (options.report) call.fill(*options.report);
        return call.status();
      }
      request = std::move(call.request);
      // Somebody was faster, or its worker has died: whichever worker is free first.
      if (bound.pooled)
        return answer<M>(detail::start_call_again<M>(&call, *bound.pooled, options, std::move(request)), options);
    }
    return answer<M>(detail::start_call_at<M>(bound, options, std::move(request)), options);
  }
  template <class M>
  static Result<typename M::Response> answer(detail::CallHandle<detail::CallOf<M>> call, const CallOptions& options) {
    Reply<M> reply(std::move(call));
    auto result = reply.try_get();
    if (options.report) *options.report = reply.report();
    return result;
  }

  std::array<std::shared_ptr<detail::BoundMethod>, C::size> bound_;
};

}  // namespace lagoon
