// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lagoon/engine/graph.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/pipeline.hpp>
#include <lagoon/engine/trace.hpp>

#include <nlohmann/json.hpp>

#include <pthread.h>

#include <clocale>
#include <set>
#include <sstream>
#include <thread>

#include "threads.hpp"

namespace lagoon {
namespace {

using nlohmann::json;
using test::in_arena;
using test::Meeting;

json written(const Trace& trace) {
  std::ostringstream out;
  trace.write_json(out);
  return json::parse(out.str());
}

// Events of one phase: "X" spans, "i" instants, "C" counters, "M" names of tracks.
std::vector<json> events(const json& file, const std::string& phase) {
  std::vector<json> found;
  for (const json& e : file.at("traceEvents"))
    if (e.at("ph") == phase) found.push_back(e);
  return found;
}

std::set<std::string> names(const std::vector<json>& found) {
  std::set<std::string> all;
  for (const json& e : found) all.insert(e.at("name"));
  return all;
}

const json& named(const std::vector<json>& found, const std::string& name) {
  for (const json& e : found)
    if (e.at("name") == name) return e;
  throw std::runtime_error("no event " + name);
}

bool within(const json& inner, const json& outer) {
  const double slack = 0.002;  // times are written to the nanosecond
  const double b = inner.at("ts"), e = b + inner.at("dur").get<double>();
  const double from = outer.at("ts"), to = from + outer.at("dur").get<double>();
  return b >= from - slack && e <= to + slack && inner.at("tid") == outer.at("tid");
}

TEST(Trace, KeepsNothingUntilItIsStartedAndAfterItIsStopped) {
  Trace trace;
  const TraceScope scope({&trace});
  { TraceSpan span("before"); }
  trace.start();
  { TraceSpan span("during"); }
  trace.stop();
  { TraceSpan span("after"); }
  trace_instant(current_trace(), "instant", "test");
  EXPECT_EQ(trace.events(), 1u);
  EXPECT_EQ(names(events(written(trace), "X")), std::set<std::string>{"during"});
}

TEST(Trace, KeepsASpanThatWasOpenWhenItWasStopped) {
  Trace trace;
  trace.start();
  {
    TraceSpan span({&trace}, "open", "test");
    trace.stop();
  }
  EXPECT_EQ(trace.events(), 1u);
}

TEST(Trace, WithoutAScopeSpansGoNowhere) {
  TraceSpan span("nowhere");
  span.set_number(1);
  trace_instant(current_trace(), "nowhere", "test");
  trace_counter(current_trace(), "nowhere", 1);
  EXPECT_EQ(current_trace().trace, nullptr);
}

TEST(Trace, NestsSpansInTimeAndCarriesTheirNumbers) {
  Trace trace;
  trace.start();
  {
    const TraceScope scope({&trace, 17});
    TraceSpan outer("outer", "call");
    TraceSpan inner("inner", "node");
    inner.set_number(2.5);
  }
  const auto spans = events(written(trace), "X");
  EXPECT_TRUE(within(named(spans, "inner"), named(spans, "outer")));
  EXPECT_EQ(named(spans, "inner").at("cat"), "node");
  EXPECT_EQ(named(spans, "inner").at("args"), json::parse(R"({"call": "17", "number": 2.5})"));
}

TEST(Trace, WritesInstantsAndCounters) {
  Trace trace;
  trace.start();
  trace_instant({&trace, 4}, "cancelled", "call");
  trace_counter({&trace}, "queued", 12);
  const json file = written(trace);
  EXPECT_EQ(named(events(file, "i"), "cancelled").at("args").at("call"), "4");
  EXPECT_EQ(named(events(file, "C"), "queued").at("args").at("value"), 12);
}

TEST(Trace, EscapesWhateverANameHolds) {
  Trace trace;
  trace.start();
  const std::string cases[] = {"quote \" backslash \\", std::string("zero \0 tab \t line \n", 19),
                               "\x7f \xc3\xa9 \xe2\x82\xac \xf0\x9f\x8c\x8a", "", "</script>"};
  for (const auto& name : cases) TraceSpan span({&trace}, name, "test");
  EXPECT_EQ(names(events(written(trace), "X")), std::set<std::string>(std::begin(cases), std::end(cases)));
}

TEST(Trace, WritesValidTextForNamesThatAreNot) {
  Trace trace;
  trace.start();
  const std::string broken[] = {
      "\xff\xfe",        "cut \xe2\x82", "long form \xc0\xaf", "no second byte \xc3(", "surrogate \xed\xa0\x80",
      "\xf5\x80\x80\x80"};
  for (const auto& name : broken) TraceSpan span({&trace}, name, "test");
  EXPECT_EQ(events(written(trace), "X").size(), 6u);
  EXPECT_TRUE(names(events(written(trace), "X")).contains("cut \xef\xbf\xbd\xef\xbf\xbd"));
}

TEST(Trace, CutsLongNamesBetweenCharacters) {
  Trace trace;
  trace.start();
  std::string name;
  while (name.size() < 100) name += "\xe2\x82\xac";  // three bytes each
  { TraceSpan span({&trace}, name, "test"); }
  const std::string kept = events(written(trace), "X").at(0).at("name");
  EXPECT_EQ(kept.size() % 3, 0u);
  EXPECT_GT(kept.size(), 40u);
  EXPECT_EQ(name.compare(0, kept.size(), kept), 0);
}

TEST(Trace, CopiesNamesSoThatTheyMayDieBeforeItIsWritten) {
  Trace trace;
  trace.start();
  { TraceSpan span({&trace}, std::string("a temporary name that is long enough"), "test"); }
  EXPECT_EQ(events(written(trace), "X").at(0).at("name"), "a temporary name that is long enough");
}

TEST(Trace, HoldsNoMoreThanItWasToldAndSaysWhatItDropped) {
  Trace trace(10);
  trace.start();
  for (int k = 0; k < 25; ++k) TraceSpan span({&trace}, "span", "test");
  EXPECT_EQ(trace.events(), 10u);
  EXPECT_EQ(trace.dropped(), 15u);
  EXPECT_EQ(written(trace).at("otherData").at("dropped"), "15");
}

TEST(Trace, GivesEachThreadAndIsolateATrackWithItsName) {
  Trace trace;
  trace.start();
  { TraceSpan span({&trace}, "here", "test"); }
  std::thread([&] {
    pthread_setname_np(pthread_self(), "reader");
    const TraceScope scope({.trace = &trace, .isolate = "statistics"});
    { TraceSpan span("there"); }
    { TraceSpan span({.trace = &trace, .isolate = "imaging"}, "elsewhere", "test"); }
    { TraceSpan span({&trace}, "outside again", "test"); }
  }).join();
  const json file = written(trace);
  const auto spans = events(file, "X");
  std::map<std::string, std::string> process, thread;
  for (const json& e : events(file, "M")) {
    const std::string track = std::to_string(e.at("pid").get<long>());
    if (e.at("name") == "process_name") process[track] = e.at("args").at("name");
    if (e.at("name") == "thread_name")
      thread[track + "/" + std::to_string(e.at("tid").get<long>())] = e.at("args").at("name");
  }
  const auto isolate = [&](const char* span) {
    return process.at(std::to_string(named(spans, span).at("pid").get<long>()));
  };
  EXPECT_EQ(isolate("here"), "outside isolates");
  EXPECT_EQ(isolate("there"), "statistics");
  EXPECT_EQ(isolate("elsewhere"), "imaging");
  EXPECT_EQ(isolate("outside again"), "outside isolates");
  const json& there = named(spans, "there");
  EXPECT_EQ(thread.at(std::to_string(there.at("pid").get<long>()) + "/" + std::to_string(there.at("tid").get<long>())),
            "reader");
  EXPECT_NE(there.at("tid"), named(spans, "here").at("tid"));
}

TEST(Trace, WritesPointsInNumbersWhateverTheLocale) {
  const char* locale = std::setlocale(LC_NUMERIC, "de_DE.UTF-8");  // NOLINT(concurrency-mt-unsafe): one thread
  Trace trace;
  trace.start();
  trace_counter({&trace}, "half", 0.5);
  EXPECT_EQ(events(written(trace), "C").at(0).at("args").at("value"), 0.5) << (locale ? locale : "no such locale");
  std::setlocale(LC_NUMERIC, "C");  // NOLINT(concurrency-mt-unsafe)
}

TEST(Trace, IsWrittenWhileOthersStillWriteToIt) {
  Trace trace(2000);
  trace.start();
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      while (!stop) TraceSpan span({.trace = &trace, .isolate = "busy"}, "span", "test");
    });
  for (int k = 0; k < 5; ++k) EXPECT_NO_THROW(written(trace));
  stop = true;
  for (auto& t : threads) t.join();
  EXPECT_EQ(events(written(trace), "X").size(), trace.events());
}

