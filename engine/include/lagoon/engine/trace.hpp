// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string_view>

namespace lagoon {

class Trace;

/// Which trace, if any, the work on this thread is written to, and on whose behalf it is done.
struct TraceContext {
  Trace* trace = nullptr;
  std::uint64_t call = 0;         ///< number of the call, 0 when there is none; arrows connect spans of one call
  std::string_view isolate = {};  ///< whose track the spans go to; outlives the scope
  bool handed_over = false;       ///< the work came from another thread: draw an arrow to its first spans
};

namespace detail {
extern constinit thread_local TraceContext t_trace;

// Trivial, so that a buffer takes memory only as it fills.
struct TraceEvent {
  enum Kind : std::uint8_t { span, instant, counter };
  enum Flow : std::uint8_t { none, begins, passes };
  static constexpr std::size_t kNameBytes = 46;

  std::uint64_t begin;  // ticks
  std::uint64_t end;
  std::uint64_t call;
  double number;
  const char* category;
  std::uint32_t thread;
  std::uint16_t isolate;
  Kind kind;
  Flow flow;
  bool has_number;
  std::uint8_t name_bytes;
  char name[kNameBytes];  // a copy, since names may die before the trace is written
};
}  // namespace detail

/// What the work on this thread is traced into; carried to other threads with the work.
inline const TraceContext& current_trace() noexcept { return detail::t_trace; }

/// While it lives, spans on this thread go to that trace.
class TraceScope {
 public:
  explicit TraceScope(const TraceContext& context) noexcept : previous_(detail::t_trace) { detail::t_trace = context; }
  ~TraceScope() { detail::t_trace = previous_; }
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  TraceContext previous_;
};

/// Where time goes, as a picture: calls, graph nodes and kernels nested on a track per isolate and thread.
/// Off until start(); then each thread writes to a buffer of its own, without locks, until it is full.
///
///   Trace trace;
///   trace.start();
///   {
///     TraceScope scope({&trace});
///     TraceSpan span("load");
///     ...
///   }
///   std::ofstream file("trace.json");
///   trace.write_json(file);            // for ui.perfetto.dev or chrome://tracing
///   cost    off: one relaxed load a span; on: about 60 ns; 96 bytes an event
class Trace {
 public:
  /// events_per_thread  a thread that has written so many drops later ones, and the file says how many
  explicit Trace(std::size_t events_per_thread = 16384);
  ~Trace();
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  void start() noexcept { on_.store(true, std::memory_order_relaxed); }  // a flag, publishes no data
  void stop() noexcept { on_.store(false, std::memory_order_relaxed); }
  bool on() const noexcept { return on_.load(std::memory_order_relaxed); }

  /// All events until now, in Chrome's JSON format; may be called while others still write.
  /// Times are microseconds of the machine's monotonic clock, so that traces of several processes line up.
  void write_json(std::ostream& out) const;

  std::uint64_t events() const noexcept;
  /// Events that found their buffer full.
  std::uint64_t dropped() const noexcept;

  /// Completes the event (thread, isolate) and keeps it; called by spans, instants and counters.
  void keep(detail::TraceEvent& event, std::string_view isolate) noexcept;

 private:
  struct State;
  std::atomic<bool> on_{false};
  std::unique_ptr<State> state_;
};

/// How a span takes part in the arrows of its call.
enum class TraceFlow : std::uint8_t {
  automatic,  ///< an arrow leads to it when the work came from another thread
  begins,     ///< the arrows of the call start here
};

/// A stretch of work: from here to the end of the block.
class TraceSpan {
 public:
  /// In the trace of this thread, if any.
  ///   category  a string literal: "call", "node", "kernel", "chunk"
  explicit TraceSpan(std::string_view name, const char* category = "kernel") noexcept
      : TraceSpan(current_trace(), name, category) {}
  TraceSpan(const TraceContext& context, std::string_view name, const char* category,
            TraceFlow flow = TraceFlow::automatic) noexcept {
    if (context.trace && context.trace->on()) [[unlikely]]
      begin(context, name, category, flow);
  }
  ~TraceSpan() {
    if (trace_) [[unlikely]]
      end();
  }
  TraceSpan(const TraceSpan&) = delete;
  TraceSpan& operator=(const TraceSpan&) = delete;

  /// A number to show with the span: an index, a size.
  void set_number(double number) noexcept {
    if (!trace_) return;
    event_.number = number;
    event_.has_number = true;
  }

 private:
  void begin(const TraceContext& context, std::string_view name, const char* category, TraceFlow flow) noexcept;
  void end() noexcept;

  Trace* trace_ = nullptr;
  detail::TraceEvent event_;  // filled while trace_ is set
  std::string_view isolate_;
};

/// Something that happened at one moment: a cancel, a retry, an isolate that ended.
void trace_instant(const TraceContext& context, std::string_view name, const char* category) noexcept;
/// A value over time, drawn as a curve: queued calls, bytes held.
void trace_counter(const TraceContext& context, std::string_view name, double value) noexcept;

}  // namespace lagoon
