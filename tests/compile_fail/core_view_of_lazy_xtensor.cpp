// expect: lazy expression
// SPDX-License-Identifier: Apache-2.0
#include <lagoon/core/view.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>

double centre(lagoon::View<const double, 1> x);

double shifted(const xt::xtensor<double, 1>& t) { return centre(t + 1); }
