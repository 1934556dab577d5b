// expect: this handler does not fit the method
// SPDX-License-Identifier: Apache-2.0
#include "question.hpp"

using Ask = lagoon::Unary<"ask", Question, Answer>;

void answer(Question, lagoon::Writer<Answer>);

auto wrong() { return lagoon::on<Ask>(answer); }
