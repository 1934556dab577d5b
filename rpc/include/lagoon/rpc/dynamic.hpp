// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <lagoon/rpc/endpoint.hpp>
#include <lagoon/rpc/reply.hpp>
#include <lagoon/rpc/value.hpp>
#include <optional>
#include <thread>

namespace lagoon {

/// How a call by name is fed and heard.
struct ByNameOptions {
  CallOptions call{};
  std::function<void(Value)> on_item{};                  ///< each response of a stream
  std::function<std::optional<Value>()> next_request{};  ///< requests of a client or bidirectional stream
};

/// Calls "Contract.method" with a value; missing fields keep their defaults.
///   returns  the response; nothing (monostate) for streams of responses, which go to on_item
///   throws   Error: not_found (did you mean), invalid_argument naming the field, or the call's status
Value call_by_name(Endpoint& endpoint, std::string_view method, const Value& request,
                   const ByNameOptions& options = {});

/// The method by that name, with its service.  throws  not_found naming the nearest
std::pair<Service, const detail::MethodEntry*> find_method(Endpoint& endpoint, std::string_view method);

namespace detail {

struct DynamicMethod {
  Value (*call)(BoundMethod& bound, const Value& request, const ByNameOptions& options);
};

/// Fills the report when the call is over, however it ends; an exception on the way ends the call.
template <class R>
class FillReport {
 public:
  FillReport(R& reply, CallReport* report) : reply_(reply), report_(report), exceptions_(std::uncaught_exceptions()) {}
  ~FillReport() {
    if (!report_) return;
    if (std::uncaught_exceptions() > exceptions_) reply_.cancel();
    *report_ = reply_.report();
  }
  FillReport(const FillReport&) = delete;
  FillReport& operator=(const FillReport&) = delete;

 private:
  R& reply_;
  CallReport* report_;
  int exceptions_;
};

template <class M>
Value dynamic_call(BoundMethod& bound, const Value& from, const ByNameOptions& options) {
  typename M::Request request{};
  if constexpr (M::kind == MethodKind::unary || M::kind == MethodKind::server_stream) from_value(from, request, "");
  auto next = [&]() -> std::optional<typename M::Request> {
    std::optional<Value> v = options.next_request ? options.next_request() : std::nullopt;
    if (!v) return std::nullopt;
    typename M::Request item{};
    from_value(*v, item, "");
    return item;
  };
  if constexpr (M::kind == MethodKind::unary) {
    Reply<M> reply(start_call<M>(bound, options.call, std::move(request)));
    auto result = reply.try_get();
    if (options.call.report) *options.call.report = reply.report();
    return to_value(std::move(result).value());
  } else if constexpr (M::kind == MethodKind::server_stream) {
    StreamReply<M> reply(start_call<M>(bound, options.call, std::move(request)));
    const FillReport fill(reply, options.call.report);
    for (auto& item : reply)
      if (options.on_item) options.on_item(to_value(item));
    return {};
  } else if constexpr (M::kind == MethodKind::client_stream) {
    Upload<M> upload(start_call<M>(bound, options.call));
    const FillReport fill(upload, options.call.report);
    while (auto item = next())
      if (!upload.write(std::move(*item))) break;
    return to_value(upload.get());
  } else {
    Duplex<M> both(start_call<M>(bound, options.call));
    const FillReport fill(both, options.call.report);
    std::exception_ptr error;
    std::thread feeder([&] {
      try {
        while (auto item = next())
          if (!both.write(std::move(*item))) break;
      } catch (...) {
        error = std::current_exception();
      }
      both.close();
    });
    try {
      while (auto item = both.read())
        if (options.on_item) options.on_item(to_value(*item));
    } catch (...) {
      both.cancel();
      feeder.join();
      throw;
    }
    feeder.join();
    if (error) std::rethrow_exception(error);
    return {};
  }
}

template <class M>
const DynamicMethod* dynamic_method() {
  if constexpr (has_value_form<typename M::Request>() && has_value_form<typename M::Response>() &&
                std::is_default_constructible_v<typename M::Request>) {
    static constexpr DynamicMethod kMethod{&dynamic_call<M>};
    return &kMethod;
  } else {
    return nullptr;
  }
}

}  // namespace detail
}  // namespace lagoon
