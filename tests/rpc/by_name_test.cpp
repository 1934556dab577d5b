// SPDX-License-Identifier: Apache-2.0
// Calls by the name of a method with values instead of types: what a shell does.
#include <gtest/gtest.h>

#include <lagoon/rpc.hpp>
#include <lagoon/rpc/dynamic.hpp>

#include "watchdog.hpp"

namespace lagoon::test {
namespace {

struct Series {
  Frozen<double, 1> values;
  double scale = 2;
  std::string unit = "m";
  LAGOON_FIELDS(Series, values, scale, unit)
};
struct Sum {
  double sum = 0;
  std::string unit;
  LAGOON_FIELDS(Sum, sum, unit)
};
struct Step {
  std::int64_t at = 0;
  LAGOON_FIELDS(Step, at)
};
struct Opaque {
  int hidden = 0;
};

using Add = Unary<"add", Series, Sum, Doc<"Sum of scaled values">>;
using AddUp = ClientStream<"addUp", Step, Step>;
using Steps = ServerStream<"steps", Step, Step>;
using Twice = Bidirectional<"twice", Step, Step>;
using Fail = Unary<"fail", Step, Step>;
using Dark = Unary<"dark", Opaque, Opaque>;
using Lab = Contract<"test.Lab", Add, AddUp, Steps, Twice, Fail, Dark>;
using Other = Contract<"test.other.Statistics", Fail>;

Value number(std::int64_t x) { return Value(x); }
Value object(std::initializer_list<std::pair<std::string, Value>> fields) { return Value(Value::Object(fields)); }
Value list(std::initializer_list<Value> values) { return Value(Value::List(values)); }

class ByName : public testing::Test {
 protected:
  Engine engine_;
  Isolate isolate_{engine_, {.name = "lab"}};
  Local local_{isolate_,
               {serve<Lab>(on<Add>([](const Series& s) {
                             double sum = 0;
                             for (std::ptrdiff_t i = 0; i < s.values.size(); ++i) sum += s.scale * s.values[i];
                             return Sum{sum, s.unit};
                           }),
                           on<AddUp>([](Reader<Step> in) {
                             Step sum;
                             for (const Step& s : in) sum.at += s.at;
                             return sum;
                           }),
                           on<Steps>([](Step n, Writer<Step> out) {
                             for (std::int64_t k = 0; k < n.at; ++k) out.write({k});
                             if (n.at == 3) throw Error(Errc::aborted, "three is too many");
                           }),
                           on<Twice>([](Reader<Step> in, Writer<Step> out) {
                             while (auto s = in.read()) out.write({2 * s->at});
                           }),
                           on<Fail>([](const Step&) -> Result<Step> { return Status(Errc::data_loss, "as asked"); }),
                           on<Dark>([](const Opaque& o) { return o; })),
                serve<Other>(on<Fail>([](const Step& s) { return s; }))},
               {.max_message = 1000}};

