// expect: deleted (function|copy constructor)|implicitly.deleted
// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc.hpp>

struct Owned {
  lagoon::Tensor<double, 1> values;
  LAGOON_FIELDS(Owned, values)
};
using Take = lagoon::Unary<"take", Owned, Owned>;
using Hands = lagoon::Contract<"test.Hands", Take>;

auto wrong(lagoon::Caller<Hands>& hands, Owned& mine) { return hands.call<Take>(mine); }
