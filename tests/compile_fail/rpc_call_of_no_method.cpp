// expect: this contract has no such method
// SPDX-License-Identifier: Apache-2.0
#include "question.hpp"

using Ask = lagoon::Unary<"ask", Question, Answer>;
using Tell = lagoon::Unary<"tell", Question, Answer>;
using Talk = lagoon::Contract<"test.Talk", Ask>;

auto wrong(lagoon::Caller<Talk>& talk) { return talk.call<Tell>({}); }
