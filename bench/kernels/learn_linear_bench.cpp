// SPDX-License-Identifier: Apache-2.0
// Linear least squares of a tall table, beside scikit-learn's and NumPy's.
#include <fmt/core.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/learning/linear.hpp>

#include <cmath>
#include <memory>
#include <random>
#include <stdexcept>

#include "kernels/python_side.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr std::ptrdiff_t kColumns = 32;

/// y = x w + noise, in an isolate here and in arrays of Python's own.
class Regression {
 public:
  Regression(std::ptrdiff_t rows, unsigned threads) : threads_(threads), python_(threads, "learn_linear_peer.py") {
    isolate_.run([&] {
      all_ = Tensor<double, 1>({rows * (kColumns + 1)});  // x, and y behind it
    });
    double* const y = all_.data() + rows * kColumns;
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal;
    std::vector<double> w(kColumns);
    for (double& v : w) v = normal(random);
    for (std::ptrdiff_t i = 0; i < rows; ++i) {
      y[i] = 0.1 * normal(random);
      for (std::ptrdiff_t j = 0; j < kColumns; ++j) {
        const double x = all_[i * kColumns + j] = normal(random);
        y[i] += x * w[static_cast<std::size_t>(j)];
      }
    }
    python_.load(all_.data(), all_.size(), 0);
  }

  /// Coefficients, and the intercept behind them.
  std::vector<double> fit() {
    return isolate_.run([&] {
      learning::LinearModel m = learning::fit_linear(x(), y(), {.compute = {.parallel = threads_ > 1}});
      m.coefficients.push_back(m.intercept);
      return m.coefficients;
    });
  }
  /// Of a Householder QR, whatever each side does.
  double operations() const { return 2.0 * static_cast<double>(rows()) * kColumns * kColumns; }

  Side python(const std::string& row, const std::vector<double>& expected) const {
    return python_.side(row, operations(), within(expected, 1e-11));
  }

 private:
  std::ptrdiff_t rows() const { return all_.size() / (kColumns + 1); }
  View<const double, 2> x() const { return {all_.data(), {rows(), kColumns}}; }
  View<const double, 1> y() const { return {all_.data() + rows() * kColumns, {rows()}}; }

  const unsigned threads_;
  Engine engine_;
  Isolate isolate_{engine_, {.name = "regression"}};
  Tensor<double, 1> all_;
  PythonSide python_;
};

Row row(const std::string& name, std::optional<double> goal, std::ptrdiff_t rows, unsigned threads,
        const std::string& rival) {
  return {"learn." + name,
          kGigaflops,
          Better::higher,
          goal,
          [=] {
            const auto data = std::make_shared<Regression>(rows, threads);
            const std::vector<double> expected = data->fit();
            Side ours{"fit_linear", rate_of(data->operations(), [=] { benchmark::DoNotOptimize(data->fit()); })};
            return Pair{std::move(ours), data->python(rival, expected)};
          },
          Judge::ratio,
          0.2,
          5};
}

}  // namespace

void add_linear_rows(Rows& rows, const RunOptions& options) {
  const std::ptrdiff_t n = options.quick ? 100'000 : 1'000'000;
  rows.push_back(row("ols_1e6x32", 8, n, 1, "scikit_learn"));
  rows.push_back(row("ols_1e6x32.two_threads", 8, n, 2, "scikit_learn"));
  rows.push_back(row("ols_1e6x32.over_lstsq", {}, n, 1, "lstsq"));
  rows.push_back(row("ols_1e6x32.over_normal_equations", {}, n, 1, "normal_equations"));
}

}  // namespace lagoon::bench
