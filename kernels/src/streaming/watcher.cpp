// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/streaming/watcher.hpp>

#include <algorithm>
#include <cmath>
#include <lagoon/core/error.hpp>
#include <lagoon/core/memory.hpp>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model.hpp"
#include "saved.hpp"
#include "waiting.hpp"
#include "window.hpp"

namespace lagoon::streaming {
namespace {

constexpr files::Seal kSeal{.kind = "watcher", .version = 1};
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t kDefaultWindow = 100;

void check_not_negative(double value, const char* name) {
  if (std::isfinite(value) && value >= 0) return;
  throw Error(Errc::invalid_argument, std::string("Watcher: ") + name + " is " + std::to_string(value) +
                                          "; a finite number of 0 or more is wanted");
}

WatcherOptions checked(WatcherOptions o) {
  check_not_negative(static_cast<double>(o.window_count), "window_count");
  check_not_negative(o.window_time, "window_time");
  check_not_negative(o.lateness, "lateness");
  check_not_negative(static_cast<double>(o.most_series), "most_series");
  check_not_negative(static_cast<double>(o.most_waiting), "most_waiting");
  if (o.window_count > 0 && o.window_time > 0)
    throw Error(Errc::invalid_argument, "Watcher: window_count is " + std::to_string(o.window_count) +
                                            " and window_time " + std::to_string(o.window_time) +
                                            "; a window has one of both");
  if (o.window_count == 0 && o.window_time == 0) o.window_count = kDefaultWindow;
  detail::check(o.detector);
  return o;
}

/// Names are looked up by what they say, without a string being made.
struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>()(name); }
};

struct Series {
  Series(const WatcherOptions& o, std::pmr::memory_resource* memory)
      : waiting(memory), window(o.window_count, o.window_time, memory), model(o.detector) {
    waiting.reserve(o.lateness > 0 ? 1 : 0);
    window.reserve(1);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(newest, closed, waiting, window, model);
  }

  double newest = -kInfinity;  // time
  double closed = -kInfinity;  // time before which all is judged
  detail::Waiting waiting;
  detail::Window window;
  detail::Model model;
};

using SeriesByName = std::pmr::unordered_map<std::pmr::string, Series, NameHash, std::equal_to<>>;

}  // namespace

struct Watcher::Impl {
  explicit Impl(const WatcherOptions& o)
      : options(checked(o)), memory(current_memory()), by_name(memory.get()), in_order(memory.get()) {}

  using Entry = SeriesByName::value_type;

  Entry& entry_of(std::string_view name);
  bool is_tight(const Entry* entry, const Point& point, double open) const;
  void forget(Entry& entry, double time) noexcept;
  void judge(Entry& entry, double time, double value, const Sink& sink);
  void judge_late(const Point& point, const Sink& sink);
  void release(Entry& entry, double until, const Sink& sink);

  WatcherOptions options;
  MemoryHandle memory;
  SeriesByName by_name;
  std::pmr::vector<Entry*> in_order;  // of their first point
  std::int64_t waiting = 0;           // points of all series
  std::int64_t in_windows = 0;        // and those in windows of time
  Verdict verdict;                    // used again, so that long names cost no allocation per point
};

Watcher::Impl::Entry& Watcher::Impl::entry_of(std::string_view name) {
  if (in_order.size() == in_order.capacity()) in_order.reserve(2 * in_order.size() + 8);
  Entry& entry =
      *by_name
           .emplace(std::piecewise_construct, std::forward_as_tuple(name), std::forward_as_tuple(options, memory.get()))
           .first;
  in_order.push_back(&entry);
  return entry;
}

/// Throws where the point would be held and too many are, even when all is forgotten that no verdict needs any more.
///   entry    of its series, null when it is new
///   open     time before which nothing can come any more
///   returns  whether that must be forgotten
bool Watcher::Impl::is_tight(const Entry* entry, const Point& point, double open) const {
  const bool by_time = options.window_time > 0;
  if (!by_time && options.lateness == 0) return false;
  std::int64_t held = waiting + in_windows + 1;
  if (held <= options.most_waiting) return false;
  const auto set_free = [&](double time, double value) {
    return time <= open && (!by_time || std::isnan(value) || time <= open - options.window_time) ? 1 : 0;
  };
  held -= set_free(point.time, point.value);
  if (entry != nullptr) {
    const Series& s = entry->second;
    s.waiting.for_each([&](const detail::WaitingPoint& p) { held -= set_free(p.time, p.value); });
    held -= static_cast<std::int64_t>(s.window.leaving(open));
  }
  if (held > options.most_waiting)
    throw Error(Errc::resource_exhausted, "Watcher: a point of \"" + point.series + "\" would be number " +
                                              std::to_string(held) + " that waits or lies in a window of time; " +
                                              std::to_string(options.most_waiting) + " may");
  return true;
}

