// expect: a hedged call may run twice: its method must be declared lagoon::Idempotent
// SPDX-License-Identifier: Apache-2.0
#include "question.hpp"

using Ask = lagoon::Unary<"ask", Question, Answer>;
using Talk = lagoon::Contract<"test.Talk", Ask>;

auto wrong(lagoon::Caller<Talk>& talk) { return lagoon::hedged(talk).call<Ask>({}); }
