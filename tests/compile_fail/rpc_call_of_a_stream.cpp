// expect: no matching (member )?function for call to .*call
// SPDX-License-Identifier: Apache-2.0
#include "question.hpp"

using Ask = lagoon::ServerStream<"ask", Question, Answer>;
using Talk = lagoon::Contract<"test.Talk", Ask>;

auto wrong(lagoon::Caller<Talk>& talk) { return talk.call<Ask>({}); }