void Watcher::Impl::forget(Entry& entry, double time) noexcept {
  detail::Window& window = entry.second.window;
  in_windows -= static_cast<std::int64_t>(window.size());
  window.forget(time);
  in_windows += static_cast<std::int64_t>(window.size());
}

void Watcher::Impl::judge(Entry& entry, double time, double value, const Sink& sink) {
  Series& s = entry.second;
  const auto before = static_cast<std::int64_t>(s.window.size());
  s.window.add(time, value);
  if (options.window_time > 0) in_windows += static_cast<std::int64_t>(s.window.size()) - before;
  s.closed = std::max(s.closed, time);
  const Judgement j = s.model.add(time, value);
  verdict.series.assign(entry.first);
  verdict.time = time;
  verdict.value = value;
  verdict.expected = j.expected;
  verdict.score = j.score;
  verdict.anomaly = j.anomaly;
  verdict.trend = j.trend;
  verdict.window = s.window.statistics();
  verdict.learning = j.learning;
  verdict.late = false;
  sink(verdict);
}

void Watcher::Impl::judge_late(const Point& point, const Sink& sink) {
  verdict = {};
  verdict.series.assign(point.series);
  verdict.time = point.time;
  verdict.value = point.value;
  verdict.late = true;
  sink(verdict);
}

/// Judges what waits and has a time of `until` or less.
void Watcher::Impl::release(Entry& entry, double until, const Sink& sink) {
  detail::Waiting& queue = entry.second.waiting;
  while (queue.size() > 0 && queue.first().time <= until) {
    const detail::WaitingPoint point = queue.pop();
    --waiting;
    judge(entry, point.time, point.value, sink);
  }
}

Watcher::Watcher(const WatcherOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Watcher::~Watcher() = default;
Watcher::Watcher(Watcher&&) noexcept = default;
Watcher& Watcher::operator=(Watcher&&) noexcept = default;

void Watcher::add(const Point& point, const Sink& sink) {
  Impl& w = *impl_;
  if (!std::isfinite(point.time))
    throw Error(Errc::invalid_argument, "Watcher: a point of \"" + point.series + "\" has time " +
                                            std::to_string(point.time) + "; a finite one is wanted");
  const auto found = w.by_name.find(std::string_view(point.series));
  Impl::Entry* entry = found == w.by_name.end() ? nullptr : &*found;
  const double newest = entry == nullptr ? point.time : std::max(entry->second.newest, point.time);
  const double open = newest - w.options.lateness;
  if (entry != nullptr && point.time < std::max(entry->second.closed, open)) return w.judge_late(point, sink);

  // All that may throw comes first, but for the sink.
  if (entry == nullptr && std::cmp_greater_equal(w.by_name.size(), w.options.most_series))
    throw Error(Errc::resource_exhausted, "Watcher: \"" + point.series + "\" would be one series more than " +
                                              std::to_string(w.options.most_series));
  const bool tight = w.is_tight(entry, point, open);
  w.verdict.series.reserve(point.series.size());
  if (entry == nullptr) entry = &w.entry_of(point.series);
  Series& s = entry->second;
  s.window.reserve(s.waiting.size() + 1);
  if (s.waiting.size() == 0 && point.time <= open) {
    s.newest = newest;
    return w.judge(*entry, point.time, point.value, sink);
  }
  s.waiting.push(point.time, point.value);
  ++w.waiting;
  s.newest = newest;
  w.release(*entry, open, sink);
  if (tight) w.forget(*entry, open);
}

void Watcher::flush(const Sink& sink) {
  for (Impl::Entry* entry : impl_->in_order) {
    impl_->verdict.series.reserve(entry->first.size());
    impl_->release(*entry, kInfinity, sink);
  }
}

std::int64_t Watcher::series() const noexcept { return static_cast<std::int64_t>(impl_->by_name.size()); }
std::int64_t Watcher::waiting() const noexcept { return impl_->waiting; }

std::string Watcher::state() const {
  return detail::saved(kSeal, [&](auto& archive) {
    archive(impl_->options, static_cast<std::uint64_t>(impl_->in_order.size()));
    for (const Impl::Entry* entry : impl_->in_order) archive(std::string(entry->first), entry->second);
  });
}

Watcher Watcher::from_state(std::string_view bytes) {
  Watcher watcher;
  detail::restore(kSeal, bytes, "Watcher::from_state", [&](auto& archive) {
    WatcherOptions options;
    std::uint64_t count = 0;
    archive(options, count);
    watcher = Watcher(options);
    Impl& w = *watcher.impl_;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string name;
      archive(name);
      Series& s = w.entry_of(name).second;
      archive(s);
      w.waiting += static_cast<std::int64_t>(s.waiting.size());
      if (options.window_time > 0) w.in_windows += static_cast<std::int64_t>(s.window.size());
    }
  });
  return watcher;
}

}  // namespace lagoon::streaming