  Status status_of(std::string_view method, const Value& request, const ByNameOptions& options = {}) {
    try {
      call_by_name(local_, method, request, options);
      return {};
    } catch (const Error& e) {
      return e.status();
    }
  }
  static bool says(const Status& status, const std::string& one, const std::string& two) {
    return status.message().find(one) != std::string::npos && status.message().find(two) != std::string::npos;
  }
  /// Both must hold, so that a reader learns what to do.
  void expect_error(const Status& status, Errc code, const std::string& text) {
    EXPECT_EQ(status.code(), code) << status.to_string();
    EXPECT_EQ(status.message(), text);
  }
};

TEST_F(ByName, AUnaryCallTakesAndGivesValues) {
  const Value r =
      call_by_name(local_, "test.Lab.add", object({{"values", list({number(1), Value(2.5)})}, {"scale", Value(10.0)}}));
  ASSERT_TRUE(r.find("sum"));
  EXPECT_EQ(std::get<double>(r.find("sum")->data), 35);
  EXPECT_EQ(std::get<std::string>(r.find("unit")->data), "m");
}

TEST_F(ByName, MissingFieldsKeepTheirDefaults) {
  EXPECT_EQ(
      std::get<double>(call_by_name(local_, "test.Lab.add", object({{"values", list({number(4)})}})).find("sum")->data),
      8);
  EXPECT_EQ(std::get<double>(call_by_name(local_, "test.Lab.add", object({})).find("sum")->data), 0);
}

TEST_F(ByName, TheLastPartOfAServicesNameIsEnough) {
  EXPECT_TRUE(call_by_name(local_, "Lab.add", object({})).find("sum"));
  EXPECT_TRUE(call_by_name(local_, "Statistics.fail", object({})).find("at"));
  EXPECT_TRUE(call_by_name(local_, "other.Statistics.fail", object({})).find("at"));
}

TEST_F(ByName, ArraysPassInPlace) {
  const auto x = Frozen<double, 1>::copy_of(std::vector<double>{1, 2});
  CallReport report;
  ByNameOptions options;
  options.call.report = &report;
  call_by_name(local_, "Lab.add", object({{"values", Value(Value::Array(x))}}), options);
  EXPECT_EQ(report.copies.shared_bytes, x.bytes());
  EXPECT_EQ(report.copies.copied_bytes, 0u);
  EXPECT_EQ(report.isolate, "lab");
}

TEST_F(ByName, ServerStreamsGiveEachItem) {
  std::vector<std::int64_t> seen;
  ByNameOptions options;
  options.on_item = [&](const Value& v) { seen.push_back(std::get<std::int64_t>(v.find("at")->data)); };
  const Value r = call_by_name(local_, "Lab.steps", object({{"at", number(5)}}), options);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(r.kind(), "nothing");
}

TEST_F(ByName, ItemsThatCameBeforeAnErrorAreSeen) {
  int seen = 0;
  ByNameOptions options;
  options.on_item = [&](const Value&) { ++seen; };
  expect_error(status_of("Lab.steps", object({{"at", number(3)}}), options), Errc::aborted, "three is too many");
  EXPECT_EQ(seen, 3);
}

TEST_F(ByName, ClientStreamsTakeRequestsOneByOne) {
  int next = 0;
  ByNameOptions options;
  options.next_request = [&]() -> std::optional<Value> {
    if (next == 4) return std::nullopt;
    return object({{"at", number(++next)}});
  };
  EXPECT_EQ(std::get<std::int64_t>(call_by_name(local_, "Lab.addUp", {}, options).find("at")->data), 10);
  EXPECT_EQ(std::get<std::int64_t>(call_by_name(local_, "Lab.addUp", {}).find("at")->data), 0);
}

TEST_F(ByName, BidirectionalStreamsGoBothWays) {
  int next = 0;
  std::vector<std::int64_t> seen;
  ByNameOptions options;
  options.next_request = [&]() -> std::optional<Value> {
    if (next == 3) return std::nullopt;
    return object({{"at", number(++next)}});
  };
  options.on_item = [&](const Value& v) { seen.push_back(std::get<std::int64_t>(v.find("at")->data)); };
  call_by_name(local_, "Lab.twice", {}, options);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{2, 4, 6}));
}

TEST_F(ByName, AWrongRequestOfAStreamEndsTheCall) {
  int next = 0;
  ByNameOptions options;
  options.next_request = [&]() -> std::optional<Value> { return object({{next++ == 0 ? "at" : "att", number(1)}}); };
  for (const char* method : {"Lab.addUp", "Lab.twice"}) {
    next = 0;
    const Status status = status_of(method, {}, options);
    EXPECT_EQ(status.code(), Errc::invalid_argument);
    EXPECT_TRUE(says(status, "has no field att", "did you mean at?")) << status.to_string();
  }
}

TEST_F(ByName, AHandlersErrorIsTheCalls) {
  const Status status = status_of("Lab.fail", object({}));
  expect_error(status, Errc::data_loss, "as asked");
  EXPECT_EQ(status.isolate(), "lab");
  EXPECT_EQ(status.executed(), Executed::yes);
}

