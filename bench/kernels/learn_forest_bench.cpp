// SPDX-License-Identifier: Apache-2.0
// A forest of 100 trees beside scikit-learn's: learning with bins and exactly, and predicting.
#include <fmt/core.h>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/learning/forest.hpp>

#include <array>
#include <cmath>
#include <functional>
#include <random>
#include <stdexcept>

#include "kernels/python_side.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

using learning::Forest;

constexpr std::ptrdiff_t kInformative = 12, kRedundant = 4, kColumns = 20, kTrees = 100;
constexpr double kAccuracy = 0.003;  // that forests of the same rows may differ by

/// The table that scikit-learn's make_classification describes: two clouds per label around corners of a cube of 12
/// dimensions, each with a shape of its own, 4 columns that are sums of those, 4 of noise; a label in a hundred is
/// drawn anew. The last column is the label.
///   source  Guyon 2003, "Design of experiments for the NIPS 2003 variable selection benchmark"
Tensor<double, 2> make_table(std::ptrdiff_t rows) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(-1, 1);
  using Shape = std::array<std::array<double, kInformative>, kInformative>;
  std::array<Shape, 4> shapes;
  std::array<std::array<double, kInformative>, 4> corners;
  for (std::size_t cloud = 0; cloud < 4; ++cloud) {
    for (auto& row : shapes[cloud])
      for (double& x : row) x = uniform(random);
    for (double& x : corners[cloud]) x = uniform(random) < 0 ? -1 : 1;
  }
  Shape sums;
  for (auto& row : sums)
    for (double& x : row) x = uniform(random);

  Tensor<double, 2> table({rows, kColumns + 1});
  for (std::ptrdiff_t i = 0; i < rows; ++i) {
    const auto cloud = static_cast<std::size_t>(random() % 4);
    double* const row = &table(i, 0);
    std::array<double, kInformative> z;
    for (double& x : z) x = normal(random);
    for (std::size_t j = 0; j < kInformative; ++j) {
      row[j] = corners[cloud][j];
      for (std::size_t k = 0; k < kInformative; ++k) row[j] += z[k] * shapes[cloud][k][j];
    }
    for (std::size_t j = 0; j < kRedundant; ++j) {
      row[kInformative + j] = 0;
      for (std::size_t k = 0; k < kInformative; ++k) row[kInformative + j] += row[k] * sums[k][j];
    }
    for (std::ptrdiff_t j = kInformative + kRedundant; j < kColumns; ++j) row[j] = normal(random);
    // As the other side has them: in single precision.
    for (std::ptrdiff_t j = 0; j < kColumns; ++j) row[j] = static_cast<float>(row[j]);
    row[kColumns] = static_cast<double>(random() % 100 == 0 ? random() % 2 : cloud % 2);
  }
  return table;
}

/// A table whose last third judges, and what both sides do with it.
class Forests {
 public:
  /// threads   that either side may use
  Forests(std::ptrdiff_t rows, unsigned threads)
      : threads_(threads), table_(make_table(rows / 2 * 3)), python_(threads, "learn_forest_peer.py") {
    for (std::ptrdiff_t i = 0; i < table_.extent(0); ++i)
      labels_.push_back(static_cast<std::int64_t>(table_(i, kColumns)));
    python_.load(table_.data(), table_.extent(0), kColumns + 1);
  }

  std::ptrdiff_t rows() const { return table_.extent(0) / 3 * 2; }
  View<const double, 2> known() const { return columns(0, rows()); }

  Forest train(std::int64_t bins) {
    Forest forest;
    run([&] {
      forest = Forest::classify(known(), View<const std::int64_t, 1>(labels_).slice(0, 0, rows()),
                                {.trees = kTrees, .bins = bins, .compute = {.parallel = threads_ > 1}});
    });
    return forest;
  }
  void predict(const Forest& forest) {
    run([&] { benchmark::DoNotOptimize(forest.predict_labels(known(), {.parallel = threads_ > 1})); });
  }
  double accuracy(const Forest& forest) const {
    const auto said = forest.predict_labels(columns(rows(), table_.extent(0)));
    double hits = 0;
    for (std::ptrdiff_t i = 0; i < said.size(); ++i) hits += said[i] == labels_[static_cast<std::size_t>(rows() + i)];
    return hits / static_cast<double>(said.size());
  }

  /// What scikit-learn does, as long as its forest is as good as ours.
  Side python(const std::string& task, double work, double expected) const {
    return python_.side(task, work, [expected](const std::vector<double>& theirs) {
      const double accuracy = theirs.at(0);
      if (!(std::abs(accuracy - expected) <= kAccuracy))
        throw std::runtime_error(fmt::format("accuracies differ: {:.4f} and {:.4f}", expected, accuracy));
    });
  }

 private:
  View<const double, 2> columns(std::ptrdiff_t begin, std::ptrdiff_t end) const {
    return table_.view().slice(0, begin, end).slice(1, 0, kColumns);
  }
  void run(const std::function<void()>& f) {
    if (threads_ > 1)
      isolate_.run(f);
    else
      f();
  }

  const unsigned threads_;
  Engine engine_;
  Isolate isolate_{engine_, {.name = "forests"}};
  Tensor<double, 2> table_;
  std::vector<std::int64_t> labels_;
  PythonSide python_;
};

Pair train(const std::shared_ptr<Forests>& forests, std::int64_t bins) {
  const double accuracy = forests->accuracy(forests->train(bins));
  Side ours{bins ? "Forest::classify" : "Forest::classify, exact",
            rate_of(kTrees, [=] { benchmark::DoNotOptimize(forests->train(bins)); }), 1};
  return {std::move(ours), forests->python("forest_train", kTrees, accuracy),
          fmt::format("{:.2f} % right of rows that were not learned", 100 * accuracy)};
}

Pair predict(const std::shared_ptr<Forests>& forests) {
  const auto forest = std::make_shared<Forest>(forests->train(256));
  const auto rows = static_cast<double>(forests->rows());
  Side ours{"predict_labels", rate_of(rows, [=] { forests->predict(*forest); })};
  return {std::move(ours), forests->python("forest_predict", rows, forests->accuracy(*forest))};
}

/// Data and the other side are made when the first row asks for them.
struct Shared {
  std::ptrdiff_t rows;
  unsigned threads;
  std::shared_ptr<Forests> made = nullptr;
  const std::shared_ptr<Forests>& get() {
    if (!made) made = std::make_shared<Forests>(rows, threads);
    return made;
  }
};

}  // namespace

void add_learn_forest_rows(Rows& rows, const RunOptions& options) {
  for (const unsigned threads : {1u, 2u}) {
    const auto shared = std::make_shared<Shared>(Shared{options.quick ? 10'000 : 100'000, threads});
    const std::string end = threads > 1 ? ".two_threads" : "";
    const auto add = [&](const std::string& name, Unit unit, double goal, std::function<Pair()> make,
                         std::size_t runs) {
      rows.push_back({"learn." + name + end, unit, Better::higher, goal, std::move(make), Judge::ratio, 0.5, runs});
    };
    add(
        "forest_train", kPerSecond, 6, [=] { return train(shared->get(), 256); }, 3);
    add(
        "forest_train_exact", kPerSecond, 2, [=] { return train(shared->get(), 0); }, 3);
    add(
        "forest_predict", kMillionItems, 6, [=] { return predict(shared->get()); }, 5);
  }
}

}  // namespace lagoon::bench
