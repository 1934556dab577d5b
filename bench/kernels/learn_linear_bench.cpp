// SPDX-License-Identifier: Apache-2.0
// Linear least squares of a tall table, beside scikit-learn's and NumPy's.
#include <fmt/core.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/learning/linear.hpp>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>

#include "kernels/handover.hpp"
#include "rivals/python_peer.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr std::ptrdiff_t kColumns = 32;

/// y = x w + noise, in an isolate here and in arrays of Python's own.
class Regression {
 public:
  Regression(std::ptrdiff_t rows, unsigned threads) : threads_(threads) {
    isolate_.run([&] {
      x_ = Tensor<double, 2>({rows, kColumns});
      y_ = Tensor<double, 1>({rows});
    });
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal;
    std::vector<double> w(kColumns);
    for (double& v : w) v = normal(random);
    for (std::ptrdiff_t i = 0; i < rows; ++i) {
      y_[i] = 0.1 * normal(random);
      for (std::ptrdiff_t j = 0; j < kColumns; ++j) {
        x_(i, j) = normal(random);
        y_[i] += x_(i, j) * w[static_cast<std::size_t>(j)];
      }
    }
    try {
      peer_ = std::make_shared<PythonPeer>(threads, "learn_linear_peer.py");
      const Handover file(x_.data(), x_.size());
      file.add(y_.data(), y_.size());
      peer_->ask(fmt::format("load {} {} {}", file.path(), rows, kColumns));
    } catch (const std::exception& e) {
      no_peer_ = e.what();
    }
  }

  /// Coefficients, and the intercept behind them.
  std::vector<double> fit() {
    return isolate_.run([&] {
      learning::LinearModel m = learning::fit_linear(x_, y_, {.compute = {.parallel = threads_ > 1}});
      m.coefficients.push_back(m.intercept);
      return m.coefficients;
    });
  }
  /// Of a Householder QR, whatever each side does.
  double operations() const { return 2.0 * static_cast<double>(x_.extent(0)) * kColumns * kColumns; }

  /// Throws in a repetition whose result is not ours.
  Side python(const std::string& row, const std::vector<double>& expected) const {
    if (!peer_) return absent("Python", no_peer_);
    std::string name;
    double seconds = 0;
    try {
      const auto chosen = peer_->ask("choose " + row);
      name = chosen.at("name").get<std::string>();
      seconds = chosen.at("fastest").get<double>();
    } catch (const std::exception& e) {
      return absent("Python", e.what());
    }
    const int runs = std::clamp(static_cast<int>(0.2 / seconds), 1, 9);
    return {name,
            [peer = peer_, runs, expected, work = operations()](benchmark::State& state) {
              for (auto _ : state) {
                const auto answer = peer->ask(fmt::format("time {}", runs));
                check(expected, answer.at("result").get<std::vector<double>>());
                set_figure(state, work / answer.at("seconds").get<double>());
              }
            },
            1};
  }

 private:
  static void check(const std::vector<double>& ours, const std::vector<double>& theirs) {
    bool same = ours.size() == theirs.size();
    for (std::size_t i = 0; same && i < ours.size(); ++i) same = std::abs(ours[i] - theirs[i]) <= 1e-11;
    if (!same) throw std::runtime_error("the coefficients of Python differ from ours");
  }

  const unsigned threads_;
  Engine engine_;
  Isolate isolate_{engine_, {.name = "regression"}};
  Tensor<double, 2> x_;
  Tensor<double, 1> y_;
  std::shared_ptr<PythonPeer> peer_;
  std::string no_peer_;
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
