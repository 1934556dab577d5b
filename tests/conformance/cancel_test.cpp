// SPDX-License-Identifier: Apache-2.0
// A caller may give up at any moment: it is answered at once, once, and the handler is told.
//   source   the moments: grpc/grpc test/core/end2end/tests/cancel_*; connectrpc/conformance, suite
//   "client_cancellation"
#include "suite.hpp"

namespace lagoon::conformance {
namespace {

class Cancelling : public Suite {
 protected:
  static bool streams_down(MethodKind kind) {
    return kind == MethodKind::server_stream || kind == MethodKind::bidirectional;
  }
  /// Cancels, and holds the call to what it owes its caller.
  void cancel(AnyCall& call, std::initializer_list<Executed> allowed) {
    call.cancel();
    EXPECT_TRUE(call.is_done());
    const Status status = call.finish();
    EXPECT_EQ(status.code(), Errc::cancelled) << status.to_string();
    EXPECT_TRUE(std::find(allowed.begin(), allowed.end(), status.executed()) != allowed.end()) << status.to_string();
  }
};

TEST_P(Cancelling, BeforeTheCallStartsItNothing) {
  for (const MethodKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    StopControl stop;
    stop.request_stop();
    CallOptions with = options();
    with.stop = &stop;
    const Status status = begin(kind, {}, with)->finish();
    EXPECT_EQ(status.code(), Errc::cancelled) << status.to_string();
    EXPECT_EQ(status.executed(), Executed::no) << status.to_string();
  }
  EXPECT_EQ(echo().counts(options()).begun, 0);
}

TEST_P(Cancelling, AtOnceEndsTheCall) {
  for (const MethodKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    auto call = begin(kind, holding({1}, 0));
    cancel(*call, {Executed::no, Executed::maybe});
  }
}

TEST_P(Cancelling, AnEmptyStreamOfRequestsEndsTheCall) {
  auto upload = echo().up(options());
  upload.cancel();
  EXPECT_EQ(upload.status().code(), Errc::cancelled);
  auto both = echo().both(options());
  both.cancel();
  EXPECT_EQ(both.status().code(), Errc::cancelled);
}

TEST_P(Cancelling, AQueuedCallNeverStartsIt) {
  open({.concurrency = 1});
  auto blocker = echo().down(holding({1, 1}, 1), options());
  ASSERT_TRUE(blocker.read().has_value());
  for (const MethodKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    auto call = begin(kind, {});
    cancel(*call, {Executed::no});
  }
  blocker.cancel();
  wait_ended(1);
  EXPECT_EQ(echo().counts(options()).begun, 1);
}

TEST_P(Cancelling, ARunningCallTellsTheHandler) {
  std::int64_t n = 0;
  for (const MethodKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    auto call = begin(kind, holding({1}, 0));
    if (kind == MethodKind::client_stream) call->close();
    wait_begun(++n);
    cancel(*call, {Executed::maybe});
    wait_ended(n);
  }
}

TEST_P(Cancelling, AfterTheLastRequestTellsTheHandler) {
  std::int64_t n = 0;
  for (const MethodKind kind : {MethodKind::client_stream, MethodKind::bidirectional}) {
    SCOPED_TRACE(name(kind));
    Request q = holding({1}, 0);
    q.order.half_duplex = true;
    auto call = begin(kind, q);
    call->close();
    wait_begun(++n);
    cancel(*call, {Executed::maybe});
    wait_stopped(n);
    wait_ended(n);
  }
}

TEST_P(Cancelling, BetweenResponsesLeavesThoseThatCame) {
  std::int64_t n = 0;
  for (const MethodKind kind : {MethodKind::server_stream, MethodKind::bidirectional}) {
    SCOPED_TRACE(name(kind));
    auto call = begin(kind, holding({5, 6, 7}, 2));
    const auto first = call->read(), second = call->read();
    ASSERT_TRUE(first && second);
    cancel(*call, {Executed::maybe});
    EXPECT_EQ(first->body.size(), 5);
    EXPECT_EQ(second->body.size(), 6);
    wait_ended(++n);
  }
}

TEST_P(Cancelling, AfterTheEndChangesNothing) {
  for (const MethodKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    auto call = begin(kind, sized(0, {1}));
    ASSERT_TRUE(call->finish().ok());
    call->cancel();
    EXPECT_TRUE(call->finish().ok());
    EXPECT_EQ(call->report().isolate, world().isolate_name());
  }
}

TEST_P(Cancelling, TwiceIsLikeOnce) {
  for (const MethodKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    auto call = begin(kind, holding({1}, 0));
    cancel(*call, {Executed::no, Executed::maybe});
    cancel(*call, {Executed::no, Executed::maybe});
  }
}

TEST_P(Cancelling, FromAnotherThreadWakesTheOneThatWaits) {
  std::int64_t n = 0;
  for (const MethodKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    StopControl stop;
    CallOptions with = options();
    with.stop = &stop;
    auto call = begin(kind, holding({1}, 0), with);
    if (kind == MethodKind::client_stream) call->close();
    wait_begun(++n);
    std::thread other([&] { stop.request_stop(); });
    EXPECT_EQ(call->finish().code(), Errc::cancelled);
    other.join();
    wait_ended(n);
  }
}

TEST_P(Cancelling, AWriterThatWaitsForRoomLetsItGo) {
  CallOptions with = options();
  with.window_items = 2;
  std::int64_t n = 0;
  for (const MethodKind kind : {MethodKind::client_stream, MethodKind::bidirectional}) {
    SCOPED_TRACE(name(kind));
    Request q = holding({1}, 0);
    q.order.after = 1;
    auto call = begin(kind, q, with);
    wait_begun(++n);
    std::thread other([&] { call->cancel(); });
    while (call->write({})) {
    }
    other.join();
    EXPECT_EQ(call->finish().code(), Errc::cancelled);
    wait_ended(n);
  }
}

TEST_P(Cancelling, OneCallLeavesItsNeighboursAlone) {
  auto other = echo().both(options());
  ASSERT_TRUE(other.write(sized(0, {1})));
  ASSERT_TRUE(other.read().has_value());
  for (int k = 0; k < 20; ++k) {
    auto call = begin(kKinds[k % 4], holding({1}, 0));
    call->cancel();
  }
  ASSERT_TRUE(other.write(sized(0, {2})));
  EXPECT_EQ(other.read()->body.size(), 2);
  other.close();
  EXPECT_FALSE(other.read().has_value());
  EXPECT_TRUE(other.status().ok());
}

INSTANTIATE_TEST_SUITE_P(Over, Cancelling, testing::ValuesIn(variants()), variant_name);

class CancellingUnary : public Cancelling {};

TEST_P(CancellingUnary, AWaitingCallByItsStopControl) {
  StopControl stop;
  CallOptions with = options();
  with.stop = &stop;
  std::thread other([&] {
    wait_begun(1);
    stop.request_stop();
  });
  const auto r = one(holding({1}, 0), with);
  other.join();
  EXPECT_FALSE(r.ok());

  EXPECT_EQ(r.status().code(), Errc::cancelled) << r.status().to_string();
  wait_stopped(1);
}

INSTANTIATE_TEST_SUITE_P(Over, CancellingUnary, testing::ValuesIn(unary_variants()), variant_name);

}  // namespace
}  // namespace lagoon::conformance
