// expect: no matching (member )?function for call to .*call
// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc.hpp>

struct Question {
  double x = 0;
  LAGOON_FIELDS(Question, x)
};
struct Answer {
  double y = 0;
  LAGOON_FIELDS(Answer, y)
};

using Ask = lagoon::ServerStream<"ask", Question, Answer>;
using Talk = lagoon::Contract<"test.Talk", Ask>;

auto wrong(lagoon::Caller<Talk>& talk) { return talk.call<Ask>({}); }
