// SPDX-License-Identifier: Apache-2.0
#include <lagoon/monitor/json.hpp>
#include <lagoon/monitor/page.hpp>

#include <algorithm>
#include <map>

namespace lagoon::page {
namespace {

constexpr std::size_t kSpans = 4000;  // the longest are kept

std::string text_at(const Value& v, std::string_view key) {
  const Value* f = v.find(key);
  const auto* text = f ? std::get_if<std::string>(&f->data) : nullptr;
  return text ? *text : "";
}

double number_at(const Value& v, std::string_view key) {
  const Value* f = v.find(key);
  if (!f) return 0;
  if (const auto* x = std::get_if<double>(&f->data)) return *x;
  if (const auto* n = std::get_if<std::int64_t>(&f->data)) return static_cast<double>(*n);
  return 0;
}

}  // namespace

std::vector<Track> tracks_of(const std::string& trace) {
  if (trace.empty()) return {};
  const Value all = json::parse_json(trace, "trace");
  const Value* events = all.find("traceEvents");
  const auto* list = std::get_if<Value::List>(events ? &events->data : &all.data);
  if (!list) return {};
  using Key = std::pair<double, double>;  // process, thread
  std::map<Key, std::string> names;
  std::map<double, std::string> processes;
  std::vector<std::pair<Key, Span>> spans;
  for (const Value& e : *list) {
    const Key key = {number_at(e, "pid"), number_at(e, "tid")};
    const std::string phase = text_at(e, "ph"), name = text_at(e, "name");
    const Value* arguments = e.find("args");
    if (phase == "M" && arguments && name == "thread_name") names[key] = text_at(*arguments, "name");
    if (phase == "M" && arguments && name == "process_name") processes[key.first] = text_at(*arguments, "name");
    if (phase != "X") continue;
    const double begin = number_at(e, "ts") * 1e-6;
    spans.push_back({key, {name, text_at(e, "cat"), begin, begin + number_at(e, "dur") * 1e-6}});
  }
  if (spans.size() > kSpans) {
    std::nth_element(spans.begin(), spans.begin() + kSpans, spans.end(), [](const auto& a, const auto& b) {
      return a.second.end - a.second.begin > b.second.end - b.second.begin;
    });
    spans.resize(kSpans);
  }
  double first = spans.empty() ? 0 : spans.front().second.begin;
  for (const auto& [key, s] : spans) first = std::min(first, s.begin);
  std::map<Key, Track> tracks;
  for (auto& [key, s] : spans) {
    s.begin -= first;
    s.end -= first;
    tracks[key].spans.push_back(std::move(s));
  }
  std::vector<Track> out;
  std::map<double, int> threads;
  for (auto& [key, track] : tracks) {
    const double process = key.first;  // clang 14 captures no structured bindings
    const bool alone =
        std::count_if(tracks.begin(), tracks.end(), [&](const auto& t) { return t.first.first == process; }) == 1;
    const std::string name = processes.contains(key.first) ? processes[key.first] : names[key];
    track.name = alone ? name : name + ", thread " + std::to_string(++threads[key.first]);
    out.push_back(std::move(track));
  }
  return out;
}

}  // namespace lagoon::page
