// SPDX-License-Identifier: Apache-2.0
#include <lagoon/monitor/prometheus.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lagoon {
namespace {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// Bytes of the letter that the text begins with, 0 when it begins with none.
std::size_t letter_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xC2 ? 0
                           : first < 0xE0 ? 2
                           : first < 0xF0 ? 3
                           : first < 0xF5 ? 4
                                          : 0;
  if (size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  if (size == 3 && ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) >= 0xA0))) return 0;
  if (size == 4 && ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) >= 0x90))) return 0;
  return size;
}

class Text {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = "lagoon_pool_" + std::string(name);
    out_.append("# HELP ").append(name_).append(" ").append(help).append("\n");
    out_.append("# TYPE ").append(name_).append(" ").append(type).append("\n");
  }
  void sample(Labels labels, double value, std::string_view suffix = "") {
    out_.append(name_).append(suffix);
    char between = '{';
    for (const auto& [key, text] : labels) {
      out_ += std::exchange(between, ',');
      out_.append(key).append("=\"");
      escape(text);
      out_ += '"';
    }
    out_.append("} ").append(number(value)).append("\n");
  }
  void sample(Labels labels, std::uint64_t value, std::string_view suffix = "") {
    sample(labels, static_cast<double>(value), suffix);
  }
  static std::string number(double x) {
    if (std::isinf(x)) return x > 0 ? "+Inf" : "-Inf";
    std::array<char, 32> digits;
    // Counts are exact up to 2^53, which Prometheus cannot do better.
    const auto end = x == std::floor(x) && std::abs(x) < 0x1p53
                         ? std::to_chars(digits.data(), digits.data() + digits.size(), static_cast<std::int64_t>(x))
                         : std::to_chars(digits.data(), digits.data() + digits.size(), x);
    return {digits.data(), end.ptr};
  }
  std::string take() { return std::move(out_); }

 private:
  void escape(std::string_view text) {
    while (!text.empty()) {
      const std::size_t size = letter_of(text);
      if (text[0] == '\\')
        out_ += "\\\\";
      else if (text[0] == '"')
        out_ += "\\\"";
      else if (text[0] == '\n')
        out_ += "\\n";
      else if (size == 0)
        out_ += "\xEF\xBF\xBD";  // the replacement character: the text must be UTF-8
      else
        out_ += text.substr(0, size);
      text.remove_prefix(size ? size : 1);
    }
  }

  std::string out_, name_;
};

