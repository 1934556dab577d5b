// expect: two methods of this contract have the same name
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

using Ask = lagoon::Unary<"ask", Question, Answer>;
using AskMany = lagoon::ServerStream<"ask", Question, Answer>;

auto wrong() { return lagoon::Contract<"test.Talk", Ask, AskMany>::size; }
