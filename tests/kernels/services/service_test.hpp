// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <lagoon/rpc.hpp>
#include <lagoon/services/builtin.hpp>

#include <string>
#include <utility>

namespace lagoon::services {

/// The built-in services in an isolate, and a caller of contract C.
template <class C>
class ServiceTest : public testing::Test {
 protected:
  template <class Method, class Request>
  auto call(Request request) {
    return caller_.template call<Method>(std::move(request));
  }
  /// The message with which the method refuses the request.
  template <class Method, class Request>
  std::string error_of(Request request) {
    try {
      (void)caller_.template call<Method>(std::move(request));
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::invalid_argument);
      return e.status().message();
    }
    return "no error";
  }

  Engine engine_;
  Isolate isolate_{engine_};
  Local local_{isolate_, builtin_services()};
  Caller<C> caller_{local_};
};

}  // namespace lagoon::services
