// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/stop.hpp>

// Long loops that look now and then whether the call is to end.
namespace lagoon::polled {

/// Calls each(begin, end) for consecutive parts of [begin, end), some ten microseconds each, and looks between them
/// whether the call is to end: short loops pay nothing.
///   throws   cancelled, deadline_exceeded
template <class Each>
void for_parts(std::ptrdiff_t begin, std::ptrdiff_t end, Each each) {
  constexpr std::ptrdiff_t kPart = 1 << 13;
  while (end - begin > kPart) {
    each(begin, begin + kPart);
    begin += kPart;
    throw_if_stopped();
  }
  each(begin, end);
}

/// The same for each(i).
template <class Each>
void for_each(std::ptrdiff_t n, Each each) {
  for_parts(0, n, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) each(i);
  });
}

/// As Tensor::copy_of and Tensor::filled: new pages, too, take their time.
template <class T>
Tensor<T, 1> copy_of(View<const T, 1> from) {
  Tensor<T, 1> to({from.size()});
  for_each(from.size(), [&](std::ptrdiff_t i) { to[i] = from[i]; });
  return to;
}
template <class T>
Tensor<T, 1> filled(std::ptrdiff_t n, T value) {
  Tensor<T, 1> to({n});
  for_each(n, [&](std::ptrdiff_t i) { to[i] = value; });
  return to;
}

}  // namespace lagoon::polled
