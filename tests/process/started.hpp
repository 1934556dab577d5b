// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include "process/child.hpp"

namespace lagoon::test {

/// Far more than anything here takes: over it, it hangs. Two of them are less than a test's time.
inline constexpr std::chrono::seconds kPatience{20};

struct Link {
  detail::File here, there;
};
inline Link make_link() {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  return {detail::File(ends[0]), detail::File(ends[1])};
}

/// The misbehaving program, and this side of its link.
struct Started {
  detail::Child child;
  detail::File link;

  bool readable() const {
    pollfd link_readable{.fd = link.get(), .events = POLLIN, .revents = 0};
    return ::poll(&link_readable, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) == 1;
  }
  /// The next line that it says; empty: it will say no more.
  std::string line() const {
    std::string text;
    char letter = 0;
    while (readable() && ::read(link.get(), &letter, 1) == 1 && letter != '\n') text += letter;
    return text;
  }
  /// All lines until the link is closed.
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (std::string next = line(); !next.empty(); next = line()) all.push_back(next);
    return all;
  }
  detail::ChildEnd end() {
    const auto ended = child.wait(kPatience);
    EXPECT_TRUE(ended) << "still alive";
    return ended.value_or(detail::ChildEnd{});
  }
};

inline Started start(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
  Link link = make_link();
  auto child =
      detail::Child::start({LAGOON_TEST_MISBEHAVING, std::move(arguments), std::move(environment)}, link.there);
  return {std::move(child).value(), std::move(link.here)};
}

/// With this process's number as argument, for those that confine themselves.
inline Started start_confined(const std::string& what) { return start({what, std::to_string(::getpid())}); }

}  // namespace lagoon::test
