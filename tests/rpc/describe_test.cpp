// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lagoon/rpc.hpp>

#include "watchdog.hpp"

namespace lagoon::test {
namespace {

struct Point {
  double x = 0, y = 0;
  LAGOON_FIELDS(Point, x, y)
};
struct Query {
  Frozen<double, 2> data;
  Tensor<float, 3> volume;
  std::vector<Point> points;
  std::optional<std::string> title;
  std::array<std::int32_t, 3> shape{};
  bool fast = false;
  LAGOON_FIELDS(Query, data, volume, points, title, shape, fast)
};

using Find = Unary<"find", Query, Point, Idempotent, Brief, CpuBound, Doc<"Finds a point">>;
using Watch = ServerStream<"watch", Point, Point, Exclusive, MemoryBound>;
using Lab = Contract<"test.Lab", Find, Watch>;

Service lab() {
  return serve<Lab>(on<Watch>([](Point, Writer<Point>) {}), on<Find>([](const Query&) { return Point{}; }));
}

TEST(Services, DescribeTheirMethods) {
  const Service service = lab();
  EXPECT_EQ(service.name(), "test.Lab");
  ASSERT_EQ(service.methods().size(), 2u);
  const auto& watch = service.methods()[0];
  const auto& find = service.methods()[1];
  EXPECT_EQ(find.name, "find");
  EXPECT_EQ(find.kind, MethodKind::unary);
  EXPECT_TRUE(find.traits.idempotent);
  EXPECT_TRUE(find.traits.brief);
  EXPECT_FALSE(find.traits.exclusive);
  EXPECT_EQ(find.traits.work, WorkType::cpu);
  EXPECT_EQ(find.traits.doc, "Finds a point");
  EXPECT_EQ(watch.kind, MethodKind::server_stream);
  EXPECT_TRUE(watch.traits.exclusive);
  EXPECT_EQ(watch.traits.work, WorkType::memory);
  EXPECT_EQ(watch.traits.doc, "");
}

TEST(Services, DescribeTheirMessages) {
  const TypeDescription d = lab().methods()[1].describe_request();
  EXPECT_EQ(d.name, "Query");
  std::vector<std::string> fields;
  for (const auto& f : d.fields) fields.push_back(f.name + ": " + f.type.name);
  EXPECT_EQ(fields, (std::vector<std::string>{"data: f64[n, m]", "volume: f32[n, m, k]", "points: list of Point",
                                              "title: optional text", "shape: list of 3 i32", "fast: bool"}));
  ASSERT_EQ(d.fields[2].type.fields.size(), 2u);
  EXPECT_EQ(d.fields[2].type.fields[1].name, "y");
}

struct Branch {
  std::string name;
  std::vector<Branch> branches;
  LAGOON_FIELDS(Branch, name, branches)
};
struct Vector3 {
  double x = 0, y = 0, z = 0;
};
struct Cloud {
  Frozen<Vector3, 1> points;
  LAGOON_FIELDS(Cloud, points)
};

TEST(Descriptions, SayAllOfAMessageOnOneLine) {
  EXPECT_EQ(to_string(lab().methods()[1].describe_request()),
            "Query {data: f64[n, m], volume: f32[n, m, k], points: list of Point {x: f64, y: f64}, "
            "title: optional text, shape: list of 3 i32, fast: bool}");
  EXPECT_EQ(to_string(detail::describe_type<Cloud>()), "Cloud {points: opaque192[n]}");
  EXPECT_EQ(to_string(detail::describe_type<Empty>()), "Empty");
}

TEST(Descriptions, OfWhatContainsItselfEnd) {
  EXPECT_EQ(to_string(detail::describe_type<Branch>()), "Branch {name: text, branches: list of Branch}");
}

TEST(Fingerprints, DifferWhereTextsDo) {
  // Of a published test of XXH3: the hash of nothing, so that another version or seed is noticed.
  EXPECT_EQ(detail::fingerprint(""), 0x2d06800538d394c2u);
  EXPECT_EQ(detail::fingerprint("list of 3 i32"), detail::fingerprint(std::string("list of 3 ") + "i32"));
  EXPECT_NE(detail::fingerprint("list of 3 i32"), detail::fingerprint("list of 4 i32"));
}

TEST(Services, NameTheKindsOfTheirMethods) {
  EXPECT_EQ(name(MethodKind::unary), "unary");
  EXPECT_EQ(name(MethodKind::server_stream), "server stream");
  EXPECT_EQ(name(MethodKind::client_stream), "client stream");
  EXPECT_EQ(name(MethodKind::bidirectional), "bidirectional");
}

TEST(Services, AreListedByTheirEndpoint) {
  Engine engine;
  Isolate isolate(engine, {.name = "lab"});
  const Local local(isolate, {lab()});
  ASSERT_EQ(local.services().size(), 1u);
  EXPECT_EQ(local.services()[0].name(), "test.Lab");
}

TEST(Services, OfGraphsRunOnEachIsolate) {
  Graph<Point, Point> g;
  auto x = g.add(
      "x", [](const Point& p) { return p.x + 1; }, g.input());
  auto y = g.add(
      "y", [](const Point& p) { return p.y + 2; }, g.input());
  g.output(g.add(
      "point",
      [](double a, double b) {
        return Point{a, b};
      },
      x, y));
  using Shift = Unary<"shift", Point, Point>;
  using Shifts = Contract<"test.Shifts", Shift>;
  const Service service = serve<Shifts>(on<Shift>(std::move(g)));
  Engine engine;
  Isolate a(engine, {.name = "a"}), b(engine, {.name = "b"});
  Local to_a(a, {service}), to_b(b, {service});
  for (Local* local : {&to_a, &to_b}) {
    const Caller<Shifts> shifts(*local);
    for (int k = 0; k < 100; ++k) {
      const Point p = shifts.call<Shift>({double(k), 0});
      EXPECT_EQ(p.x, k + 1);
      EXPECT_EQ(shifts.start<Shift>({0, double(k)}).get().y, k + 2);
    }
  }
}

}  // namespace
}  // namespace lagoon::test