TEST_F(ByName, DidYouMeanNamesTheNearestMethodOrService) {
  expect_error(status_of("Lab.ad", {}), Errc::not_found, "Lab has no method ad; did you mean add?");
  expect_error(status_of("Lab.stpes", {}), Errc::not_found, "Lab has no method stpes; did you mean steps?");
  expect_error(status_of("Lab.frobnicate", {}), Errc::not_found, "Lab has no method frobnicate");
  expect_error(status_of("Statistic.fail", {}), Errc::not_found,
               "there is no service Statistic; did you mean Statistics?");
  expect_error(status_of("Nothing.at.all", {}), Errc::not_found, "there is no service Nothing.at");
}

TEST_F(ByName, ANameWithoutAMethodSaysWhatIsWanted) {
  expect_error(status_of("add", {}), Errc::invalid_argument, "add is not Service.method, such as Statistics.summarize");
  EXPECT_EQ(status_of("", {}).code(), Errc::invalid_argument);
  EXPECT_EQ(status_of("Lab.", {}).code(), Errc::not_found);
  EXPECT_EQ(status_of(".add", {}).code(), Errc::not_found);
}

TEST_F(ByName, MessagesWithoutFieldsCannotBeNamed) {
  expect_error(status_of("Lab.dark", {}), Errc::unimplemented,
               "Lab.dark: its messages have no LAGOON_FIELDS to be named by");
}

TEST_F(ByName, EveryWrongValueIsNamedWithItsField) {
  expect_error(status_of("Lab.add", number(3)), Errc::invalid_argument,
               "the request: an object (Series) is wanted, a number is given");
  expect_error(status_of("Lab.add", {}), Errc::invalid_argument,
               "the request: an object (Series) is wanted, nothing is given");
  const Status near = status_of("Lab.add", object({{"vales", list({})}}));
  EXPECT_TRUE(says(near, "has no field vales", "did you mean values?")) << near.to_string();
  const Status far = status_of("Lab.add", object({{"zzz", list({})}}));
  EXPECT_TRUE(says(far, "has no field zzz", "values scale unit")) << far.to_string();
  EXPECT_FALSE(says(far, "did you mean", "")) << far.to_string();
  expect_error(status_of("Lab.add", object({{"scale", Value(std::string("ten"))}})), Errc::invalid_argument,
               "scale: a number is wanted, text is given");
  expect_error(status_of("Lab.add", object({{"unit", number(3)}})), Errc::invalid_argument,
               "unit: text is wanted, a number is given");
  expect_error(status_of("Lab.add", object({{"values", number(3)}})), Errc::invalid_argument,
               "values: a list or an array with 1 axes is wanted, a number is given");
  expect_error(status_of("Lab.add", object({{"values", list({number(1), Value(true)})}})), Errc::invalid_argument,
               "values[1]: a number is wanted, a truth value is given");
  expect_error(status_of("Lab.fail", object({{"at", Value(1.5)}})), Errc::invalid_argument,
               "at: a whole number is wanted, a number is given");
}

TEST_F(ByName, ADeadlineHoldsAsForTypedCalls) {
  ByNameOptions options;
  options.call.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  for (const char* method : {"Lab.add", "Lab.steps", "Lab.addUp", "Lab.twice"}) {
    const Status status = status_of(method, object({}), options);
    EXPECT_EQ(status.code(), Errc::deadline_exceeded) << method << ": " << status.to_string();
    EXPECT_EQ(status.executed(), Executed::no) << method;
  }
}

TEST_F(ByName, TheMessageLimitHoldsAsForTypedCalls) {
  const auto x = Tensor<double, 1>::zeros({1000}).freeze();
  EXPECT_EQ(status_of("Lab.add", object({{"values", Value(Value::Array(x))}})).code(), Errc::resource_exhausted);
}

TEST_F(ByName, StreamsFillTheReportToo) {
  CallReport report;
  ByNameOptions options;
  options.call.report = &report;
  call_by_name(local_, "Lab.steps", object({{"at", number(2)}}), options);
  EXPECT_EQ(report.isolate, "lab");
  EXPECT_NE(report.trace_id, 0u);
}

}  // namespace
}  // namespace lagoon::test