TEST(Trace, ShowsTheNodesOfAGraphWithTheLoopsInsideThem) {
  in_arena([] {
    Trace trace;
    trace.start();
    Graph<int, int> g;
    auto loop = [](int x) {
      parallel_for(3, {1}, [](std::ptrdiff_t, std::ptrdiff_t) {});
      return x;
    };
    auto a = g.add("left", loop, g.input());
    auto b = g.add("right", loop, g.input());
    g.output(g.add("join", std::plus<>(), a, b));
    {
      const TraceScope scope({.trace = &trace, .call = 99, .isolate = "demo"});
      TraceSpan call(current_trace(), "call", "call", TraceFlow::begins);
      EXPECT_EQ(g.run(2).value(), 4);
    }
    const auto spans = events(written(trace), "X");
    EXPECT_EQ(names(spans), (std::set<std::string>{"call", "left", "right", "join", "chunk"}));
    EXPECT_EQ(spans.size(), 1u + 3 + 6);
    for (const json& e : spans) {
      EXPECT_EQ(e.at("args").at("call"), "99");
      EXPECT_EQ(e.at("pid"), spans[0].at("pid")) << "all on the tracks of the isolate";
    }
  });
}

TEST(Trace, DrawsArrowsFromACallToItsWorkOnOtherThreads) {
  LAGOON_NEEDS_THREADS(2u);
  in_arena([] {
    Trace trace;
    trace.start();
    Meeting meeting(2);
    Graph<int, bool> g;
    auto meet = [&](int) { return meeting.arrive_and_wait(); };
    auto a = g.add("left", meet, g.input());
    auto b = g.add("right", meet, g.input());
    g.output(g.add(
        "join", [](bool x, bool y) { return x && y; }, a, b));
    {
      const TraceScope scope({.trace = &trace, .call = 5, .isolate = "demo"});
      TraceSpan call(current_trace(), "call", "call", TraceFlow::begins);
      EXPECT_TRUE(g.run(0).value());
    }
    const auto spans = events(written(trace), "X");
    const json& call = named(spans, "call");
    EXPECT_EQ(call.at("bind_id"), "5");
    EXPECT_TRUE(call.at("flow_out"));
    EXPECT_FALSE(call.contains("flow_in"));
    int arrows = 0;
    for (const char* name : {"left", "right"}) {
      const json& node = named(spans, name);
      if (node.at("tid") == call.at("tid")) {
        EXPECT_TRUE(within(node, call));
        EXPECT_FALSE(node.contains("bind_id"));
      } else {
        ++arrows;
        EXPECT_EQ(node.at("bind_id"), "5");
        EXPECT_TRUE(node.at("flow_in"));
      }
    }
    EXPECT_EQ(arrows, 1);
  });
}

TEST(Trace, ShowsTheStagesOfAPipelineWithTheNumberOfTheItem) {
  in_arena([] {
    Trace trace;
    trace.start();
    const TraceScope scope({&trace});
    EXPECT_TRUE(each(std::vector<int>(10)).parallel("decode", [](int i) { return i; }).run().ok());
    std::set<double> items;
    for (const json& e : events(written(trace), "X"))
      if (e.at("name") == "decode") items.insert(e.at("args").at("number").get<double>());
    EXPECT_EQ(items.size(), 10u);
    EXPECT_EQ(*items.rbegin(), 9);
  });
}

}  // namespace
}  // namespace lagoon
