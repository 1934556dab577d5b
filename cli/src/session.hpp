// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/trace.hpp>
#include <lagoon/rpc/endpoint.hpp>
#include <lagoon/rpc/options.hpp>
#include <lagoon/rpc/pool.hpp>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "command.hpp"

namespace lagoon::cli {

/// What a command works with: an engine within the options' limits, an isolate for what it does itself, the built-in
/// services behind an endpoint, a trace. --isolation says whether they are in that isolate, or in a worker process.
class Session {
 public:
  Session(const CommonOptions& common, const StopControl& stop);

  Isolate& isolate() noexcept { return isolate_; }
  /// The built-in services. A worker process is started when this is first asked for.
  Endpoint& endpoint();
  /// Has workers behind the endpoint, from now on: for commands that make many calls. They are processes if the options
  /// of either say so. To be called before anything is read, so that arrays lie where workers see them.
  Pool& open_pool(PoolOptions options);
  Engine& engine() noexcept { return engine_; }
  unsigned cores() const noexcept { return engine_.cores(); }
  std::size_t memory_limit() const noexcept { return engine_.memory().limit(); }
  MemoryUse memory() const noexcept { return isolate_.memory()->use(); }
  /// For arrays that calls will refer to; worker processes see what is made there.
  MemoryHandle arrays();

  /// Options of a call that ends when the command is to end.
  CallOptions call_options() const;

  /// f on the isolate, within its memory, ended by Ctrl-C and --timeout, with a span of that name in the trace.
  template <class F>
  auto run(const char* span_name, F&& f) {
    const bool shared = arrays_are_shared();
    return isolate_.run([&] {
      const MemoryScope memory(shared ? &shared_ : current_memory_source());
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
  /// Memory of the endpoint, which worker processes see.
  class SharedArrays final : public MemorySource {
   public:
    MemoryHandle memory() override { return handle; }
    MemoryHandle handle;
  };
  bool arrays_are_shared();

  const CommonOptions& common_;
  const StopControl& stop_;
  Trace trace_;
  Engine engine_;
  Isolate isolate_;
  SharedArrays shared_;
  std::unique_ptr<Endpoint> endpoint_;
};

}  // namespace lagoon::cli
