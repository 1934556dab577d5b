// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/trace.hpp>

#include <lagoon/engine/per_thread.hpp>
#include <lagoon/engine/ticks.hpp>

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <ostream>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace lagoon {
namespace detail {
constinit thread_local TraceContext t_trace{};
}

namespace {

using detail::TraceEvent;
static_assert(sizeof(TraceEvent) <= 96 && std::is_trivial_v<TraceEvent>);

std::uint64_t monotonic_ns() noexcept {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

std::uint32_t thread_number() noexcept {
  thread_local const auto number = static_cast<std::uint32_t>(syscall(SYS_gettid));
  return number;
}

void fill(TraceEvent& event, TraceEvent::Kind kind, const TraceContext& context, std::string_view name,
          const char* category) noexcept {
  event.kind = kind;
  event.flow = TraceEvent::none;
  event.call = context.call;
  event.category = category;
  event.has_number = false;
  std::size_t n = std::min(name.size(), TraceEvent::kNameBytes);
  // Not in the middle of a UTF-8 character.
  while (n > 0 && n < name.size() && (static_cast<unsigned char>(name[n]) & 0xC0) == 0x80) --n;
  event.name_bytes = static_cast<std::uint8_t>(n);
  std::memcpy(event.name, name.data(), n);
}

// The length of the well-formed UTF-8 character at the front, or 0.
std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char first = byte(0);
  const std::size_t n = first < 0x80                    ? 1
                        : first >= 0xC2 && first < 0xE0 ? 2
                        : first >= 0xE0 && first < 0xF0 ? 3
                        : first >= 0xF0 && first < 0xF5 ? 4
                                                        : 0;
  if (n == 0 || n > text.size()) return 0;
  for (std::size_t k = 1; k < n; ++k)
    if ((byte(k) & 0xC0) != 0x80) return 0;
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) || (first == 0xF0 && byte(1) < 0x90) ||
      (first == 0xF4 && byte(1) > 0x8F))
    return 0;  // overlong, surrogate, or beyond U+10FFFF
  return n;
}

void add_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    const char c = text[0];
    if (n == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += text.substr(0, n);
    }
    text.remove_prefix(n ? n : 1);
  }
  out += '"';
}

// std::to_chars, since printf and streams write a comma for the point in some locales.
template <class... Format>
void add_number(std::string& out, double x, Format... format) {
  char digits[400];
  const auto end = std::to_chars(digits, digits + sizeof digits, std::isfinite(x) ? x : 0.0, format...);
  out.append(digits, end.ptr);
}

void add_us(std::string& out, double ns) { add_number(out, ns / 1e3, std::chars_format::fixed, 3); }

std::string track(long process, std::uint32_t thread) {
  return ",\"pid\":" + std::to_string(process) + ",\"tid\":" + std::to_string(thread);
}

void add_name_record(std::string& out, const char* what, const std::string& where, std::string_view name) {
  out += ",\n{\"name\":\"";
  out += what;
  out += "\",\"ph\":\"M\"" + where + ",\"args\":{\"name\":";
  add_string(out, name);
  out += "}}";
}

}  // namespace

struct Trace::State {
  struct Buffer {
    std::unique_ptr<TraceEvent[]> events;
    std::atomic<std::size_t> size{0};
    ShardCount dropped;
    // What the thread that writes remembers of its last event.
    std::uint32_t thread = 0;
    std::uint16_t isolate = 0;
    std::string isolate_name;
  };
  struct ThreadName {
    std::uint32_t thread;
    std::string name;
  };

  const std::size_t capacity;
  const std::uint64_t first_tick = ticks_now();
  const std::uint64_t first_ns = monotonic_ns();
  PerThread<Buffer> buffers;
  std::mutex mutex;
  std::vector<std::string> isolates = {""};  // index: number; 0 is outside isolates
  std::vector<ThreadName> threads;

  explicit State(std::size_t events_per_thread) : capacity(events_per_thread) {}

  std::uint16_t number_of(std::string_view isolate) {
    std::lock_guard lock(mutex);
    const auto found = std::find(isolates.begin(), isolates.end(), isolate);
    if (found != isolates.end()) return static_cast<std::uint16_t>(found - isolates.begin());
    if (isolates.size() > 0xFFFF) return 0;
    isolates.emplace_back(isolate);
    return static_cast<std::uint16_t>(isolates.size() - 1);
  }

  void introduce(std::uint32_t thread) {
    std::array<char, 16> name{};
    pthread_getname_np(pthread_self(), name.data(), name.size());
    std::lock_guard lock(mutex);
    if (!name_of(thread)) threads.push_back({thread, name.data()});
  }

  const std::string* name_of(std::uint32_t thread) const {
    for (const ThreadName& t : threads)
      if (t.thread == thread) return &t.name;
    return nullptr;
  }

  void add_event(std::string& text, const TraceEvent& e, double rate, long base) const;
};

Trace::Trace(std::size_t events_per_thread) : state_(std::make_unique<State>(events_per_thread)) { ticks_to_ns(0); }
Trace::~Trace() = default;

void Trace::keep(TraceEvent& event, std::string_view isolate) noexcept {
  auto [buffer, exclusive] = state_->buffers.local();
  if (!exclusive) return buffer.dropped.add(1, false);
  // relaxed: this thread alone writes it
  const std::size_t n = buffer.size.load(std::memory_order_relaxed);
  if (n >= state_->capacity) return buffer.dropped.add(1, true);
  try {
    if (!buffer.events) buffer.events = std::make_unique_for_overwrite<TraceEvent[]>(state_->capacity);
    event.thread = thread_number();
    if (buffer.thread != event.thread) {
      state_->introduce(event.thread);
      buffer.thread = event.thread;
    }
    if (buffer.isolate_name != isolate) {
      buffer.isolate = state_->number_of(isolate);
      buffer.isolate_name = isolate;
    }
  } catch (...) {
    return buffer.dropped.add(1, true);
  }
  event.isolate = buffer.isolate;
  buffer.events[n] = event;
  buffer.size.store(n + 1, std::memory_order_release);  // pairs with the acquire in write_json
}

