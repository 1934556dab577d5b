// SPDX-License-Identifier: Apache-2.0
// What travels beside messages: how a call ended, and metadata.
#include <gtest/gtest.h>

#include "lent_arrays.hpp"

namespace lagoon::test {
namespace {

Status read_status(std::span<const std::byte> message) {
  LentArrays arrays;
  detail::Decoder in;
  in.begin(message, arrays);
  Status status = detail::decode_status(in);
  in.end();
  return status;
}
Status through(const Status& status) {
  LentArrays arrays;
  return read_status(encoded(status, arrays));
}

Metadata read_metadata(std::span<const std::byte> message) {
  LentArrays arrays;
  detail::Decoder in;
  in.begin(message, arrays);
  Metadata metadata = detail::decode_metadata(in);
  in.end();
  return metadata;
}

Status rich_status() {
  return Status(Errc::resource_exhausted, "queue is full")
      .with_executed(Executed::no)
      .with_isolate("stats")
      .with_retry_after(std::chrono::milliseconds(3))
      .with_detail("limit", "16")
      .with_detail("limit", std::string("\0", 1))
      .with_cause(Status(Errc::aborted, "second").with_cause(Status(Errc::internal, "third")));
}

std::size_t causes(const Status& status) {
  std::size_t n = 0;
  for (const Status* s = status.cause(); s; s = s->cause()) ++n;
  return n;
}

TEST(WireStatus, OfSuccessIsSuccess) { EXPECT_TRUE(through(Status()).ok()); }

TEST(WireStatus, KeepsAllItsFacts) {
  const Status sent = rich_status(), there = through(sent);
  EXPECT_EQ(there.to_string(), sent.to_string());
  EXPECT_EQ(there.code(), Errc::resource_exhausted);
  EXPECT_EQ(there.executed(), Executed::no);
  EXPECT_EQ(there.isolate(), "stats");
  EXPECT_EQ(there.retry_after(), std::chrono::milliseconds(3));
  EXPECT_EQ(there.details(), sent.details());
  ASSERT_EQ(causes(there), 2u);
  EXPECT_EQ(there.cause()->cause()->message(), "third");
  EXPECT_EQ(there.cause()->executed(), Executed::yes);
}

TEST(WireStatus, KeepsTheFirstOfManyCausesAndDetails) {
  Status status(Errc::unknown, "0");
  for (int i = 1; i < 20; ++i) status = Status(Errc::unknown, std::to_string(i)).with_cause(status);
  for (int i = 0; i < 100; ++i) status = status.with_detail(std::to_string(i), "");
  const Status there = through(status);
  EXPECT_EQ(there.message(), "19");
  EXPECT_EQ(causes(there), 7u);
  ASSERT_EQ(there.details().size(), 64u);
  EXPECT_EQ(there.details().back().first, "63");
}

TEST(WireStatus, ThatIsBrokenIsDataLoss) {
  LentArrays arrays;
  auto message = encoded(rich_status(), arrays);
  auto outcome = [](std::span<const std::byte> bytes) {
    try {
      return read_status(bytes).ok() ? Errc::ok : Errc::unknown;
    } catch (const Error& e) {
      return e.code();
    }
  };
  for (std::size_t n = 0; n < message.size(); ++n)
    EXPECT_EQ(outcome(std::vector<std::byte>(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(n))),
              Errc::data_loss);
  for (auto& byte : message) {
    const std::byte was = byte;
    for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
      byte = std::byte(value);
      const Errc code = outcome(message);
      EXPECT_TRUE(code == Errc::data_loss || code == Errc::unknown) << name(code);
    }
    byte = was;
  }
}

TEST(WireStatus, HasNoCodeThatThereIsNot) {
  for (const std::uint64_t code : {std::uint64_t{0}, std::uint64_t{17}, UINT64_MAX}) {
    LentArrays arrays;
    std::vector<std::uint64_t> words = {1, code, 2, 0, 0, 0, 0};  // one status without text and details
    EXPECT_THROW((void)read_status(std::as_bytes(std::span(words))), Error);
    words[1] = 16;
    EXPECT_EQ(read_status(std::as_bytes(std::span(words))).code(), Errc::unauthenticated);
    words[2] = 3;
    EXPECT_THROW((void)read_status(std::as_bytes(std::span(words))), Error);
  }
}

TEST(WireMetadata, KeepsEntriesAndTheirOrder) {
  Metadata sent;
  sent.add("token", std::string("\0\xff", 2));
  sent.add("b", "");
  sent.add("token", "again");
  LentArrays arrays;
  const Metadata there = read_metadata(encoded(sent, arrays));
  EXPECT_TRUE(std::equal(there.begin(), there.end(), sent.begin(), sent.end()));
  EXPECT_TRUE(read_metadata(encoded(Metadata(), arrays)).empty());
}

TEST(WireMetadata, OverItsLimitsIsDataLoss) {
  auto message_of = [](std::size_t entries, const std::string& key, const std::string& value) {
    LentArrays arrays;
    detail::Encoder out;
    out.begin(arrays);
    out.number(static_cast<std::uint64_t>(entries));
    for (std::size_t i = 0; i < entries; ++i) out.text(key), out.text(value);
    return std::vector<std::byte>(out.bytes().begin(), out.bytes().end());
  };
  auto refused = [](const std::vector<std::byte>& message) {
    try {
      (void)read_metadata(message);
      return false;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::data_loss);
      return true;
    }
  };
  EXPECT_FALSE(refused(message_of(Metadata::kMaxEntries, "k", "v")));
  EXPECT_TRUE(refused(message_of(Metadata::kMaxEntries + 1, "k", "v")));
  EXPECT_TRUE(refused(message_of(1, "", "v")));
  EXPECT_FALSE(refused(message_of(1, "k", std::string(Metadata::kMaxValue, 'v'))));
  EXPECT_TRUE(refused(message_of(1, "k", std::string(Metadata::kMaxValue + 1, 'v'))));
  EXPECT_TRUE(refused(message_of(8, "k", std::string(Metadata::kMaxValue, 'v'))));
}

}  // namespace
}  // namespace lagoon::test
