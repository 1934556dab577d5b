// SPDX-License-Identifier: Apache-2.0
#include "echo.hpp"

#include <atomic>
#include <thread>

namespace lagoon::conformance {
namespace {

struct Tallies {
  std::atomic<std::int64_t> begun{0}, stopped{0}, ended{0};
  Counts read() const { return {begun.load(), stopped.load(), ended.load()}; }
};

/// One handler's life: what it has read, what it was ordered to do, and how it answers.
class Handling {
 public:
  Handling(Tallies& tallies, CallContext& context) : tallies_(tallies), context_(context) { ++tallies_.begun; }
  ~Handling() { ++tallies_.ended; }
  Handling(const Handling&) = delete;
  Handling& operator=(const Handling&) = delete;

  /// The first request that orders anything is obeyed.
  void take(const Request& request) {
    ++requests_;
    bytes_ += request.body.size();
    if (requests_ > 1 && request.order.sizes.empty()) return;
    order_ = request.order;
    next_ = 0;
    for (const Entry& e : order_.initial) context_.add_initial_metadata(e.key, e.value);
    for (const Entry& e : order_.trailing) context_.add_trailing_metadata(e.key, e.value);
  }

  bool enough() const { return order_.after >= 0 && requests_ >= order_.after; }
  bool has_next() const { return next_ < order_.sizes.size(); }
  bool half_duplex() const { return order_.half_duplex; }

  /// Waits before the next response if that was ordered, until the call is to end.
  void keep_order() {
    if (order_.hold != static_cast<std::int64_t>(next_)) return;
    while (!context_.stop_requested()) std::this_thread::yield();
    ++tallies_.stopped;
    context_.throw_if_stopped();
  }

  Response answer() {
    keep_order();
    const auto n = static_cast<std::ptrdiff_t>(next_ < order_.sizes.size() ? order_.sizes[next_++] : 0);
    Response r;
    r.body = Tensor<std::uint8_t, 1>::zeros({n}).freeze();
    r.requests = requests_;
    r.request_bytes = bytes_;
    for (const auto& [key, value] : context_.metadata()) r.metadata.push_back({key, value});
    if (context_.deadline() != kNever)
      r.left_ns = std::chrono::nanoseconds(context_.deadline() - std::chrono::steady_clock::now()).count();
    r.trace = static_cast<std::int64_t>(context_.trace_id());
    return r;
  }

  Status end() {
    keep_order();
    if (order_.code == 0) return {};
    Status status(static_cast<Errc>(order_.code), order_.message);
    for (const Entry& e : order_.details) status = status.with_detail(e.key, e.value);
    if (order_.throws) throw Error(status);
    return status;
  }
  Result<Response> last() {
    if (Status status = end(); !status.ok()) return status;
    return answer();
  }

 private:
  Tallies& tallies_;
  CallContext& context_;
  Order order_;
  std::int64_t requests_ = 0, bytes_ = 0;
  std::size_t next_ = 0;
};

}  // namespace

Service function_echo() {
  auto tallies = std::make_shared<Tallies>();
  return serve<FunctionEcho>(
      on<One>([tallies](const Request& request, CallContext& context) {
        Handling h(*tallies, context);
        h.take(request);
        return h.last();
      }),
      on<Down>([tallies](const Request& request, Writer<Response> out, CallContext& context) -> Status {
        Handling h(*tallies, context);
        h.take(request);
        while (h.has_next())
          if (!out.write(h.answer())) break;
        return h.end();
      }),
      on<Up>([tallies](Reader<Request> in, CallContext& context) -> Result<Response> {
        Handling h(*tallies, context);
        while (!h.enough()) {
          auto request = in.read();
          if (!request) break;
          h.take(*request);
        }
        return h.last();
      }),
      on<Both>([tallies](Reader<Request> in, Writer<Response> out, CallContext& context) -> Status {
        Handling h(*tallies, context);
        bool open = true;
        while (open && !h.enough()) {
          auto request = in.read();
          if (!request) break;
          h.take(*request);
          while (open && !h.half_duplex() && h.has_next()) open = out.write(h.answer());
        }
        while (open && h.has_next()) open = out.write(h.answer());
        return h.end();
      }),
      on<Count>([tallies](const Empty&) { return tallies->read(); }));
}

Service coroutine_echo() {
  auto tallies = std::make_shared<Tallies>();
  return serve<CoroutineEcho>(
      on<One>([tallies](Request request, CallContext& context) -> Task<Result<Response>> {
        Handling h(*tallies, context);
        h.take(request);
        co_return h.last();
      }),
      on<Down>([tallies](Request request, CallContext& context) -> Stream<Response> {
        Handling h(*tallies, context);
        h.take(request);
        while (h.has_next()) {
          Response r = h.answer();
          co_yield r;
        }
        if (Status status = h.end(); !status.ok()) throw Error(status);
      }),
      on<Up>([tallies](Reader<Request> in, CallContext& context) -> Task<Result<Response>> {
        Handling h(*tallies, context);
        while (!h.enough()) {
          auto request = co_await in.next();
          if (!request) break;
          h.take(*request);
        }
        co_return h.last();
      }),
      on<Both>([tallies](Reader<Request> in, Writer<Response> out, CallContext& context) -> Task<Status> {
        Handling h(*tallies, context);
        bool open = true;
        while (open && !h.enough()) {
          auto request = co_await in.next();
          if (!request) break;
          h.take(*request);
          while (open && !h.half_duplex() && h.has_next()) {
            Response r = h.answer();
            open = co_await out.send(r);
          }
        }
        while (open && h.has_next()) {
          Response r = h.answer();
          open = co_await out.send(r);
        }
        co_return h.end();
      }),
      on<Count>([tallies](const Empty&) { return tallies->read(); }));
}

}  // namespace lagoon::conformance
