// expect: this handler does not fit the method
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

using Ask = lagoon::Bidirectional<"ask", Question, Answer>;

auto wrong() {
  return lagoon::on<Ask>([](lagoon::Reader<Question>, lagoon::Writer<Answer>) { return Answer{}; });
}
