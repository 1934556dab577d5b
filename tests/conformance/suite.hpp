// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <variant>

#include "echo.hpp"
#include "rpc/watchdog.hpp"
#include "transport.hpp"

namespace lagoon::conformance {

enum class Style { functions, coroutines };

/// What one run of the suite is over.
struct Variant {
  const Transport* transport;
  Style style = Style::functions;
  bool started = true;  ///< unary calls: start().try_get(), or try_call()
};
void PrintTo(const Variant& v, std::ostream* out);

/// Every transport with every style of handler.
std::vector<Variant> variants();
/// The same, and unary calls made in both ways.
std::vector<Variant> unary_variants();
std::string variant_name(const testing::TestParamInfo<Variant>& info);

/// Calls the echo service of the style under test.
class EchoCaller {
 public:
  EchoCaller(Endpoint& endpoint, Style style);
  Result<Response> one(Request q, const CallOptions& options, bool started) const;
  Reply<One> start_one(Request q, const CallOptions& options) const;
  StreamReply<Down> down(Request q, const CallOptions& options) const;
  Upload<Up> up(const CallOptions& options) const;
  Duplex<Both> both(const CallOptions& options) const;
  Counts counts(const CallOptions& options) const;

 private:
  std::variant<Caller<FunctionEcho>, Caller<CoroutineEcho>> caller_;
};

/// A call of any kind behind one face, for what is the same for all kinds.
class AnyCall {
 public:
  virtual ~AnyCall() = default;
  virtual void cancel() = 0;
  virtual bool is_done() const = 0;
  /// The next response if responses are a stream; nothing at the end, however it came.
  virtual std::optional<Response> read() { return std::nullopt; }
  virtual bool write(Request) { return false; }
  virtual void close() {}
  /// Reads what is left and says how the call ended.
  virtual Status finish() = 0;
  virtual CallReport report() = 0;
};

class Suite : public testing::TestWithParam<Variant> {
 protected:
  void open(const WorldOptions& options = {});
  void SetUp() override { open(); }

  CallOptions options() const { return world_->defaults(); }
  CallOptions options(std::chrono::nanoseconds timeout) const;

  /// Begins a call of that kind; where requests are a stream, `q` is the first of them.
  std::unique_ptr<AnyCall> begin(MethodKind kind, Request q, const CallOptions& options) const;
  std::unique_ptr<AnyCall> begin(MethodKind kind, Request q = {}) const { return begin(kind, std::move(q), options()); }
  Result<Response> one(Request q) const { return one(std::move(q), options()); }
  Result<Response> one(Request q, const CallOptions& with) const {
    return echo().one(std::move(q), with, GetParam().started);
  }
  const EchoCaller& echo() const { return *echo_; }
  World& world() const { return *world_; }

  /// Waits until so many handlers have begun (stopped, ended) since the start.
  void wait_begun(std::int64_t n) const;
  void wait_stopped(std::int64_t n) const;
  void wait_ended(std::int64_t n) const;

 private:
  std::unique_ptr<World> world_;
  std::optional<EchoCaller> echo_;
};

inline constexpr MethodKind kKinds[] = {MethodKind::unary, MethodKind::server_stream, MethodKind::client_stream,
                                        MethodKind::bidirectional};

Frozen<std::uint8_t, 1> zeros(std::ptrdiff_t bytes);
Request sized(std::ptrdiff_t request_bytes, std::vector<std::int64_t> responses);
Request failing(Errc code, std::string message, std::vector<std::int64_t> responses = {});
/// Does nothing before that response until it is told to stop.
Request holding(std::vector<std::int64_t> responses, std::int64_t before);

}  // namespace lagoon::conformance
