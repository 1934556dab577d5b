// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/trace.hpp>
#include <lagoon/rpc/endpoint.hpp>
#include <lagoon/rpc/options.hpp>
#include <string>
#include <type_traits>
#include <utility>

#include "command.hpp"

namespace lagoon::cli {

/// What a command works with: an engine within the options' limits, one isolate with the built-in services, a trace.
class Session {
 public:
  Session(const CommonOptions& common, const StopControl& stop);

  Isolate& isolate() noexcept { return isolate_; }
  Endpoint& endpoint() noexcept { return local_; }
  Engine& engine() noexcept { return engine_; }
  unsigned cores() const noexcept { return engine_.cores(); }
  std::size_t memory_limit() const noexcept { return engine_.memory().limit(); }
  MemoryUse memory() const noexcept { return isolate_.memory()->use(); }

  /// Options of a call that ends when the command is to end.
  CallOptions call_options() const;

  /// f on the isolate, within its memory, ended by Ctrl-C and --timeout, with a span of that name in the trace.
  template <class F>
  auto run(const char* span_name, F&& f) {
    return isolate_.run([&] {
      const StopScope stop(&stop_);
      const TraceScope trace({&trace_, 0, isolate_.name()});
      const TraceSpan span(span_name, "command");
      return f();
    });
  }
  /// A scope for spans on this thread.
  TraceContext trace_context() noexcept { return {&trace_}; }

  /// Chrome's JSON of the trace until now; "" when nothing is traced.
  std::string trace_json() const;
  /// Writes the file of --trace, if asked for.
  void write_trace() const;

 private:
  const CommonOptions& common_;
  const StopControl& stop_;
  Trace trace_;
  Engine engine_;
  Isolate isolate_;
  Local local_;
};

}  // namespace lagoon::cli
