// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <lagoon/engine/stop.hpp>

namespace lagoon::learning::detail {

/// Calls each(begin, end) for consecutive parts of [begin, end), some ten microseconds each, and looks between them
/// whether the call is to end: short loops pay nothing.
///   throws   cancelled, deadline_exceeded
template <class Each>
void for_polled_parts(std::ptrdiff_t begin, std::ptrdiff_t end, Each each) {
  constexpr std::ptrdiff_t kPart = 1 << 13;
  while (end - begin > kPart) {
    each(begin, begin + kPart);
    begin += kPart;
    throw_if_stopped();
  }
  each(begin, end);
}

}  // namespace lagoon::learning::detail
