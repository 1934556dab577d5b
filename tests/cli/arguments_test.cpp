// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"

#include <gtest/gtest.h>
#include <lagoon/kernels/files/csv.hpp>
#include <lagoon/kernels/files/npy.hpp>

#include "exit_code.hpp"
#include "json.hpp"
#include "kernels/files/temporary_folder.hpp"

namespace lagoon::cli {
namespace {

using files::error_of;
using files::TemporaryFolder;

std::string json_of(const std::vector<std::string>& arguments) { return compact(request_of(arguments)); }

TEST(Arguments, AreJsonOrText) {
  EXPECT_EQ(json_of({"a=1", "b=[1,2]", "c={\"x\":true}", "d=hello", "e=null", "f=\"3\"", "g=", "h=a=b"}),
            R"({"a":1,"b":[1,2],"c":{"x":true},"d":"hello","e":null,"f":"3","g":"","h":"a=b"})");
  EXPECT_EQ(json_of({"home=@@me"}), R"({"home":"@me"})");
}

TEST(Arguments, ReachIntoFields) {
  EXPECT_EQ(json_of({"data.values=[1]", "data.unit=m", "data.values=[2]"}), R"({"data":{"values":[2],"unit":"m"}})");
}

TEST(Arguments, AreColumnsAndMatricesOfTables) {
  const TemporaryFolder folder;
  const std::string csv = folder.write("t.csv", "a,who,b\n1,x,2\n3,y,4\n");
  EXPECT_EQ(json_of({"x=@" + csv + ":b"}), R"({"x":[2.0,4.0]})");
  EXPECT_EQ(json_of({"x=@" + csv + ":a,b"}), R"({"x":[[1.0,2.0],[3.0,4.0]]})");
  EXPECT_EQ(json_of({"x=@" + csv}), R"({"x":[[1.0,2.0],[3.0,4.0]]})");
  const std::string odd = folder.write("a:b.csv", "a\n1\n");
  EXPECT_EQ(json_of({"x=@" + odd}), R"({"x":[[1.0]]})");
  EXPECT_EQ(json_of({"x=@" + odd + ":a"}), R"({"x":[1.0]})");
}

TEST(Arguments, AreArraysAndRequestsFromFiles) {
  const TemporaryFolder folder;
  const std::vector<double> x = {1, 2, 3, 4};
  files::write_npy<double, 1>(folder.path("v.npy"), x);
  files::write_npy<double, 2>(folder.path("m.npy"), View<const double, 2>(x.data(), {2, 2}));
  EXPECT_EQ(json_of({"x=@" + folder.path("v.npy")}), R"({"x":[1.0,2.0,3.0,4.0]})");
  EXPECT_EQ(json_of({"x=@" + folder.path("m.npy")}), R"({"x":[[1.0,2.0],[3.0,4.0]]})");
  const std::string particles = folder.write("p.xyz", "2\n\nAr 1 2 3\nAr 4 5 6\n");
  EXPECT_EQ(json_of({"x=@" + particles}), R"({"x":[[1.0,2.0,3.0],[4.0,5.0,6.0]]})");
  const std::string photo = folder.write("p.jpg", "\xFF\xD8!");
  EXPECT_EQ(json_of({"x=@" + photo}), R"({"x":[255,216,33]})");
  EXPECT_THROW(request_of({"x=@" + photo + ":red"}), UsageError);
  const std::string request = folder.write("r.json", R"({"a":1,"b":2})");
  EXPECT_EQ(json_of({"@" + request, "b=3"}), R"({"a":1,"b":3})");
}

TEST(Arguments, SayWhatIsWrongWithThem) {
  const TemporaryFolder folder;
  const std::string csv = folder.write("t.csv", "height\n1\n");
  EXPECT_EQ(error_of([] { request_of({"novalue"}); }),
            "invalid_argument: 'novalue' is not field=value (nor @request.json)");
  EXPECT_EQ(error_of([] { request_of({"a..b=1"}); }), "invalid_argument: 'a..b' is not a field or a path of fields");
  EXPECT_EQ(error_of([] { request_of({"a=[1,"}); }), "invalid_argument: a: '[1,':1:4: this is not JSON");
  EXPECT_EQ(error_of([] { request_of({"a=1", "a.b=2"}); }), "invalid_argument: a.b: 'b' would be a field of a number");
  EXPECT_EQ(error_of([&] { request_of({"a=@" + csv + ":heigth"}); }),
            "not_found: " + csv + ": no column 'heigth'; did you mean 'height'?");
  EXPECT_EQ(error_of([&] { request_of({"a=@" + folder.path("none.csv") + ":x"}); }),
            "not_found: " + folder.path("none.csv") + ": no such file");
  EXPECT_THROW(request_of({"a=@"}), UsageError);
  EXPECT_THROW(request_of({"a=@" + csv + ":"}), UsageError);
}

TEST(Fields, OfAnswersGoToFiles) {
  const TemporaryFolder folder;
  Tensor<double, 2> m({2, 3});
  for (int i = 0; i < 6; ++i) m.data()[i] = i;
  Value answer(Value::Object{{"c", Value(Value::Array(std::move(m).freeze()))},
                             {"counts", parse_json("[1,2,3]", "x")},
                             {"note", Value(std::string("x"))}});
  write_fields(answer,
               {{"c", folder.path("c.npy")}, {"counts", folder.path("n.csv")}, {"note", folder.path("n.json")}});
  EXPECT_EQ((files::read_npy<double, 2>(folder.path("c.npy"))(1, 2)), 5);
  EXPECT_EQ(folder.read("n.csv"), "counts\n1\n2\n3\n");
  EXPECT_EQ(folder.read("n.json"), "\"x\"\n");
  EXPECT_EQ(compact(*answer.find("c")),
            R"({"file":")" + folder.path("c.npy") + R"(","type":"f64[n, m]","shape":[2,3]})");
}

TEST(Fields, ThatAreNotThereAreNamed) {
  const TemporaryFolder folder;
  Value answer(Value::Object{{"mean", Value(1.0)}});
  EXPECT_EQ(error_of([&] {
              write_fields(answer, {{"sd", "x.npy"}});
            }),
            "invalid_argument: --out sd=x.npy: the answer has no field sd; it has mean");
  EXPECT_THROW(write_fields(answer, {{"mean", folder.path("x.npy")}}), UsageError);
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace lagoon::cli
