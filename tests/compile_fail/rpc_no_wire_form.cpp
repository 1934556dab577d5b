// expect: this type cannot be sent to another process
// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/wire_types.hpp>

struct Plain {
  int x = 0;
};

void wrong(lagoon::detail::Encoder& out, const std::vector<Plain>& plain) { lagoon::detail::encode(out, plain); }
