// expect: a request that may be sent twice must be copyable
// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/tensor.hpp>

#include "question.hpp"

struct Owned {
  lagoon::Tensor<double, 1> x;
  LAGOON_FIELDS(Owned, x)
};
using Ask = lagoon::Unary<"ask", Owned, Answer, lagoon::Idempotent>;
using Talk = lagoon::Contract<"test.Talk", Ask>;

auto wrong(lagoon::Caller<Talk>& talk) { return lagoon::retrying(talk).call<Ask>({}); }
