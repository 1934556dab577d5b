// expect: could not convert .v. from .const std::vector<double>. to .lagoon::View<double
// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/view.hpp>
#include <vector>

void clear(lagoon::View<double, 1> x);

void wipe(const std::vector<double>& v) { clear(v); }
