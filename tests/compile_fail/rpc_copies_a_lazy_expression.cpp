// expect: lazy expression
// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Core>
#include <lagoon/rpc.hpp>

auto wrong(const Eigen::MatrixXd& m) { return lagoon::Frozen<double, 2>::copy_of(m * 2); }