std::uint64_t Trace::events() const noexcept {
  std::uint64_t n = 0;
  state_->buffers.for_each([&](const State::Buffer& b) { n += b.size.load(std::memory_order_relaxed); });
  return n;
}

std::uint64_t Trace::dropped() const noexcept {
  std::uint64_t n = 0;
  state_->buffers.for_each([&](const State::Buffer& b) { n += b.dropped.value(); });
  return n;
}

void Trace::State::add_event(std::string& text, const TraceEvent& e, double rate, long base) const {
  const double since = rate * static_cast<double>(static_cast<std::int64_t>(e.begin - first_tick));
  text += ",\n{\"name\":";
  add_string(text, {e.name, e.name_bytes});
  text += ",\"cat\":";
  add_string(text, e.category);
  text += track(base + e.isolate, e.thread) + ",\"ts\":";
  add_us(text, static_cast<double>(first_ns) + since);
  switch (e.kind) {
    case TraceEvent::span:
      text += ",\"ph\":\"X\",\"dur\":";
      add_us(text, rate * static_cast<double>(e.end - e.begin));
      break;
    case TraceEvent::instant: text += ",\"ph\":\"i\",\"s\":\"t\""; break;
    case TraceEvent::counter: text += ",\"ph\":\"C\""; break;
  }
  if (e.flow != TraceEvent::none && e.call != 0) {
    text += ",\"bind_id\":\"" + std::to_string(e.call) + "\",\"flow_out\":true";
    if (e.flow == TraceEvent::passes) text += ",\"flow_in\":true";
  }
  text += ",\"args\":{";
  if (e.kind != TraceEvent::counter) text += "\"call\":\"" + std::to_string(e.call) + '"';
  if (e.has_number) {
    text += e.kind == TraceEvent::counter ? "\"value\":" : ",\"number\":";
    add_number(text, e.number);
  }
  text += "}}";
}

void Trace::write_json(std::ostream& out) const {
  State& state = *state_;
  // A second reading of both clocks gives the rate over the whole trace, more exactly than a millisecond can.
  const std::uint64_t tick = ticks_now(), ns = monotonic_ns();
  const double rate = tick > state.first_tick && ns - state.first_ns > 1'000'000
                          ? static_cast<double>(ns - state.first_ns) / static_cast<double>(tick - state.first_tick)
                          : static_cast<double>(ticks_to_ns(std::uint64_t{1} << 32)) / 4294967296.0;
  // A "process" of the viewer is an isolate; its number holds the real process, so that files can be merged.
  const long base = static_cast<long>(getpid()) * 100;

  std::string text = "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"dropped\":\"" + std::to_string(dropped()) +
                     "\"},\"traceEvents\":[\n{\"name\":\"process_sort_index\",\"ph\":\"M\"" + track(base, 0) +
                     ",\"args\":{\"sort_index\":0}}";
  std::set<std::pair<std::uint16_t, std::uint32_t>> tracks;
  state.buffers.for_each([&](const State::Buffer& buffer) {
    const std::size_t n = buffer.size.load(std::memory_order_acquire);  // pairs with the release in keep
    for (std::size_t k = 0; k < n; ++k) {
      tracks.emplace(buffer.events[k].isolate, buffer.events[k].thread);
      state.add_event(text, buffer.events[k], rate, base);
      if (text.size() > 60'000) {
        out << text;
        text.clear();
      }
    }
  });

  std::lock_guard lock(state.mutex);
  int last = -1;
  for (const auto& [isolate, thread] : tracks) {
    if (std::exchange(last, isolate) != isolate)
      add_name_record(text, "process_name", track(base + isolate, 0),
                      isolate == 0 ? std::string_view("outside isolates") : std::string_view(state.isolates[isolate]));
    const std::string* name = state.name_of(thread);
    add_name_record(text, "thread_name", track(base + isolate, thread), name ? std::string_view(*name) : "thread");
  }
  out << text << "\n]}\n";
}

void TraceSpan::begin(const TraceContext& context, std::string_view name, const char* category,
                      TraceFlow flow) noexcept {
  fill(event_, TraceEvent::span, context, name, category);
  if (flow == TraceFlow::begins) {
    event_.flow = TraceEvent::begins;
  } else if (context.handed_over) {
    event_.flow = TraceEvent::passes;
  }
  isolate_ = context.isolate;
  trace_ = context.trace;
  event_.begin = ticks_now();
}

void TraceSpan::end() noexcept {
  event_.end = std::max(ticks_now(), event_.begin);
  trace_->keep(event_, isolate_);
}

void trace_instant(const TraceContext& context, std::string_view name, const char* category) noexcept {
  if (!context.trace || !context.trace->on()) return;
  TraceEvent event;
  fill(event, TraceEvent::instant, context, name, category);
  event.begin = event.end = ticks_now();
  context.trace->keep(event, context.isolate);
}

void trace_counter(const TraceContext& context, std::string_view name, double value) noexcept {
  if (!context.trace || !context.trace->on()) return;
  TraceEvent event;
  fill(event, TraceEvent::counter, context, name, "counter");
  event.number = value;
  event.has_number = true;
  event.begin = event.end = ticks_now();
  context.trace->keep(event, context.isolate);
}

}  // namespace lagoon
