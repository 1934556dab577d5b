// SPDX-License-Identifier: Apache-2.0
// A stranger's program: something of each module, so that each has to link.

#include <cstdio>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/rpc.hpp>
#include <numeric>
#include <vector>

#if __has_include(<lagoon/kernels/files/table.hpp>)
#include <lagoon/kernels/files/table.hpp>
#endif

struct Numbers {
  lagoon::Frozen<double, 1> values;
  LAGOON_FIELDS(Numbers, values)
};
struct Sum {
  double value = 0;
  LAGOON_FIELDS(Sum, value)
};
using Add = lagoon::Unary<"add", Numbers, Sum>;
using Adder = lagoon::Contract<"stranger.Adder", Add>;

double add(lagoon::View<const double, 1> x) {
  return lagoon::parallel_reduce<double>(
      x.size(), {100},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        double part = 0;
        for (std::ptrdiff_t i = begin; i < end; ++i) part += x[i];
        return part;
      },
      [](double a, double b) { return a + b; });
}

int main() {
  lagoon::Service service = lagoon::serve<Adder>(lagoon::on<Add>([](const Numbers& n) { return Sum{add(n.values)}; }));
  lagoon::Engine engine;
  lagoon::Isolate isolate(engine, {.name = "adder"});
  lagoon::Local local(isolate, {service});
  lagoon::Caller<Adder> adder(local);

  std::vector<double> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 1.0);
  const Sum sum = adder.call<Add>(Numbers{lagoon::Tensor<double, 1>::copy_of(numbers).freeze()});
  std::printf("the sum is %g\n", sum.value);

#if __has_include(<lagoon/kernels/files/table.hpp>)
  const std::vector<std::string> names = {"height", "weight"};
  std::printf("nearest to wieght: %s\n", lagoon::files::nearest("wieght", names).c_str());
#endif
  return sum.value == 500500.0 ? 0 : 1;
}
