// SPDX-License-Identifier: Apache-2.0
// A call becomes a graph: steps that do not wait for one another run side by side. Then a pipeline over many items.
#include <lagoon/engine/pipeline.hpp>
#include <lagoon/rpc.hpp>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <vector>

struct Series {
  lagoon::Frozen<double, 1> values;
  LAGOON_FIELDS(Series, values)
};
struct Shape {
  double mean = 0, peak = 0, ratio = 0;
  LAGOON_FIELDS(Shape, mean, peak, ratio)
};
using Describe = lagoon::Unary<"describe", Series, Shape, lagoon::Idempotent>;
using Shapes = lagoon::Contract<"example.Shapes", Describe>;

double mean(const Series& s) {
  return std::accumulate(s.values.data(), s.values.data() + s.values.size(), 0.0) /
         static_cast<double>(s.values.size());
}
lagoon::Result<double> peak(const Series& s) {
  if (s.values.empty()) return lagoon::Status(lagoon::Errc::invalid_argument, "peak: the series is empty");
  return *std::max_element(s.values.data(), s.values.data() + s.values.size());
}

int main() {
  lagoon::Graph<Series, Shape> graph;
  auto in = graph.input();
  auto m = graph.add("mean", mean, in);  // beside "peak"
  auto p = graph.add("peak", peak, in);
  graph.output(graph.add(
      "ratio",
      [](double a, double b) {
        return Shape{a, b, b / a};
      },
      m, p));
  std::printf("%s\n", graph.dump().c_str());

  lagoon::Engine engine;
  lagoon::Isolate isolate(engine, {.name = "shapes"});
  lagoon::Local local(isolate, {lagoon::serve<Shapes>(lagoon::on<Describe>(std::move(graph)))});
  lagoon::Caller<Shapes> shapes(local);

  Shape s = shapes.call<Describe>({lagoon::Frozen<double, 1>::adopt(std::vector<double>{1, 2, 3, 10})});
  std::printf("mean %.1f, peak %.1f, ratio %.2f\n", s.mean, s.peak, s.ratio);
  if (auto r = shapes.try_call<Describe>({}); !r) std::printf("%s\n", r.status().to_string().c_str());

  std::vector<int> numbers(10);
  std::iota(numbers.begin(), numbers.end(), 1);
  auto squares = lagoon::each(numbers).parallel("square", [](int x) { return x * x; }).collect();
  for (int x : squares.value()) std::printf("%d ", x);
  std::printf("\n");
}
