// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/error.hpp>
#include <string>
#include <utility>

namespace lagoon::services {

/// The choice of this name.
///   throws  invalid_argument with the names that there are
template <class T, std::size_t N>
T choose(const char* what, const std::string& name, const std::pair<const char*, T> (&choices)[N]) {
  std::string known;
  for (const auto& [text, value] : choices) {
    if (name == text) return value;
    known += (known.empty() ? "" : ", ") + std::string(text);
  }
  throw Error(Errc::invalid_argument, std::string(what) + " '" + name + "' is not known; there are " + known);
}

}  // namespace lagoon::services
