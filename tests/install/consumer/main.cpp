// SPDX-License-Identifier: Apache-2.0
// A stranger's program: something of each module, so that each has to link.

#include <cstdio>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/parallel.hpp>
#include <numeric>
#include <vector>

int main() {
  std::vector<double> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 1.0);
  auto frozen = lagoon::Tensor<double, 1>::copy_of(numbers).freeze();
  const lagoon::View<const double, 1> view = frozen;
  const double sum = lagoon::parallel_reduce<double>(
      view.size(), {100},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        double part = 0;
        for (std::ptrdiff_t i = begin; i < end; ++i) part += view[i];
        return part;
      },
      [](double a, double b) { return a + b; });
  std::printf("the sum is %g\n", sum);
  return sum == 500500.0 ? 0 : 1;
}
