// expect: lazy expression
// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Core>
#include <lagoon/core/view.hpp>

double centre(lagoon::View<const double, 1> x);

double product(const Eigen::MatrixXd& m) { return centre(m.row(0) * 2); }
