// SPDX-License-Identifier: Apache-2.0
// What travels beside messages: how a call ended, and metadata.
#include <algorithm>
#include <lagoon/core/error.hpp>
#include <lagoon/rpc/wire.hpp>
#include <vector>

namespace lagoon::detail {
namespace {

constexpr std::size_t kMostCauses = 8;    // the status itself counts
constexpr std::size_t kMostDetails = 64;  // with_detail copies those before: more would cost their square

void encode_one(Encoder& out, const Status& status) {
  out.number(static_cast<std::uint64_t>(status.code()));
  out.number(static_cast<std::uint64_t>(status.executed()));
  out.number(static_cast<std::int64_t>(status.retry_after().count()));
  out.text(status.message());
  out.text(status.isolate());
  const std::size_t details = std::min(status.details().size(), kMostDetails);
  out.number(static_cast<std::uint64_t>(details));
  for (std::size_t i = 0; i < details; ++i) {
    out.text(status.details()[i].first);
    out.text(status.details()[i].second);
  }
}

Status decode_one(Decoder& in) {
  const std::uint64_t code = in.natural(static_cast<std::uint64_t>(Errc::unauthenticated));
  if (code == static_cast<std::uint64_t>(Errc::ok)) in.fail("a failure has the code of success");
  const auto executed = static_cast<Executed>(in.natural(static_cast<std::uint64_t>(Executed::yes)));
  const std::chrono::nanoseconds wait(in.integer());
  Status status(static_cast<Errc>(code), in.text());
  status = status.with_executed(executed).with_retry_after(wait).with_isolate(in.text());
  const std::uint64_t details = in.natural(kMostDetails);
  for (std::uint64_t i = 0; i < details; ++i) {
    std::string key = in.text();
    status = status.with_detail(std::move(key), in.text());
  }
  return status;
}

}  // namespace

void encode(Encoder& out, const Status& status) {
  std::vector<const Status*> chain;
  for (const Status* s = &status; s && !s->ok() && chain.size() < kMostCauses; s = s->cause()) chain.push_back(s);
  out.number(static_cast<std::uint64_t>(chain.size()));
  // The first cause first: each status is made with its cause.
  for (std::size_t i = chain.size(); i-- > 0;) encode_one(out, *chain[i]);
}

Status decode_status(Decoder& in) {
  Status status;
  const std::uint64_t chain = in.natural(kMostCauses);
  for (std::uint64_t i = 0; i < chain; ++i) {
    Status next = decode_one(in);
    status = i == 0 ? std::move(next) : next.with_cause(std::move(status));
  }
  return status;
}

void encode(Encoder& out, const Metadata& metadata) {
  out.number(static_cast<std::uint64_t>(metadata.size()));
  for (const auto& [key, value] : metadata) {
    out.text(key);
    out.text(value);
  }
}

Metadata decode_metadata(Decoder& in) {
  Metadata metadata;
  const std::uint64_t entries = in.natural(Metadata::kMaxEntries);
  for (std::uint64_t i = 0; i < entries; ++i) {
    std::string key = in.text();
    std::string value = in.text();
    try {
      metadata.add(std::move(key), std::move(value));
    } catch (const Error& e) {
      in.fail(e.status().message());
    }
  }
  return metadata;
}

}  // namespace lagoon::detail
