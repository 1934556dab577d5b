// SPDX-License-Identifier: Apache-2.0
// What every kind of call must do when nothing goes wrong.
//   source   names and sizes: grpc/grpc doc/interop-test-descriptions.md; connectrpc/conformance, suite "basic"
#include "suite.hpp"

namespace lagoon::conformance {
namespace {

class UnaryCalls : public Suite {};
class StreamCalls : public Suite {};

TEST_P(UnaryCalls, OfNothingReturnNothing) {
  const auto r = one({});
  ASSERT_TRUE(r.ok()) << r.status().to_string();
  EXPECT_TRUE(r->body.empty());
  EXPECT_EQ(r->requests, 1);
}

TEST_P(UnaryCalls, CarryLargeMessagesOfExactSize) {
  const auto r = one(sized(271828, {314159}));
  ASSERT_TRUE(r.ok()) << r.status().to_string();
  EXPECT_EQ(r->request_bytes, 271828);
  ASSERT_EQ(r->body.size(), 314159);
  EXPECT_TRUE(std::all_of(r->body.data(), r->body.data() + r->body.size(), [](auto b) { return b == 0; }));
}

TEST_P(UnaryCalls, AreAnsweredInAnyOrderWhenManyAreInFlight) {
  std::vector<Reply<One>> replies;
  for (std::int64_t n = 0; n < 100; ++n) replies.push_back(echo().start_one(sized(0, {n}), options()));
  for (std::size_t n = 100; n-- > 0;) EXPECT_EQ(replies[n].get().body.size(), static_cast<std::ptrdiff_t>(n));
}

TEST_P(UnaryCalls, MayBeStartedAndForgotten) {
  for (int k = 0; k < 20; ++k) (void)echo().start_one({}, options());
  wait_ended(20);
}

TEST_P(StreamCalls, DownDeliverExactlyWhatWasSentInOrder) {
  auto replies = echo().down(sized(0, {31415, 9, 2653, 58979}), options());
  std::vector<std::int64_t> sizes;
  for (const Response& r : replies) sizes.push_back(r.body.size());
  EXPECT_EQ(sizes, (std::vector<std::int64_t>{31415, 9, 2653, 58979}));
  EXPECT_TRUE(replies.status().ok());
}

TEST_P(StreamCalls, DownWithoutResponsesAreEmptyAndOk) {
  auto replies = echo().down(sized(100, {}), options());
  EXPECT_FALSE(replies.read().has_value());
  EXPECT_TRUE(replies.status().ok());
}

TEST_P(StreamCalls, DownStayAtTheirEndHoweverOftenTheyAreRead) {
  auto replies = echo().down(sized(0, {1}), options());
  EXPECT_TRUE(replies.read().has_value());
  for (int k = 0; k < 3; ++k) EXPECT_FALSE(replies.read().has_value());
}

TEST_P(StreamCalls, UpReachTheHandlerInFull) {
  auto upload = echo().up(options());
  std::int64_t bytes = 0;
  for (const std::int64_t n : {27182, 8, 1828, 45904}) {
    ASSERT_TRUE(upload.write(sized(n, {74922})));
    bytes += n;
  }
  const Response r = upload.get();
  EXPECT_EQ(r.requests, 4);
  EXPECT_EQ(r.request_bytes, bytes);
  EXPECT_EQ(r.body.size(), 74922);
}

TEST_P(StreamCalls, UpWithoutRequestsAreAnswered) {
  auto upload = echo().up(options());
  EXPECT_EQ(upload.get().requests, 0);
}

TEST_P(StreamCalls, UpMayBeAnsweredBeforeTheLastRequest) {
  auto upload = echo().up(options());
  Request q = sized(10, {5});
  q.order.after = 2;
  ASSERT_TRUE(upload.write(std::move(q)));
  ASSERT_TRUE(upload.write(sized(10, {})));
  while (upload.write(sized(10, {}))) {  // until the handler is seen to have had enough
  }
  const Response r = upload.get();
  EXPECT_EQ(r.requests, 2);
  EXPECT_EQ(r.body.size(), 5);
}

TEST_P(StreamCalls, BothClosedAtOnceHaveNoResponses) {
  auto both = echo().both(options());
  both.close();
  EXPECT_FALSE(both.read().has_value());
  EXPECT_TRUE(both.status().ok());
}

TEST_P(StreamCalls, BothPlayPingPong) {
  const std::int64_t requests[] = {27182, 8, 1828, 45904}, responses[] = {31415, 9, 2653, 58979};
  auto both = echo().both(options());
  for (int k = 0; k < 4; ++k) {
    ASSERT_TRUE(both.write(sized(requests[k], {responses[k]})));
    const auto r = both.read();
    ASSERT_TRUE(r.has_value());
    EXPECT_EQ(r->body.size(), responses[k]);
    EXPECT_EQ(r->requests, k + 1);
  }
  both.close();
  EXPECT_FALSE(both.read().has_value());
  EXPECT_TRUE(both.status().ok());
}

TEST_P(StreamCalls, BothMayTakeAllBeforeTheyAnswer) {
  auto both = echo().both(options());
  Request q = sized(1, {1, 2, 3});
  q.order.half_duplex = true;
  ASSERT_TRUE(both.write(std::move(q)));
  for (int k = 0; k < 4; ++k) ASSERT_TRUE(both.write(sized(1, {})));
  both.close();
  for (std::int64_t n = 1; n <= 3; ++n) {
    const auto r = both.read();
    ASSERT_TRUE(r.has_value());
    EXPECT_EQ(r->body.size(), n);
    EXPECT_EQ(r->requests, 5);
  }
  EXPECT_FALSE(both.read().has_value());
}

TEST_P(StreamCalls, BothHalfDuplexMayHaveNoResponses) {
  auto both = echo().both(options());
  Request q = sized(1, {});
  q.order.half_duplex = true;
  ASSERT_TRUE(both.write(std::move(q)));
  both.close();
  EXPECT_FALSE(both.read().has_value());
  EXPECT_TRUE(both.status().ok());
}

TEST_P(StreamCalls, BothMayEndBeforeTheirRequestsDo) {
  auto both = echo().both(options());
  Request q = sized(1, {7});
  q.order.after = 1;
  ASSERT_TRUE(both.write(std::move(q)));
  EXPECT_EQ(both.read()->body.size(), 7);
  EXPECT_FALSE(both.read().has_value());
  while (both.write(sized(1, {}))) {
  }
  EXPECT_TRUE(both.status().ok());
}

TEST_P(StreamCalls, AnEmptyMessageIsAMessage) {
  auto replies = echo().down(sized(0, {0, 0, 0}), options());
  int seen = 0;
  for (const Response& r : replies) {
    EXPECT_TRUE(r.body.empty());
    ++seen;
  }
  EXPECT_EQ(seen, 3);
  auto upload = echo().up(options());
  for (int k = 0; k < 3; ++k) ASSERT_TRUE(upload.write({}));
  EXPECT_EQ(upload.get().requests, 3);
}

TEST_P(StreamCalls, ThatAreDroppedTellTheHandlerToStop) {
  for (const MethodKind kind : {MethodKind::server_stream, MethodKind::client_stream, MethodKind::bidirectional}) {
    SCOPED_TRACE(name(kind));
    const Counts before = echo().counts(options());
    auto call = begin(kind, holding({1, 1}, kind == MethodKind::client_stream ? 0 : 1));
    if (kind == MethodKind::client_stream) {
      call->close();
      wait_begun(before.begun + 1);
    } else {
      ASSERT_TRUE(call->read().has_value());
    }
    call.reset();
    wait_ended(before.ended + 1);
  }
}

TEST_P(StreamCalls, OfManyItemsArriveInFull) {
  const std::vector<std::int64_t> many(5000, 3);
  auto replies = echo().down(sized(0, many), options());
  int seen = 0;
  for (const Response& r : replies) seen += r.body.size() == 3;
  EXPECT_EQ(seen, 5000);
}

INSTANTIATE_TEST_SUITE_P(Over, UnaryCalls, testing::ValuesIn(unary_variants()), variant_name);
INSTANTIATE_TEST_SUITE_P(Over, StreamCalls, testing::ValuesIn(variants()), variant_name);

}  // namespace
}  // namespace lagoon::conformance
