// expect: a stream is not retried: what it has delivered cannot be taken back
// SPDX-License-Identifier: Apache-2.0
#include "question.hpp"

using Ask = lagoon::ServerStream<"ask", Question, Answer, lagoon::Idempotent>;
using Talk = lagoon::Contract<"test.Talk", Ask>;

auto wrong(lagoon::Caller<Talk>& talk) { return lagoon::retrying(talk).call<Ask>({}); }
