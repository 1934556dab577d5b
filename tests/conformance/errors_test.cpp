// SPDX-License-Identifier: Apache-2.0
// What a handler says went wrong reaches the caller unchanged, and says that the handler ran.
//   source   grpc/grpc doc/interop-test-descriptions.md (status_code_and_message, unimplemented_method);
//            connectrpc/conformance, suite "errors"
#include "suite.hpp"

namespace lagoon::conformance {
namespace {

// Han, emoji beyond the basic plane, combining accent, right-to-left, a NUL's neighbour and every kind of quote.
constexpr const char* kUnicode = "\t失敗しました 🚀 e\xCC\x81 שלום \x01 \"quoted\" 'also' \\back\\ %20\r\n";

class Errors : public Suite {};

TEST_P(Errors, OfUnaryCallsKeepCodeAndMessage) {
  const auto r = one(failing(Errc::unknown, "test status message"));
  EXPECT_EQ(r.status().code(), Errc::unknown);
  EXPECT_EQ(r.status().message(), "test status message");
  EXPECT_EQ(r.status().executed(), Executed::yes);
  EXPECT_EQ(r.status().isolate(), world().isolate_name());
}

TEST_P(Errors, OfBidirectionalCallsKeepCodeAndMessage) {
  auto call = begin(MethodKind::bidirectional, failing(Errc::unknown, "test status message"));
  const Status status = call->finish();
  EXPECT_EQ(status.code(), Errc::unknown);
  EXPECT_EQ(status.message(), "test status message");
}

TEST_P(Errors, KeepUnicodeMessages) {
  for (const MethodKind kind : kKinds) {
    const Status status = begin(kind, failing(Errc::data_loss, kUnicode))->finish();
    EXPECT_EQ(status.message(), kUnicode) << name(kind);
  }
}

TEST_P(Errors, KeepDetailsAndMetadata) {
  for (const MethodKind kind : kKinds) {
    Request q = failing(Errc::aborted, "with more to say");
    q.order.details = {{"limit", "12"}, {"holder", "nobody"}};
    q.order.initial = {{"early", "1"}};
    q.order.trailing = {{"late", "2"}, {"late", std::string("\xab\xab\xab\x00", 4)}};
    auto call = begin(kind, q);
    const Status status = call->finish();
    EXPECT_EQ(status.details(), (Status::Details{{"limit", "12"}, {"holder", "nobody"}})) << name(kind);
    const CallReport report = call->report();
    ASSERT_TRUE(report.initial.find("early")) << name(kind);
    EXPECT_EQ(*report.initial.find("early"), "1");
    ASSERT_EQ(report.trailing.size(), 2u) << name(kind);
    EXPECT_EQ(std::next(report.trailing.begin())->second, std::string("\xab\xab\xab\x00", 4));
  }
}

TEST_P(Errors, ThatAreThrownAreLikeThoseReturned) {
  for (const MethodKind kind : kKinds) {
    Request q = failing(Errc::out_of_range, "thrown");
    q.order.throws = true;
    const Status status = begin(kind, q)->finish();
    EXPECT_EQ(status.code(), Errc::out_of_range) << name(kind);
    EXPECT_EQ(status.message(), "thrown");
    EXPECT_EQ(status.executed(), Executed::yes);
  }
}

TEST_P(Errors, ComeAfterTheResponsesThatWereSent) {
  for (const MethodKind kind : {MethodKind::server_stream, MethodKind::bidirectional}) {
    auto call = begin(kind, failing(Errc::resource_exhausted, "that was all", {1, 2, 3}));
    for (std::int64_t n = 1; n <= 3; ++n) {
      const auto r = call->read();
      ASSERT_TRUE(r.has_value()) << name(kind);
      EXPECT_EQ(r->body.size(), n);
    }
    call->close();
    EXPECT_FALSE(call->read().has_value());
    EXPECT_EQ(call->finish().code(), Errc::resource_exhausted) << name(kind);
  }
}

TEST_P(Errors, OfUploadsMayComeAfterOneRequestOrSeveral) {
  for (const std::int64_t after : {1, 3}) {
    auto upload = echo().up(options());
    Request q = failing(Errc::permission_denied, "enough");
    q.order.after = after;
    ASSERT_TRUE(upload.write(q));
    for (std::int64_t k = 1; k < after; ++k) ASSERT_TRUE(upload.write({}));
    const auto r = upload.try_get();
    EXPECT_EQ(r.status().code(), Errc::permission_denied);
    EXPECT_EQ(r.status().executed(), Executed::yes);
  }
}

TEST_P(Errors, OfOneCallLeaveTheNextAlone) {
  for (int k = 0; k < 50; ++k) {
    EXPECT_FALSE(one(failing(Errc::internal, "this one")).ok());
    EXPECT_TRUE(one({}).ok());
  }
}

template <class LaterEcho>
void expect_unimplemented(Endpoint& endpoint, const CallOptions& options) {
  const Caller<LaterEcho> later(endpoint);
  for (const Status& status :
       {later.template try_call<Missing>({}, options).status(), later.template start<Missing>({}, options).status(),
        later.template start<MissingBoth>(options).status()}) {
    EXPECT_EQ(status.code(), Errc::unimplemented);
    EXPECT_EQ(status.executed(), Executed::no);
    EXPECT_NE(status.message().find("missing"), std::string::npos) << status.message();
  }
  EXPECT_TRUE(later.template try_call<One>({}, options).ok());
}

TEST_P(Errors, OfMethodsThatDoNotExistAreUnimplemented) {
  if (GetParam().style == Style::functions) {
    expect_unimplemented<LaterFunctionEcho>(world().endpoint(), options());
  } else {
    expect_unimplemented<LaterCoroutineEcho>(world().endpoint(), options());
  }
}

TEST_P(Errors, OfServicesThatDoNotExistAreUnimplemented) {
  const Caller<NobodysEcho> nobody(world().endpoint());
  const auto r = nobody.try_call<One>({}, options());
  EXPECT_EQ(r.status().code(), Errc::unimplemented);
  EXPECT_NE(r.status().message().find("lagoon.conformance.Nobody"), std::string::npos) << r.status().message();
  auto both = nobody.start<Both>(options());
  EXPECT_FALSE(both.write({}));
  EXPECT_EQ(both.status().code(), Errc::unimplemented);
}

TEST_P(Errors, OfTypesThatDifferAreFailedPreconditions) {
  using Other = Contract<"lagoon.conformance.Functions", Unary<"one", Empty, Response>>;
  using Kind = Contract<"lagoon.conformance.Functions", ServerStream<"one", Request, Response>>;
  const auto r = Caller<Other>(world().endpoint()).try_call<Unary<"one", Empty, Response>>({}, options());
  EXPECT_EQ(r.status().code(), Errc::failed_precondition) << r.status().to_string();
  auto stream = Caller<Kind>(world().endpoint()).start<ServerStream<"one", Request, Response>>({}, options());
  EXPECT_THROW(stream.read(), Error);
  EXPECT_EQ(stream.status().code(), Errc::failed_precondition);
  EXPECT_EQ(stream.status().executed(), Executed::no);
}

INSTANTIATE_TEST_SUITE_P(Over, Errors, testing::ValuesIn(unary_variants()), variant_name);

// One test per code: which of sixteen is lost should be in the name.
template <int Code>
class CodeOf : public Suite {
 protected:
  void reaches_the_caller() {
    constexpr auto kCode = static_cast<Errc>(Code);
    for (const MethodKind kind : kKinds) {
      const Status status = begin(kind, failing(kCode, std::string(name(kCode)), {10}))->finish();
      EXPECT_EQ(status.code(), kCode) << name(kind);
      EXPECT_EQ(status.message(), name(kCode)) << name(kind);
      EXPECT_EQ(status.executed(), Executed::yes) << name(kind);
    }
  }
};

// NOLINTBEGIN(bugprone-macro-parentheses): names cannot stand in parentheses
#define LAGOON_CODE_TEST(Name, code)                                    \
  using Name = CodeOf<static_cast<int>(Errc::code)>;                    \
  TEST_P(Name, ReachesTheCallerFromEveryKind) { reaches_the_caller(); } \
  INSTANTIATE_TEST_SUITE_P(Over, Name, testing::ValuesIn(variants()), variant_name)
// NOLINTEND(bugprone-macro-parentheses)

LAGOON_CODE_TEST(Cancelled, cancelled);
LAGOON_CODE_TEST(Unknown, unknown);
LAGOON_CODE_TEST(InvalidArgument, invalid_argument);
LAGOON_CODE_TEST(DeadlineExceeded, deadline_exceeded);
LAGOON_CODE_TEST(NotFound, not_found);
LAGOON_CODE_TEST(AlreadyExists, already_exists);
LAGOON_CODE_TEST(PermissionDenied, permission_denied);
LAGOON_CODE_TEST(ResourceExhausted, resource_exhausted);
LAGOON_CODE_TEST(FailedPrecondition, failed_precondition);
LAGOON_CODE_TEST(Aborted, aborted);
LAGOON_CODE_TEST(OutOfRange, out_of_range);
LAGOON_CODE_TEST(Unimplemented, unimplemented);
LAGOON_CODE_TEST(Internal, internal);
LAGOON_CODE_TEST(Unavailable, unavailable);
LAGOON_CODE_TEST(DataLoss, data_loss);
LAGOON_CODE_TEST(Unauthenticated, unauthenticated);

}  // namespace
}  // namespace lagoon::conformance
