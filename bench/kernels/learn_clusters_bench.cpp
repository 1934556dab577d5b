// SPDX-License-Identifier: Apache-2.0
// k-means and DBSCAN beside scikit-learn's, one thread each.
#include <fmt/core.h>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/learning/dbscan.hpp>
#include <lagoon/kernels/learning/kmeans.hpp>

#include <cmath>
#include <random>
#include <stdexcept>

#include "kernels/python_side.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

constexpr ComputeOptions kOneThread{.parallel = false};
constexpr std::ptrdiff_t kClusters = 16, kIterations = 20;

using Table = std::shared_ptr<Tensor<double, 2>>;
using Result = std::vector<double>;

/// Rows around places in a cube of edge 20; of every eight, `anywhere` are anywhere in it.
Table clouds(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t places, double spread, int anywhere) {
  std::mt19937_64 random(20240501);
  std::uniform_real_distribution<double> uniform(-10, 10);
  std::normal_distribution<double> normal(0, spread);
  Tensor<double, 2> middle({places, columns});
  for (std::ptrdiff_t i = 0; i < middle.size(); ++i) middle.data()[i] = uniform(random);
  auto x = std::make_shared<Tensor<double, 2>>(Extents<2>{rows, columns});
  for (std::ptrdiff_t i = 0; i < rows; ++i) {
    const auto place = static_cast<std::ptrdiff_t>(random() % static_cast<std::uint64_t>(places));
    for (std::ptrdiff_t j = 0; j < columns; ++j)
      (*x)(i, j) = i % 8 < anywhere ? uniform(random) : middle(place, j) + normal(random);
  }
  return x;
}

Result kmeans(const Tensor<double, 2>& x) {
  const std::ptrdiff_t step = x.extent(0) / kClusters;
  const View<const double, 2> begin(x.data(), {kClusters, x.extent(1)}, {step * x.extent(1), 1});
  const auto found = learning::kmeans(
      x, {.clusters = kClusters, .iterations = kIterations, .tolerance = 0, .centres = begin, .compute = kOneThread});
  if (found.model.converged) throw std::runtime_error("k-means ended before its iterations");
  return {found.model.inertia};
}

Result dbscan(const Tensor<double, 2>& x) {
  const auto found = learning::dbscan(x, {.radius = 0.1, .min_neighbours = 10, .compute = kOneThread});
  Result labels;
  for (std::ptrdiff_t i = 0; i < found.labels.size(); ++i)
    labels.push_back(found.core[i] ? static_cast<double>(found.labels[i]) : -1);
  return labels;
}

/// What scikit-learn makes of the table, when its result is ours.
Side python(const Table& x, const std::string& row, double work, const Result& expected) {
  PythonSide python(1, "learn_clusters_peer.py");
  python.load(x->data(), x->extent(0), x->extent(1));
  return python.side(row, work, within(expected, 0, 1e-9));
}

Row row(const std::string& name, const std::string& peer, double goal, std::function<Table()> make,
        Result (*f)(const Tensor<double, 2>&), double work) {
  return {"learn." + name,
          kMillionItems,
          Better::higher,
          goal,
          [=] {
            const Table x = make();
            Side ours{name, rate_of(work, [=] { benchmark::DoNotOptimize(f(*x)); })};
            return Pair{std::move(ours), python(x, peer, work, f(*x))};
          },
          Judge::ratio,
          0.5,
          5};
}

}  // namespace

void add_cluster_rows(Rows& rows, const RunOptions& options) {
  const std::ptrdiff_t large = options.quick ? 100'000 : 1'000'000, n = options.quick ? 10'000 : 100'000;
  rows.push_back(row(
      "kmeans", "kmeans", 3, [large] { return clouds(large, 16, kClusters, 2.5, 0); }, kmeans,
      static_cast<double>(large * kIterations)));
  rows.push_back(row(
      "dbscan_1e5", "dbscan", 20, [n] { return clouds(n, 2, 7, 0.25, 1); }, dbscan, static_cast<double>(n)));
}

}  // namespace lagoon::bench
