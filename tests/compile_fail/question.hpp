// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc.hpp>

struct Question {
  double x = 0;
  LAGOON_FIELDS(Question, x)
};
struct Answer {
  double y = 0;
  LAGOON_FIELDS(Answer, y)
};
