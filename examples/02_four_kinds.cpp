// SPDX-License-Identifier: Apache-2.0
// The four kinds of method, with handlers as functions and as coroutines.
#include <lagoon/rpc.hpp>

#include <cmath>
#include <cstdio>

struct Number {
  double value = 0;
  LAGOON_FIELDS(Number, value)
};

using Root = lagoon::Unary<"root", Number, Number, lagoon::Idempotent>;
using CountDown = lagoon::ServerStream<"count_down", Number, Number>;
using Sum = lagoon::ClientStream<"sum", Number, Number>;
using Smooth = lagoon::Bidirectional<"smooth", Number, Number>;
using Numbers = lagoon::Contract<"example.Numbers", Root, CountDown, Sum, Smooth>;

lagoon::Result<Number> root(const Number& n) {
  if (n.value < 0) return lagoon::Status(lagoon::Errc::out_of_range, "root: the number is negative");
  return Number{std::sqrt(n.value)};
}

// Coroutines take their parameters by value; no thread sleeps while they wait.
lagoon::Stream<Number> count_down(Number from) {
  for (double x = from.value; x > 0; --x) co_yield Number{x};
}
lagoon::Task<Number> sum(lagoon::Reader<Number> in) {
  double total = 0;
  while (auto n = co_await in.next()) total += n->value;
  co_return Number{total};
}
// A plain function may do the same; it sleeps in read() and write().
void smooth(lagoon::Reader<Number> in, lagoon::Writer<Number> out) {
  double level = 0;
  for (const Number& n : in) {
    level += 0.5 * (n.value - level);
    if (!out.write({level})) return;
  }
}

int main() {
  lagoon::Engine engine;
  lagoon::Isolate isolate(engine, {.name = "numbers"});
  lagoon::Local local(isolate, {lagoon::serve<Numbers>(lagoon::on<Root>(root), lagoon::on<CountDown>(count_down),
                                                       lagoon::on<Sum>(sum), lagoon::on<Smooth>(smooth))});
  lagoon::Caller<Numbers> numbers(local);

  std::printf("root of 2: %.6f\n", numbers.call<Root>({2}).value);
  if (auto r = numbers.try_call<Root>({-1}); !r) std::printf("root of -1: %s\n", r.status().to_string().c_str());

  for (const Number& n : numbers.start<CountDown>({3})) std::printf("%.0f... ", n.value);
  std::printf("\n");

  auto upload = numbers.start<Sum>();
  for (double x : {1.0, 2.0, 3.0}) upload.write({x});
  std::printf("sum: %.0f\n", upload.get().value);

  auto both = numbers.start<Smooth>();
  for (double x : {8.0, 8.0, 8.0}) {
    both.write({x});
    std::printf("%.0f ", both.read()->value);
  }
  std::printf("\n");
}
