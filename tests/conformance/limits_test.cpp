// SPDX-License-Identifier: Apache-2.0
//   source   connectrpc/conformance, suite "server_message_size": equal to the limit passes, one more is refused
#include <lagoon/rpc/dynamic.hpp>

#include "suite.hpp"

namespace lagoon::conformance {
namespace {

class Limits : public Suite {
 protected:
  static constexpr std::ptrdiff_t kLimit = 200 << 10;

  /// Bytes of body that make a request of exactly the limit.
  static std::ptrdiff_t largest(const Request& shape) {
    return kLimit - static_cast<std::ptrdiff_t>(detail::referenced_bytes(shape));
  }
  static void expect_too_large(const Status& status) {
    EXPECT_EQ(status.code(), Errc::resource_exhausted) << status.to_string();
    EXPECT_EQ(status.executed(), Executed::no) << status.to_string();
    EXPECT_NE(status.message().find(std::to_string(kLimit)), std::string::npos) << status.to_string();
  }
  void SetUp() override { open({.max_message = kLimit}); }
};

TEST_P(Limits, TakeAUnaryRequestOfTheirSizeAndRefuseOneByteMore) {
  Request q = sized(0, {1});
  q.body = zeros(largest(q));
  const auto fits = one(q);
  EXPECT_TRUE(fits.ok()) << fits.status().to_string();
  q.body = zeros(q.body.size() + 1);
  expect_too_large(one(q).status());
  EXPECT_EQ(echo().counts(options()).begun, 1);
}

TEST_P(Limits, TakeAServerStreamsRequestOfTheirSizeAndRefuseOneByteMore) {
  Request q = sized(0, {1});
  q.body = zeros(largest(q));
  EXPECT_TRUE(begin(MethodKind::server_stream, q)->finish().ok());
  q.body = zeros(q.body.size() + 1);
  expect_too_large(begin(MethodKind::server_stream, q)->finish());
  EXPECT_EQ(echo().counts(options()).begun, 1);
}

TEST_P(Limits, TakeItemsOfTheirSizeAndRefuseOneByteMore) {
  for (const MethodKind kind : {MethodKind::client_stream, MethodKind::bidirectional}) {
    SCOPED_TRACE(name(kind));
    Request q = sized(0, {1});
    q.body = zeros(largest(q));
    EXPECT_TRUE(begin(kind, q)->finish().ok());
    q.body = zeros(q.body.size() + 1);
    const Status status = begin(kind, q)->finish();
    EXPECT_EQ(status.code(), Errc::resource_exhausted) << status.to_string();
  }
}

TEST_P(Limits, HoldForResponses) {
  for (const MethodKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    EXPECT_TRUE(begin(kind, sized(0, {kLimit - 64}))->finish().ok());
    const Status status = begin(kind, sized(0, {kLimit + 1}))->finish();
    EXPECT_EQ(status.code(), Errc::resource_exhausted) << status.to_string();
    EXPECT_NE(status.executed(), Executed::no) << status.to_string();
  }
}

TEST_P(Limits, LeaveAnEmptyMessageAMessage) {
  EXPECT_TRUE(one({}).ok());
  for (const MethodKind kind : kKinds) EXPECT_TRUE(begin(kind, {})->finish().ok()) << name(kind);
}

class QueueLimits : public Suite {};

TEST_P(QueueLimits, RefuseOneCallMoreAndSayWhenToComeBack) {
  for (const std::size_t limit : {1u, 2u, 3u, 8u}) {
    open({.concurrency = 1, .queue_limit = limit});
    auto blocker = echo().down(holding({1, 1}, 1), options());
    ASSERT_TRUE(blocker.read().has_value());
    std::vector<Reply<One>> queued;
    for (std::size_t k = 0; k < limit; ++k) {
      queued.push_back(echo().start_one({}, options()));
      EXPECT_FALSE(queued.back().is_done()) << k << " of " << limit;
    }
    auto refused = echo().start_one({}, options());
    EXPECT_TRUE(refused.is_done()) << "limit " << limit;
    if (refused.is_done()) {
      const Status status = refused.status();
      EXPECT_EQ(status.code(), Errc::resource_exhausted) << status.to_string();
      EXPECT_EQ(status.executed(), Executed::no);
      EXPECT_GT(status.retry_after().count(), 0);
      EXPECT_EQ(status.isolate(), world().queue_name());
    }
    blocker.cancel();
    for (auto& reply : queued) EXPECT_TRUE(reply.try_get().ok());
  }
}

INSTANTIATE_TEST_SUITE_P(Over, Limits, testing::ValuesIn(unary_variants()), variant_name);
INSTANTIATE_TEST_SUITE_P(Over, QueueLimits, testing::ValuesIn(variants()), variant_name);

}  // namespace
}  // namespace lagoon::conformance
