// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <lagoon/core/error.hpp>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

// What tests of all kernels ask.
namespace lagoon::test {

/// Runs f in arenas of 1, 2 and 4 threads: all results must have the bits of the first.
template <class F>
void expect_same_bits(F f) {
  std::vector<double> first;
  const tbb::global_control allow(tbb::global_control::max_allowed_parallelism, 4);
  for (int threads : {1, 2, 4}) {
    tbb::task_arena arena(threads);
    std::vector<double> now;
    arena.execute([&] { now = f(); });
    if (threads == 1) first = now;
    ASSERT_EQ(first.size(), now.size());
    ASSERT_FALSE(now.empty());
    EXPECT_EQ(std::memcmp(first.data(), now.data(), now.size() * sizeof(double)), 0) << threads << " threads";
  }
}

/// f throws lagoon::Error with this code.  returns  its message
template <class F>
std::string error_of(Errc code, F f) {
  try {
    f();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code) << e.what();
    return e.status().message();
  }
  ADD_FAILURE() << "no error";
  return {};
}

/// Path of a file of known answers; empty when they are not here ($LAGOON_CASES).
inline std::string known_answer(const std::string& path) {
  const char* folder = std::getenv("LAGOON_CASES");
  return folder && *folder ? std::string(folder) + "/" + path : std::string();
}

}  // namespace lagoon::test
