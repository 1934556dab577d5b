// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lagoon/services/builtin.hpp>

#include <string>

namespace lagoon::services {
namespace {

/// A message that has no LAGOON_FIELDS, or a member without a wire form, is found here and not when somebody first asks
/// for --isolation process.
TEST(BuiltinServices, CanServeFromAnotherProcess) {
  for (const Service& service : builtin_services()) {
    EXPECT_FALSE(service.methods().empty()) << service.name();
    for (const detail::MethodEntry& method : service.methods())
      EXPECT_NE(method.remote, nullptr) << service.name() << "." << method.name;
  }
}

}  // namespace
}  // namespace lagoon::services
