// SPDX-License-Identifier: Apache-2.0
// Metadata has bounds, and says so where they are reached: never a silent loss.
#include <lagoon/rpc/metadata.hpp>

#include "lab.hpp"

namespace lagoon::test {
namespace {

std::string refusal(Metadata& m, std::string key, std::string value) {
  try {
    m.add(std::move(key), std::move(value));
    return "taken";
  } catch (const Error& e) {
    return std::string(name(e.code())) + ": " + e.status().message();
  }
}

TEST(MetadataBounds, AreOneHundredAndTwentyEightEntries) {
  Metadata m;
  for (std::size_t k = 0; k < Metadata::kMaxEntries; ++k) EXPECT_EQ(refusal(m, "k", ""), "taken");
  EXPECT_EQ(refusal(m, "k", ""),
            "resource_exhausted: metadata: k: the number of entries would be 129, the limit is 128");
  EXPECT_EQ(m.size(), Metadata::kMaxEntries);
}

TEST(MetadataBounds, AreEightKibibytesAValue) {
  Metadata m;
  EXPECT_EQ(refusal(m, "fits", std::string(Metadata::kMaxValue, 'x')), "taken");
  EXPECT_EQ(refusal(m, "big", std::string(Metadata::kMaxValue + 1, 'x')),
            "resource_exhausted: metadata: big: bytes of the value would be 8193, the limit is 8192");
  EXPECT_EQ(m.size(), 1u);
}

TEST(MetadataBounds, AreSixtyFourKibibytesInAllKeysIncluded) {
  Metadata m;
  for (int k = 0; k < 7; ++k)
    EXPECT_EQ(refusal(m, std::string(1, static_cast<char>('a' + k)), std::string(8192, 'x')), "taken");
  const std::size_t left = Metadata::kMaxTotal - 7 * 8193;
  EXPECT_NE(refusal(m, "z", std::string(left, 'x')), "taken") << "one byte more, for its key";
  EXPECT_EQ(refusal(m, "z", std::string(left - 1, 'x')), "taken");
  EXPECT_NE(refusal(m, "y", ""), "taken");
}

TEST(MetadataBounds, AllowNoEmptyKeyAndNoEmptyHandedSuccess) {
  Metadata m;
  EXPECT_EQ(refusal(m, "", "value"), "invalid_argument: metadata: a key is empty");
  EXPECT_EQ(refusal(m, std::string(Metadata::kMaxTotal + 1, 'k'), "").substr(0, 18), "resource_exhausted");
  EXPECT_TRUE(m.empty());
}

TEST(MetadataBounds, LeaveBinaryValuesAndRepeatedKeysInOrder) {
  Metadata m;
  const std::string binary("\0\xab\0", 3);
  m.add("k", binary);
  m.add("k", "second");
  EXPECT_EQ(*m.find("k"), binary);
  EXPECT_EQ(std::next(m.begin())->second, "second");
  EXPECT_EQ(m.find("K"), nullptr);
}

TEST(MetadataOfReplies, OverTheBoundsIsTheHandlersError) {
  Engine engine;
  Lab lab(engine, {.name = "lab"}, {.compute = [](const Item& q, CallContext& c) {
            for (int k = 0; k <= q.x; ++k) c.add_trailing_metadata("k", std::to_string(k));
            return q;
          }});
  CallReport report;
  EXPECT_TRUE(lab->try_call<Compute>({127, {}}, {.report = &report}).ok());
  EXPECT_EQ(report.trailing.size(), 128u);
  EXPECT_EQ(lab->try_call<Compute>({128, {}}).status().code(), Errc::resource_exhausted);
}

TEST(MetadataOfReplies, IsSafeToAddFromManyThreads) {
  Engine engine;
  Lab lab(engine, {.name = "lab"}, {.compute = [](const Item& q, CallContext& c) {
            std::vector<std::thread> threads;
            for (int t = 0; t < 4; ++t)
              threads.emplace_back([&] {
                for (int k = 0; k < 30; ++k) {
                  c.add_initial_metadata("i", "x");
                  c.add_trailing_metadata("t", "x");
                  (void)c.metadata().find("in");
                }
              });
            for (auto& t : threads) t.join();
            return q;
          }});
  CallReport report;
  ASSERT_TRUE(lab->try_call<Compute>({}, {.report = &report}).ok());
  EXPECT_EQ(report.initial.size(), 120u);
  EXPECT_EQ(report.trailing.size(), 120u);
}

TEST(MetadataOfRequests, IsNotInheritedByNestedCalls) {
  Engine engine;
  const LabCaller* inner = nullptr;
  std::atomic<std::size_t> seen{99};
  Lab other(engine, {.name = "other"}, {.compute = [&](const Item& q, CallContext& c) {
              seen = c.metadata().size();
              return q;
            }});
  inner = &other.caller();
  Lab lab(engine, {.name = "lab"},
          {.compute = [&](const Item& q, CallContext&) { return inner->try_call<Compute>(q); }});
  CallOptions with;
  with.metadata.add("token", "secret");
  ASSERT_TRUE(lab->try_call<Compute>({}, with).ok());
  EXPECT_EQ(seen, 0u);
}

}  // namespace
}  // namespace lagoon::test
