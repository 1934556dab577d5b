// SPDX-License-Identifier: Apache-2.0
//   source   grpc/grpc doc/interop-test-descriptions.md (custom_metadata)
#include <algorithm>

#include "suite.hpp"

namespace lagoon::conformance {
namespace {

class MetadataOf : public Suite {};

const std::string kBinary("\xab\xab\xab", 3);

bool has(const std::vector<Entry>& entries, const std::string& key, const std::string& value) {
  return std::any_of(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key && e.value == value; });
}

TEST_P(MetadataOf, RequestsReachesTheHandlerAndRepliesReachTheCaller) {
  CallOptions with = options();
  CallReport report;
  with.report = &report;
  with.metadata.add("x-echo-initial", "test_initial_metadata_value");
  with.metadata.add("x-echo-trailing-bin", kBinary);
  Request q = sized(0, {1});
  q.order.initial = {{"x-echo-initial", "test_initial_metadata_value"}};
  q.order.trailing = {{"x-echo-trailing-bin", kBinary}};
  const auto r = echo().one(q, with, false);
  ASSERT_TRUE(r.ok());
  EXPECT_TRUE(has(r->metadata, "x-echo-initial", "test_initial_metadata_value"));
  EXPECT_TRUE(has(r->metadata, "x-echo-trailing-bin", kBinary));
  ASSERT_TRUE(report.initial.find("x-echo-initial"));
  ASSERT_TRUE(report.trailing.find("x-echo-trailing-bin"));
  EXPECT_EQ(*report.trailing.find("x-echo-trailing-bin"), kBinary);
  EXPECT_EQ(report.isolate, world().isolate_name());
}

TEST_P(MetadataOf, EveryKindGoesBothWays) {
  for (const MethodKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    CallOptions with = options();
    with.metadata.add("in", kBinary);
    with.metadata.add("in", "again");
    Request q = sized(0, {1, 1});
    q.order.initial = {{"first", "a"}};
    q.order.trailing = {{"last", "b"}};
    auto call = begin(kind, q, with);
    if (kind == MethodKind::server_stream || kind == MethodKind::bidirectional) {
      const auto r = call->read();
      ASSERT_TRUE(r.has_value());
      ASSERT_EQ(r->metadata.size(), 2u);
      EXPECT_EQ(r->metadata[0].value, kBinary);
      EXPECT_EQ(r->metadata[1].value, "again");
    }
    EXPECT_TRUE(call->finish().ok());
    const CallReport report = call->report();
    ASSERT_TRUE(report.initial.find("first"));
    ASSERT_TRUE(report.trailing.find("last"));
    EXPECT_EQ(*report.trailing.find("last"), "b");
  }
}

TEST_P(MetadataOf, ACallWithoutAnyIsEmpty) {
  const auto r = one({});
  ASSERT_TRUE(r.ok());
  EXPECT_TRUE(r->metadata.empty());
}

TEST_P(MetadataOf, RepliesThatAreTooMuchEndTheCallWithAnError) {
  Request q = sized(0, {1});
  q.order.trailing.assign(Metadata::kMaxEntries + 1, {"k", "v"});
  const Status status = one(q).status();
  EXPECT_EQ(status.code(), Errc::resource_exhausted) << status.to_string();
  EXPECT_EQ(status.executed(), Executed::yes);
}

TEST_P(MetadataOf, OneCallIsNotSeenByTheNext) {
  CallOptions with = options();
  with.metadata.add("secret", "1");
  ASSERT_TRUE(one({}, with).ok());
  EXPECT_TRUE(one({})->metadata.empty());
}

INSTANTIATE_TEST_SUITE_P(Over, MetadataOf, testing::ValuesIn(unary_variants()), variant_name);

}  // namespace
}  // namespace lagoon::conformance
