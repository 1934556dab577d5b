// SPDX-License-Identifier: Apache-2.0
// One function takes any array, in place: Eigen blocks, xtensor views, standard vectors.
#include <lagoon/core/tensor.hpp>
#include <lagoon/interop/eigen.hpp>
#include <lagoon/interop/xtensor.hpp>

#include <cstdio>
#include <vector>

#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

double total(lagoon::View<const double, 1> x) {
  double sum = 0;
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) sum += x[i];
  return sum;
}

int main() {
  Eigen::MatrixXd m(2, 3);
  m << 1, 2, 3, 4, 5, 6;
  xt::xtensor<double, 2> t = {{1, 2, 3}, {4, 5, 6}};
  std::vector<double> v = {1, 2, 3};
  std::printf("row of an Eigen matrix  %.0f\n", total(m.row(1)));
  std::printf("column of an xtensor    %.0f\n", total(xt::view(t, xt::all(), 2)));
  std::printf("a vector                %.0f\n", total(v));
  // total(t + 1);  does not compile: "a lazy expression has no memory to look at; evaluate it first"

  // Taken over without a copy, written through Eigen, shared read-only.
  const double* before = m.data();
  auto tensor = lagoon::Tensor<double, 2>::adopt(std::move(m));
  lagoon::as_eigen(tensor).array() *= 10;
  auto frozen = std::move(tensor).freeze();
  std::printf("same memory             %s\n", frozen.data() == before ? "yes" : "no");
  std::printf("sum                     %.0f\n", lagoon::as_eigen(frozen).sum());
}
