// expect: every method of the contract must be bound exactly once, and no other
// SPDX-License-Identifier: Apache-2.0
#include "question.hpp"

using Ask = lagoon::Unary<"ask", Question, Answer>;
using Tell = lagoon::Unary<"tell", Question, Answer>;
using Talk = lagoon::Contract<"test.Talk", Ask, Tell>;

Answer answer(const Question&);

auto wrong() { return lagoon::serve<Talk>(lagoon::on<Ask>(answer), lagoon::on<Ask>(answer)); }
