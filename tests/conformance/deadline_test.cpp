// SPDX-License-Identifier: Apache-2.0
// The caller is answered at the deadline, whatever the handler does; the handler is told to stop.
//   source   connectrpc/conformance, suite "timeouts"
#include "suite.hpp"

namespace lagoon::conformance {
namespace {

using namespace std::chrono_literals;

class Deadlines : public Suite {
 protected:
  /// A call whose handler never answers by itself ends at its deadline, not before. On a busy machine the handler may
  /// not begin in time: then it has not run, and the next one gets longer.
  void end_the_call(MethodKind kind, const Request& q) {
    for (auto timeout = 40ms;; timeout *= 2) {
      const auto begin_time = std::chrono::steady_clock::now();
      auto call = begin(kind, q, options(timeout));
      const Status status = call->finish();
      EXPECT_EQ(status.code(), Errc::deadline_exceeded) << status.to_string();
      EXPECT_GE(std::chrono::steady_clock::now() - begin_time, timeout);
      if (echo().counts(options()).begun == 0) continue;
      EXPECT_NE(status.executed(), Executed::no) << "the handler had begun: it was there to be counted";
      return wait_ended(1);
    }
  }
};

TEST_P(Deadlines, EndUnaryCalls) {
  for (auto timeout = 40ms; echo().counts(options()).begun == 0; timeout *= 2) {
    const auto r = one(holding({1}, 0), options(timeout));
    EXPECT_EQ(r.status().code(), Errc::deadline_exceeded) << r.status().to_string();
  }
  wait_ended(1);
}

TEST_P(Deadlines, EndServerStreamsBeforeTheFirstResponse) { end_the_call(MethodKind::server_stream, holding({1}, 0)); }

TEST_P(Deadlines, EndServerStreamsBetweenResponses) {
  auto call = begin(MethodKind::server_stream, holding({1, 1, 1}, 2), options(200ms));
  EXPECT_TRUE(call->read().has_value());
  EXPECT_TRUE(call->read().has_value());
  EXPECT_FALSE(call->read().has_value());
  EXPECT_EQ(call->finish().code(), Errc::deadline_exceeded);
  wait_ended(1);
}

TEST_P(Deadlines, EndClientStreamsThatAreNotAnswered) { end_the_call(MethodKind::client_stream, holding({1}, 0)); }

TEST_P(Deadlines, EndClientStreamsWhoseRequestsDoNotCome) {
  auto upload = echo().up(options(40ms));
  EXPECT_EQ(upload.report().isolate, world().isolate_name());  // waits for the end, requests or not
  const Status status = upload.status();
  EXPECT_TRUE(status.ok() || status.code() == Errc::deadline_exceeded) << status.to_string();
}

TEST_P(Deadlines, EndFullDuplexCalls) { end_the_call(MethodKind::bidirectional, holding({1}, 0)); }

TEST_P(Deadlines, EndHalfDuplexCalls) {
  Request q = holding({1}, 0);
  q.order.half_duplex = true;
  end_the_call(MethodKind::bidirectional, q);
}

TEST_P(Deadlines, EndBothWhoseRequestsDoNotCome) {
  auto both = echo().both(options(40ms));
  try {
    EXPECT_FALSE(both.read().has_value());
    ADD_FAILURE() << "the stream ended as if all were well";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::deadline_exceeded) << e.what();
  }
  EXPECT_EQ(both.status().code(), Errc::deadline_exceeded);
}

TEST_P(Deadlines, EndWritersWhoseHandlerDoesNotRead) {
  CallOptions with = options(60ms);
  with.window_items = 4;
  for (const MethodKind kind : {MethodKind::client_stream, MethodKind::bidirectional}) {
    Request q = holding({1}, 0);
    q.order.after = 1;
    auto call = begin(kind, q, with);
    while (call->write({})) {
    }
    EXPECT_EQ(call->finish().code(), Errc::deadline_exceeded) << name(kind);
  }
  wait_ended(2);
}

TEST_P(Deadlines, ReachTheHandlerAndAreNotLater) {
  for (const MethodKind kind : {MethodKind::server_stream, MethodKind::bidirectional}) {
    auto call = begin(kind, sized(0, {1}), options(10s));
    const auto r = call->read();
    ASSERT_TRUE(r.has_value());
    EXPECT_GT(r->left_ns, 0) << name(kind);
    EXPECT_LE(r->left_ns, std::chrono::nanoseconds(10s).count()) << name(kind);
  }
  EXPECT_EQ(one({})->left_ns, -1);
  EXPECT_GT(one({}, options(10s))->left_ns, 0);
}

TEST_P(Deadlines, InThePastRefuseTheCallBeforeItStarts) {
  for (const MethodKind kind : kKinds) {
    CallOptions with = options();
    with.deadline = std::chrono::steady_clock::now() - 1ms;
    const Status status = begin(kind, {}, with)->finish();
    EXPECT_EQ(status.code(), Errc::deadline_exceeded) << name(kind) << ": " << status.to_string();
    EXPECT_EQ(status.executed(), Executed::no) << name(kind) << ": " << status.to_string();
  }
  EXPECT_EQ(echo().counts(options()).begun, 0);
}

TEST_P(Deadlines, ThatAreFarAwayDoNotEndACall) {
  for (const MethodKind kind : kKinds)
    EXPECT_TRUE(begin(kind, sized(0, {1}), options(1h))->finish().ok()) << name(kind);
  CallOptions with = options(std::chrono::nanoseconds::max());
  EXPECT_TRUE(one({}, with).ok());
}

TEST_P(Deadlines, OfQueuedCallsEndThemUnstarted) {
  open({.concurrency = 1});
  auto blocker = echo().down(holding({1, 1}, 1), options());
  ASSERT_TRUE(blocker.read().has_value());  // it runs, and nothing else can
  for (const MethodKind kind : kKinds) {
    const Status status = begin(kind, {}, options(30ms))->finish();
    EXPECT_EQ(status.code(), Errc::deadline_exceeded) << name(kind) << ": " << status.to_string();
    EXPECT_EQ(status.executed(), Executed::no) << name(kind) << ": " << status.to_string();
  }
  blocker.cancel();
  wait_ended(1);
  EXPECT_EQ(echo().counts(options()).begun, 1);
}

INSTANTIATE_TEST_SUITE_P(Over, Deadlines, testing::ValuesIn(unary_variants()), variant_name);

}  // namespace
}  // namespace lagoon::conformance
