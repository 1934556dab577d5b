// SPDX-License-Identifier: Apache-2.0
#include "suite.hpp"

#include <thread>

namespace lagoon::conformance {

void PrintTo(const Variant& v, std::ostream* out) { *out << variant_name({v, 0}); }

std::vector<Variant> variants() {
  std::vector<Variant> all;
  for (const Transport& t : transports())
    for (const Style style : {Style::functions, Style::coroutines}) all.push_back({&t, style});
  return all;
}

std::vector<Variant> unary_variants() {
  std::vector<Variant> all;
  for (Variant v : variants())
    for (v.started = false;; v.started = true) {
      all.push_back(v);
      if (v.started) break;
    }
  return all;
}

std::string variant_name(const testing::TestParamInfo<Variant>& info) {
  const Variant& v = info.param;
  return v.transport->name + (v.style == Style::functions ? "_functions" : "_coroutines") +
         (v.started ? "" : "_waiting");
}

EchoCaller::EchoCaller(Endpoint& endpoint, Style style)
    : caller_(style == Style::functions ? decltype(caller_)(Caller<FunctionEcho>(endpoint))
                                        : decltype(caller_)(Caller<CoroutineEcho>(endpoint))) {}

Result<Response> EchoCaller::one(Request q, const CallOptions& o, bool started) const {
  return std::visit(
      [&](const auto& c) {
        return started ? c.template start<One>(std::move(q), o).try_get() : c.template try_call<One>(std::move(q), o);
      },
      caller_);
}
Reply<One> EchoCaller::start_one(Request q, const CallOptions& o) const {
  return std::visit([&](const auto& c) { return c.template start<One>(std::move(q), o); }, caller_);
}
StreamReply<Down> EchoCaller::down(Request q, const CallOptions& o) const {
  return std::visit([&](const auto& c) { return c.template start<Down>(std::move(q), o); }, caller_);
}
Upload<Up> EchoCaller::up(const CallOptions& o) const {
  return std::visit([&](const auto& c) { return c.template start<Up>(o); }, caller_);
}
Duplex<Both> EchoCaller::both(const CallOptions& o) const {
  return std::visit([&](const auto& c) { return c.template start<Both>(o); }, caller_);
}
Counts EchoCaller::counts(const CallOptions& o) const {
  return std::visit([&](const auto& c) { return c.template call<Count>({}, o); }, caller_);
}

namespace {

template <class R>
class CallBase : public AnyCall {
 public:
  explicit CallBase(R reply) : reply_(std::move(reply)) {}
  void cancel() override { reply_.cancel(); }
  bool is_done() const override { return reply_.is_done(); }
  CallReport report() override { return reply_.report(); }

 protected:
  std::optional<Response> read_from_stream() {
    try {
      return reply_.read();
    } catch (const Error& e) {
      status_ = e.status();
      return std::nullopt;
    }
  }
  bool write_to_stream(Request&& q) {
    try {
      return reply_.write(std::move(q));
    } catch (const Error& e) {
      status_ = e.status();
      return false;
    }
  }
  Status read_to_the_end() {
    while (read_from_stream()) {
    }
    return status_.ok() ? reply_.status() : status_;
  }

  R reply_;
  Status status_;
};

class UnaryCall final : public CallBase<Reply<One>> {
 public:
  using CallBase::CallBase;
  Status finish() override { return reply_.status(); }
};

class DownCall final : public CallBase<StreamReply<Down>> {
 public:
  using CallBase::CallBase;
  std::optional<Response> read() override { return read_from_stream(); }
  Status finish() override { return read_to_the_end(); }
};

class UpCall final : public CallBase<Upload<Up>> {
 public:
  using CallBase::CallBase;
  bool write(Request q) override { return write_to_stream(std::move(q)); }
  void close() override { reply_.close(); }
  Status finish() override {
    reply_.close();
    return reply_.status();
  }
};

class BothCall final : public CallBase<Duplex<Both>> {
 public:
  using CallBase::CallBase;
  std::optional<Response> read() override { return read_from_stream(); }
  bool write(Request q) override { return write_to_stream(std::move(q)); }
  void close() override { reply_.close(); }
  Status finish() override {
    reply_.close();
    return read_to_the_end();
  }
};

}  // namespace

void Suite::open(const WorldOptions& options) {
  echo_.reset();
  world_.reset();
  world_ = GetParam().transport->make({function_echo(), coroutine_echo()}, options);
  echo_.emplace(world_->endpoint(), GetParam().style);
}

CallOptions Suite::options(std::chrono::nanoseconds timeout) const {
  CallOptions with = options();
  with.timeout = timeout;
  return with;
}

std::unique_ptr<AnyCall> Suite::begin(MethodKind kind, Request q, const CallOptions& with) const {
  switch (kind) {
    case MethodKind::unary: return std::make_unique<UnaryCall>(echo().start_one(std::move(q), with));
    case MethodKind::server_stream: return std::make_unique<DownCall>(echo().down(std::move(q), with));
    case MethodKind::client_stream: {
      auto call = std::make_unique<UpCall>(echo().up(with));
      call->write(std::move(q));
      return call;
    }
    case MethodKind::bidirectional: {
      auto call = std::make_unique<BothCall>(echo().both(with));
      call->write(std::move(q));
      return call;
    }
  }
  return nullptr;
}

void Suite::wait_begun(std::int64_t n) const {
  while (echo().counts(options()).begun < n) std::this_thread::yield();
}
void Suite::wait_stopped(std::int64_t n) const {
  while (echo().counts(options()).stopped < n) std::this_thread::yield();
}
void Suite::wait_ended(std::int64_t n) const {
  while (echo().counts(options()).ended < n) std::this_thread::yield();
}

Frozen<std::uint8_t, 1> zeros(std::ptrdiff_t bytes) { return Tensor<std::uint8_t, 1>::zeros({bytes}).freeze(); }

Request sized(std::ptrdiff_t request_bytes, std::vector<std::int64_t> responses) {
  Request q;
  q.body = zeros(request_bytes);
  q.order.sizes = std::move(responses);
  return q;
}
Request failing(Errc code, std::string message, std::vector<std::int64_t> responses) {
  Request q = sized(0, std::move(responses));
  q.order.code = static_cast<std::int64_t>(code);
  q.order.message = std::move(message);
  return q;
}
Request holding(std::vector<std::int64_t> responses, std::int64_t before) {
  Request q = sized(0, std::move(responses));
  q.order.hold = before;
  return q;
}

}  // namespace lagoon::conformance
