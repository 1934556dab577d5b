// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lagoon/core/error.hpp>
#include <lagoon/engine/graph.hpp>
#include <lagoon/monitor/json.hpp>
#include <lagoon/monitor/run_report.hpp>

#include <algorithm>

namespace lagoon::test {
namespace {

RunReport run_of(std::size_t intervals) {
  RunReport run;
  run.pool = "crew";
  for (std::size_t k = 0; k < intervals; ++k) {
    PoolInterval i;
    i.pool = "crew";
    i.at = static_cast<double>(k + 1);
    i.seconds = 1;
    i.calls = 10;
    i.latency.p99 = k == 777 ? 5 : 0.25;
    run.history.push_back(i);
  }
  return run;
}

Value data_of(const std::string& html) {
  const std::string begin = R"(<script type="application/json" id="data">)";
  const auto from = html.find(begin) + begin.size();
  return json::parse_json(html.substr(from, html.find("</script>", from) - from), "data");
}

std::size_t times_in(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(RunReports, AreJsonWithASchema) {
  const std::string text = json_of(run_of(2));
  EXPECT_TRUE(text.starts_with("{\n  \"schema\": \"lagoon.pool_run\",\n  \"schema_version\": 1,")) << text;
  const Value v = json::parse_json(text, "run");
  EXPECT_EQ(std::get<Value::List>(v.find("history")->data).size(), 2u);
}

TEST(RunReports, PlotLongRunsWithoutLosingAPeak) {
  const Value v = data_of(html_of(run_of(3600)));
  const Value* p99 = v.find("curves")->find("p99");
  const auto& points = std::get<Value::List>(p99->data);
  EXPECT_LE(points.size(), 600u);
  double most = 0;
  for (const Value& p : points) most = std::max(most, std::get<double>(p.data));
  EXPECT_EQ(most, 5);
}

TEST(RunReports, PlotNoRatesOfAMomentAtTheEnd) {
  RunReport run = run_of(3);
  run.history[2].seconds = 0.01;
  run.history[2].calls = 0;
  for (std::size_t more : {0u, 2000u}) {  // also where a point is several intervals
    run.history.insert(run.history.begin(), more, run.history[0]);
    const Value v = data_of(html_of(run));
    const auto& rates = std::get<Value::List>(v.find("curves")->find("calls_per_second")->data);
    EXPECT_NEAR(std::get<double>(rates.back().data), 10, 0.2);
  }
  EXPECT_EQ(std::get<Value::List>(data_of(html_of(run_of(3))).find("curves")->find("at")->data).size(), 3u);
}

TEST(RunReports, LeaveGapsWhereNothingWasCalled) {
  RunReport run = run_of(3);
  run.history[1].calls = 0;
  const Value v = data_of(html_of(run));
  const auto& points = std::get<Value::List>(v.find("curves")->find("p99")->data);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(points[1].data));
  EXPECT_TRUE(std::holds_alternative<double>(points[2].data));
}

TEST(RunReports, EscapeNames) {
  RunReport run = run_of(1);
  run.pool = "</script><img src=x>";
  run.history[0].workers.push_back({});
  run.history[0].workers[0].worker = "</script><script>alert(1)</script>";
  run.total = run.history[0];
  const std::string html = html_of(run, {"", {{"<b>", {{"</svg><script>", "\"><i>", {}}}}}});
  EXPECT_EQ(html.find("alert(1)</script>"), std::string::npos);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_EQ(html.find("<b><"), std::string::npos);
  EXPECT_EQ(html.find("</svg><script>"), std::string::npos);
  EXPECT_EQ(html.find("\"><i>"), std::string::npos);
}

TEST(GraphDrawings, AreThoseOfTheGraph) {
  Graph<int, double> graph;
  const auto request = graph.input();
  const auto half = graph.add(
      "half", [](const int& x) { return x / 2.0; }, request);
  const auto third = graph.add(
      "third", [](const int& x) { return x / 3.0; }, request);
  graph.output(graph.add(
      "mean", [](const double& a, const double& b) { return (a + b) / 2; }, half, third));

  const MethodGraph g = graph_of_dump("lab.Stats.mean", graph.dump());
  ASSERT_EQ(g.nodes.size(), 4u);
  EXPECT_EQ(g.nodes[0].name, "request");
  EXPECT_EQ(g.nodes[0].type, "int");
  EXPECT_EQ(g.nodes[3].name, "mean");
  EXPECT_EQ(g.nodes[3].type, "double");
  EXPECT_EQ(g.nodes[3].inputs, (std::vector<std::uint32_t>{1, 2}));
  const std::string svg = svg_of(g);
  EXPECT_EQ(times_in(svg, "<rect"), 4u);
  EXPECT_EQ(times_in(svg, "<path"), 4u);
}

TEST(GraphDrawings, RefuseWhatIsNoGraph) {
  EXPECT_THROW(graph_of_dump("m", "hello"), Error);
  EXPECT_THROW(graph_of_dump("m", "digraph x {\n n1 what\n}"), Error);
  EXPECT_THROW(svg_of({"m", {{"a", "int", {0}}}}), Error) << "a node that reads itself";
  EXPECT_EQ(times_in(svg_of({"m", {}}), "<rect"), 0u);
}

}  // namespace
}  // namespace lagoon::test
