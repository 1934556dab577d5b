// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/status.hpp>
#include <string>
#include <string_view>

namespace lagoon::detail {

/// The same status with `where` before its message; a detail `key` becomes "value/what it was", or is added.
inline Status prefixed(const Status& why, const std::string& where, std::string_view key, std::string value) {
  Status status(why.code(), where + ": " + why.message());
  status = status.with_executed(why.executed()).with_isolate(why.isolate()).with_retry_after(why.retry_after());
  if (why.cause()) status = status.with_cause(*why.cause());
  for (const auto& [k, v] : why.details()) {
    if (k == key) {
      value += "/" + v;
    } else {
      status = status.with_detail(k, v);
    }
  }
  return status.with_detail(std::string(key), std::move(value));
}

}  // namespace lagoon::detail
