// expect: the stage cannot be called with what the stage before it returns
// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/pipeline.hpp>
#include <string>
#include <vector>

void run(std::vector<int> v) {
  auto p = lagoon::each(v).parallel("text", [](int x) { return std::to_string(x); }).in_order("add", [](int x) {
    return x;
  });
}