double seconds_of(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

/// A pool and the name that no other has: two series of the same labels would be refused.
struct Named {
  const PoolReport& report;
  std::string name;
};

std::vector<Named> named_apart(std::span<const PoolReport> pools) {
  std::set<std::string> taken;
  for (const PoolReport& p : pools) taken.insert(p.pool);
  std::set<std::string_view> seen;
  std::vector<Named> named;
  for (const PoolReport& p : pools) {
    std::string name = p.pool;
    if (!seen.insert(p.pool).second)
      for (int number = 2; !taken.insert(name).second; ++number) name = p.pool + " (" + std::to_string(number) + ")";
    named.push_back({p, std::move(name)});
  }
  return named;
}

void put_pools(Text& t, const std::vector<Named>& pools) {
  t.family("up", "gauge", "Whether the pool takes calls.");
  for (const auto& p : pools) t.sample({{"pool", p.name}}, p.report.status.ok() ? 1.0 : 0.0);
  t.family("age_seconds", "gauge", "Time since the pool was made.");
  for (const auto& p : pools) t.sample({{"pool", p.name}}, seconds_of(p.report.age));
  t.family("queued_calls", "gauge", "Calls that wait for a worker.");
  for (const auto& p : pools) t.sample({{"pool", p.name}}, std::uint64_t{p.report.queued});
  t.family("workers_limit", "gauge", "Workers that there may be.");
  for (const auto& p : pools) t.sample({{"pool", p.name}}, std::uint64_t{p.report.most_workers});
  t.family("workers", "gauge", "Workers by state.");
  for (const auto& p : pools) {
    for (WorkerState state : {WorkerState::serving, WorkerState::leaving, WorkerState::hung}) {
      std::uint64_t n = 0;
      for (const auto& w : p.report.workers) n += w.state == state;
      t.sample({{"pool", p.name}, {"state", name(state)}}, n);
    }
  }
  t.family("worker_events_total", "counter", "What happened to workers.");
  for (const auto& p : pools) {
    const std::pair<std::string_view, std::uint64_t> events[] = {{"created", p.report.counts.created},
                                                                 {"terminated", p.report.counts.terminated},
                                                                 {"failed", p.report.counts.failed},
                                                                 {"hung", p.report.counts.hung},
                                                                 {"unhealthy", p.report.counts.unhealthy}};
    for (const auto& [event, n] : events) t.sample({{"pool", p.name}, {"event", event}}, n);
  }
  t.family("moved_calls_total", "counter", "Calls that one worker had not started and another was given.");
  for (const auto& p : pools) t.sample({{"pool", p.name}}, p.report.counts.moved);
}

/// Cumulative counts at 1, 2.5 and 5 times each power of ten. A bucket of the histogram counts where it ends.
void put_latency(Text& t, const Named& p, const MethodReport& m) {
  const Histogram& h = m.totals.latency;
  std::uint64_t below = 0;
  std::size_t next = 0;
  for (int power = 3; power <= 10; ++power) {
    for (const double step : {1.0, 2.5, 5.0}) {
      const double nanoseconds = step * std::pow(10, power);
      if (nanoseconds > 1e10) break;
      for (; next + 1 < h.buckets().size(); ++next) {
        const std::uint64_t last = LogLinearBuckets::lowest(next) + LogLinearBuckets::width(next) - 1;
        if (static_cast<double>(last) > nanoseconds) break;
        below += h.buckets()[next];
      }
      t.sample(
          {{"pool", p.name}, {"service", m.service}, {"method", m.method}, {"le", Text::number(nanoseconds / 1e9)}},
          below, "_bucket");
    }
  }
  t.sample({{"pool", p.name}, {"service", m.service}, {"method", m.method}, {"le", "+Inf"}}, h.count(), "_bucket");
  t.sample({{"pool", p.name}, {"service", m.service}, {"method", m.method}}, static_cast<double>(h.sum()) * 1e-9,
           "_sum");
  t.sample({{"pool", p.name}, {"service", m.service}, {"method", m.method}}, h.count(), "_count");
}

void put_methods(Text& t, const std::vector<Named>& pools) {
  t.family("calls_total", "counter", "Calls that ended, by status.");
  for (const auto& p : pools)
    for (const auto& m : p.report.methods)
      for (std::size_t k = 0; k < kErrcCount; ++k)
        if (k == 0 || m.totals.calls_by_code[k])
          t.sample(
              {{"pool", p.name}, {"service", m.service}, {"method", m.method}, {"code", name(static_cast<Errc>(k))}},
              m.totals.calls_by_code[k]);
  t.family("calls_processing_seconds_total", "counter", "Time within handlers, asleep or not.");
  for (const auto& p : pools)
    for (const auto& m : p.report.methods)
      t.sample({{"pool", p.name}, {"service", m.service}, {"method", m.method}}, seconds_of(m.totals.processing));
  t.family("latency_seconds", "histogram", "Time from a call to its end.");
  for (const auto& p : pools)
    for (const auto& m : p.report.methods) put_latency(t, p, m);
}

void put_workers(Text& t, const std::vector<Named>& pools) {
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
    t.family(name, type, help);
    for (const auto& p : pools)
      for (const auto& w : p.report.workers) t.sample({{"pool", p.name}, {"worker", w.worker}}, value(w));
  };
  using W = const WorkerReport&;
  each("worker_calls_total", "counter", "Calls that the worker was given.", [](W w) { return w.calls; });
  each("worker_cpu_seconds_total", "counter", "CPU time of the worker.", [](W w) { return seconds_of(w.cpu); });
  each("worker_busy_seconds_total", "counter", "Time in handlers.", [](W w) { return seconds_of(w.busy); });
  each("worker_running_calls", "gauge", "Calls that run.", [](W w) { return std::uint64_t{w.load.running}; });
  each("worker_queued_calls", "gauge", "Calls that wait at the worker.",
       [](W w) { return std::uint64_t{w.load.queued}; });
  each("worker_memory_bytes", "gauge", "Memory held.", [](W w) { return std::uint64_t{w.load.memory_held}; });
  each("worker_memory_peak_bytes", "gauge", "Memory held at most.", [](W w) { return std::uint64_t{w.memory_peak}; });
  each("worker_memory_limit_bytes", "gauge", "Memory that may be held; +Inf without a limit.", [](W w) {
    return w.load.memory_limit == kUnlimited || w.load.memory_limit == 0 ? HUGE_VAL
                                                                         : static_cast<double>(w.load.memory_limit);
  });
}

}  // namespace

std::string prometheus_text(std::span<const PoolReport> pools) {
  Text t;
  const std::vector<Named> named = named_apart(pools);
  put_pools(t, named);
  put_methods(t, named);
  put_workers(t, named);
  return t.take();
}

}  // namespace lagoon
