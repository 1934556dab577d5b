// SPDX-License-Identifier: Apache-2.0
// The program in README.md; a test compares the two.
#include <lagoon/rpc.hpp>

#include <cstdio>
#include <vector>

// The structs are the schema, one line each names their fields.
struct Series {
  lagoon::Frozen<double, 1> values;
  LAGOON_FIELDS(Series, values)
};
struct Summary {
  double mean = 0, largest = 0;
  LAGOON_FIELDS(Summary, mean, largest)
};

// A contract is a type: no second language, no generator.
using Summarize = lagoon::Unary<"summarize", Series, Summary, lagoon::Idempotent>;
using Windows = lagoon::ServerStream<"windows", Series, Summary>;
using Analytics = lagoon::Contract<"lab.Analytics", Summarize, Windows>;

// Plain functions are handlers.
Summary summary_of(lagoon::View<const double, 1> x) {
  Summary s{0, x[0]};
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) {
    s.mean += x[i] / static_cast<double>(x.size());
    s.largest = std::max(s.largest, x[i]);
  }
  return s;
}
Summary summarize(const Series& s) { return summary_of(s.values); }
void windows(const Series& s, lagoon::Writer<Summary> out) {
  for (std::ptrdiff_t i = 0; i + 100 <= s.values.size(); i += 100)
    out.write(summary_of(s.values.view().slice(0, i, i + 100)));
}

int main() {
  // A method without a handler, or one that does not fit, does not compile.
  const auto service = lagoon::serve<Analytics>(lagoon::on<Summarize>(summarize), lagoon::on<Windows>(windows));

  lagoon::Engine engine;  // this process's cores and memory
  lagoon::Isolate isolate(engine, {.name = "analytics"});
  lagoon::Local local(isolate, {service});
  lagoon::Caller<Analytics> analytics(local);

  std::vector<double> data(1000);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<double>(i);
  Series series{lagoon::Frozen<double, 1>::adopt(std::move(data))};  // taken over, not copied

  Summary s = analytics.call<Summarize>(series);  // the callee sees the same addresses
  std::printf("mean %.1f, largest %.1f\n", s.mean, s.largest);
  for (const Summary& w : analytics.start<Windows>(series)) std::printf("%.1f ", w.mean);
  std::printf("\n");
}
