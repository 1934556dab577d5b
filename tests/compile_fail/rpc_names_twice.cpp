// expect: two methods of this contract have the same name
// SPDX-License-Identifier: Apache-2.0
#include "question.hpp"

using Ask = lagoon::Unary<"ask", Question, Answer>;
using AskMany = lagoon::ServerStream<"ask", Question, Answer>;

auto wrong() { return lagoon::Contract<"test.Talk", Ask, AskMany>::size; }
