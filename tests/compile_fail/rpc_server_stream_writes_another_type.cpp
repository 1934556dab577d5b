// expect: this handler does not fit the method
// SPDX-License-Identifier: Apache-2.0
#include "question.hpp"

using Ask = lagoon::ServerStream<"ask", Question, Answer>;

auto wrong() {
  return lagoon::on<Ask>([](Question, lagoon::Writer<Question>) {});
}
