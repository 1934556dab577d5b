// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/learning/forest.hpp>

#include <gtest/gtest.h>
#include <cmath>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>
#include <numeric>

#include "../expect.hpp"
#include "../peak.hpp"
#include "forest_cases.hpp"

namespace lagoon::learning {
namespace {

using namespace test;
using lagoon::test::error_of;
using lagoon::test::expect_same_bits;
using lagoon::test::known_answer;

TEST(Forest, OfIrisIsRightInCrossValidation) {
  const std::string path = known_answer("ml/iris.csv");
  if (path.empty()) GTEST_SKIP() << "LAGOON_CASES is not set";
  const Case c = read_case(path);
  ASSERT_EQ(c.x.extent(0), 150);
  // Ten times ten folds of each fifteenth row in random order. Of scikit-learn's forests: 0.9493, standard deviation
  // over repetitions 0.0078; the mean of ten is within 0.0025 of its own, and 0.93 is far below.
  for (const std::int64_t bins : {256, 0}) {
    double hits = 0;
    for (unsigned repeat = 0; repeat < 10; ++repeat) {
      std::vector<std::ptrdiff_t> order(150);
      std::iota(order.begin(), order.end(), 0);
      std::shuffle(order.begin(), order.end(), std::mt19937_64(repeat));
      for (std::size_t fold = 0; fold < 10; ++fold) {
        Tensor<double, 2> learn({135, 4}), ask({15, 4});
        std::vector<std::int64_t> learned, right;
        for (std::size_t k = 0; k < 150; ++k) {
          const bool asked = k % 10 == fold;
          const auto row = asked ? std::ssize(right) : std::ssize(learned);
          for (std::ptrdiff_t j = 0; j < 4; ++j) (asked ? ask : learn)(row, j) = c.x(order[k], j);
          (asked ? right : learned).push_back(c.labels[static_cast<std::size_t>(order[k])]);
        }
        const Forest forest = Forest::classify(learn, learned, {.bins = bins, .seed = 100 * repeat + fold});
        hits += share_of_hits(forest.predict_labels(ask), right.data()) / 100;
      }
    }
    EXPECT_GE(hits, 0.94) << bins;
    EXPECT_LE(hits, 0.96) << bins;
  }
}

TEST(Forest, OfDiabetesExplainsAsMuchAsOthers) {
  const std::string path = known_answer("ml/diabetes.csv");
  if (path.empty()) GTEST_SKIP() << "LAGOON_CASES is not set";
  const Case c = read_case(path);
  // 500 trees of scikit-learn, a third of the columns: 0.4541 out of bag.
  for (const std::int64_t bins : {256, 0})
    EXPECT_NEAR(Forest::regress(c.x, c.y, {.trees = 500, .bins = bins}).out_of_bag_score(), 0.4541, 0.015) << bins;
}

TEST(Forest, LearnsWhatItsScoreOutOfBagSays) {
  const Case c = friedman(6000, 10, 50);
  const auto x = c.x.view().slice(0, 0, 3000);
  const std::vector<double> y(c.y.begin(), c.y.begin() + 3000);
  const std::vector<std::int64_t> labels(c.labels.begin(), c.labels.begin() + 3000);
  for (const std::int64_t bins : {256, 0}) {
    const Forest f = Forest::classify(x, labels, {.bins = bins});
    const double honest = share_of_hits(f.predict_labels(c.last(3000)), c.labels.data() + 3000);
    EXPECT_GT(honest, 0.85);
    // Each is a mean of 3000 rows of variance p (1 - p) < 0.13, their difference has a standard deviation below 0.01.
    EXPECT_NEAR(f.out_of_bag_score(), honest, 0.03);
    const Forest g = Forest::regress(x, y, {.bins = bins});
    const double explained = r2(g.predict(c.last(3000)), c.y.data() + 3000);
    EXPECT_GT(explained, 0.8);
    EXPECT_NEAR(g.out_of_bag_score(), explained, 0.03);
  }
}

TEST(Forest, OfManyLabelsLearnsThem) {
  // 30 labels that are cells of a grid in two columns, beside three columns of noise.
  Case c = uniform_table(8000, 5, 60);
  for (std::ptrdiff_t i = 0; i < 8000; ++i)
    c.labels.push_back(1000 - 10 * static_cast<std::int64_t>(c.x(i, 1) * 6) - static_cast<std::int64_t>(c.x(i, 3) * 5));
  const auto x = c.x.view().slice(0, 0, 4000);
  const std::vector<std::int64_t> labels(c.labels.begin(), c.labels.begin() + 4000);
  for (const std::int64_t bins : {256, 0}) {
    const Forest f = Forest::classify(x, labels, {.bins = bins});
    EXPECT_EQ(f.classes().size(), 30u);
    EXPECT_GT(share_of_hits(f.predict_labels(c.last(4000)), c.labels.data() + 4000), 0.9);
    EXPECT_GT(f.out_of_bag_score(), 0.9);
    EXPECT_GT(f.importances()[1] + f.importances()[3], 0.7);
  }
}

TEST(Forest, OfNoiseKnowsThatItKnowsNothing) {
  Case c = uniform_table(2000, 8, 70);
  std::mt19937_64 random(71);
  for (std::ptrdiff_t i = 0; i < 2000; ++i) {
    c.labels.push_back(static_cast<std::int64_t>(random() % 2));
    c.y.push_back(static_cast<double>(random() % 1000));
  }
  // Half are right by chance, with a standard deviation of 0.011 over 2000 rows.
  EXPECT_NEAR(Forest::classify(c.x, c.labels).out_of_bag_score(), 0.5, 0.05);
  EXPECT_LT(Forest::regress(c.x, c.y).out_of_bag_score(), 0.05);
}

TEST(Forest, FindsTheColumnsThatMatter) {
  const Case c = friedman(2000, 12, 80);
  for (const bool labels : {false, true}) {
    const Forest f = labels ? Forest::classify(c.x, c.labels) : Forest::regress(c.x, c.y);
    const auto& shares = f.importances();
    ASSERT_EQ(shares.size(), 12u);
    EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 1, 1e-12);
    const double noise = *std::max_element(shares.begin() + 5, shares.end());
    for (const std::size_t j : {0u, 1u, 3u, 4u}) EXPECT_GT(shares[j], 1.3 * noise) << j;
    EXPECT_EQ(std::max_element(shares.begin(), shares.end()) - shares.begin(), 3);
  }
}

TEST(Forest, ProbabilitiesAddUpAndChooseTheLabel) {
  Case c = friedman(1500, 6, 90);
  for (const int kinds : {1, 2, 3, 7}) {
    for (std::size_t i = 0; i < 1500; ++i) c.labels[i] = static_cast<std::int64_t>(c.y[i] / 3) % kinds - 3;
    const Forest f = Forest::classify(c.x, c.labels, {.trees = 15, .leaf = 7});
    const auto shares = f.predict_probabilities(c.x);
    const auto labels = f.predict_labels(c.x);
    ASSERT_EQ(shares.extent(1), std::ssize(f.classes()));
    for (std::ptrdiff_t i = 0; i < 1500; ++i) {
      const double* const row = &shares(i, 0);
      EXPECT_NEAR(std::accumulate(row, row + shares.extent(1), 0.0), 1, 1e-14);
      const auto best = std::max_element(row, row + shares.extent(1)) - row;
      EXPECT_EQ(labels[i], f.classes()[static_cast<std::size_t>(best)]);
    }
  }
}

TEST(Forest, OfEquallyLikelyLabelsSaysTheLeast) {
  const Tensor<double, 2> x = Tensor<double, 2>::filled({4, 2}, 1.5);
  const std::vector<std::int64_t> two{5, 5, -8, -8}, three{4, 4, -9, -9};
  EXPECT_EQ(Forest::classify(x, two, {.trees = 3, .bootstrap = false}).predict_labels(x)[0], -8);
  EXPECT_EQ(Forest::classify(x, three, {.trees = 3, .bootstrap = false}).predict_labels(x)[0], -9);
}

TEST(Forest, DoesNotDependOnHowManyWork) {
  const Case c = friedman(900, 7, 100);
  for (const std::int64_t bins : {0, 64}) {
    expect_same_bits([&] {
      const ForestOptions options{.trees = 13, .bins = bins, .seed = 5};
      const Forest f = Forest::classify(c.x, c.labels, options), g = Forest::regress(c.x, c.y, options);
      const auto p = f.predict_probabilities(c.x);
      const auto y = g.predict(c.x);
      std::vector<double> all(p.data(), p.data() + p.size());
      all.insert(all.end(), y.data(), y.data() + y.size());
      for (const Forest* forest : {&f, &g}) {
        all.insert(all.end(), forest->importances().begin(), forest->importances().end());
        all.push_back(forest->out_of_bag_score());
        all.push_back(static_cast<double>(forest->nodes()));
      }
      return all;
    });
  }
}

TEST(Forest, DoesNotDependOnStridesOrCompanyInPrediction) {
  const Case c = friedman(700, 5, 110);
  Tensor<double, 2> turned({5, 700});
  for (std::ptrdiff_t i = 0; i < 700; ++i)
    for (std::ptrdiff_t j = 0; j < 5; ++j) turned(j, i) = c.x(i, j);
  for (const std::int64_t bins : {0, 256}) {
    const Forest a = Forest::regress(c.x, c.y, {.trees = 20, .bins = bins});
    const Forest b = Forest::regress(turned.view().transposed(), c.y, {.trees = 20, .bins = bins});
    const auto pa = a.predict(c.x), pb = b.predict(turned.view().transposed());
    for (std::ptrdiff_t i = 0; i < 700; ++i) {
      EXPECT_EQ(pa[i], pb[i]);
      EXPECT_EQ(pa[i], a.predict(c.x.view().slice(0, i, i + 1))[0]);  // alone
    }
  }
}

TEST(Forest, DoesNotDependOnCompanyInAnyWidth) {
  // Many rows walk in the lanes of vectors where there are such, with four columns to a word; a row alone does not, nor
  // do rows of more than 32 columns. A leaf's label may need more than a byte, or be a share.
  for (const std::ptrdiff_t columns : {1, 3, 4, 5, 9, 15, 16, 20, 23, 27, 32, 33}) {
    const std::ptrdiff_t n = 400;
    const Case c = friedman(n, columns, static_cast<unsigned>(columns));
    std::vector<std::int64_t> pair, many;
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      pair.push_back(i * 7 % 13 > 6);
      many.push_back(i * 7 % 400);
    }
    const ForestOptions options{.trees = 7, .leaf = 2};
    const Forest of_two = Forest::classify(c.x, pair, options), of_many = Forest::classify(c.x, many, {.trees = 7}),
                 of_numbers = Forest::regress(c.x, c.y, options);
    for (const std::ptrdiff_t rows : {31, 32, 33, 63, 64, 65, 400}) {
      const auto x = c.x.view().slice(0, n - rows, n);
      const auto two = of_two.predict_probabilities(x), shares = of_many.predict_probabilities(x);
      const auto numbers = of_numbers.predict(x);
      for (std::ptrdiff_t i = 0; i < rows; ++i) {
        const auto alone = x.slice(0, i, i + 1);
        ASSERT_EQ(two(i, 1), of_two.predict_probabilities(alone)(0, 1)) << columns << " columns, row " << i;
        ASSERT_EQ(numbers[i], of_numbers.predict(alone)[0]) << columns << " columns, row " << i;
        const auto share = of_many.predict_probabilities(alone);
        for (std::ptrdiff_t k = 0; k < shares.extent(1); ++k)
          ASSERT_EQ(shares(i, k), share(0, k)) << columns << " columns, row " << i << ", label " << k;
      }
    }
  }
}

TEST(Forest, OfAnotherSeedIsAnother) {
  const Case c = friedman(300, 5, 120);
  const Forest a = Forest::regress(c.x, c.y, {.trees = 5, .seed = 1});
  const Forest b = Forest::regress(c.x, c.y, {.trees = 5, .seed = std::uint64_t{1} << 40});
  EXPECT_NE(a.predict(c.x)[0], b.predict(c.x)[0]);
}

TEST(Forest, GoesOnToColumnsThatVary) {
  // 400 columns of which one varies: the one column that each node draws is mostly constant.
  auto x = Tensor<double, 2>::filled({100, 400}, 3);
  std::vector<std::int64_t> labels;
  for (std::ptrdiff_t i = 0; i < 100; ++i) {
    x(i, 217) = static_cast<double>(i);
    labels.push_back(i >= 50);
  }
  const Forest f = Forest::classify(x, labels, {.trees = 10, .features = 1});
  EXPECT_EQ(f.importances()[217], 1);
  EXPECT_EQ(share_of_hits(f.predict_labels(x), labels.data()), 1);
}

TEST(Forest, OfConstantsIsALeaf) {
  const auto x = Tensor<double, 2>::filled({20, 3}, 1);
  std::vector<double> y;
  for (int i = 0; i < 20; ++i) y.push_back(i);
  for (const std::int64_t bins : {0, 256}) {
    const Forest f = Forest::regress(x, y, {.trees = 4, .bins = bins, .bootstrap = false});
    EXPECT_EQ(f.nodes(), 4);
    EXPECT_EQ(f.depth(), 0);
    EXPECT_NEAR(f.predict(x)[0], 9.5, 1e-14);
    EXPECT_TRUE(std::isnan(f.out_of_bag_score()));
    EXPECT_EQ(f.importances(), std::vector<double>(3, 0.0));
  }
  const std::vector<double> same(20, 0.1);
  const Forest f = Forest::regress(friedman(20, 3, 1).x, same);
  EXPECT_EQ(f.nodes(), f.trees());
  EXPECT_NEAR(f.predict(x)[0], 0.1, 1e-15);  // the mean over trees is rounded
  EXPECT_TRUE(std::isnan(f.out_of_bag_score()));
}

TEST(Forest, OfOneRowSaysWhatItSaw) {
  const Tensor<double, 2> x = Tensor<double, 2>::filled({1, 1}, 2);
  const std::vector<std::int64_t> label{42};
  const Forest f = Forest::classify(x, label);
  EXPECT_EQ(f.predict_labels(x)[0], 42);
  EXPECT_EQ(f.predict_probabilities(x)(0, 0), 1);
  EXPECT_TRUE(std::isnan(f.out_of_bag_score()));  // no tree left the row out
}

TEST(Forest, TakesInfinitiesWhenItPredicts) {
  const Case c = friedman(300, 3, 130);
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> far{inf, -inf, inf, 1e300, -1e300, 1e300};
  const View<const double, 2> rows(far.data(), {2, 3});
  for (const std::int64_t bins : {0, 256}) {
    const auto said = Forest::regress(c.x, c.y, {.bins = bins}).predict(rows);
    EXPECT_EQ(said[0], said[1]);
    EXPECT_EQ(Forest::regress(c.x, c.y, {.bins = bins}).predict(c.x.view().slice(0, 0, 0)).size(), 0);
  }
}

TEST(Forest, OfMoreThan65535Columns) {
  // More than a short node can name.
  const std::ptrdiff_t p = 70'000;
  auto x = Tensor<double, 2>::zeros({12, p});
  std::vector<std::int64_t> labels;
  for (std::ptrdiff_t i = 0; i < 12; ++i) {
    x(i, p - 1) = static_cast<double>(i);
    labels.push_back(i >= 6);
  }
  const Forest f = Forest::classify(x, labels, {.trees = 3, .bootstrap = false});
  EXPECT_EQ(share_of_hits(f.predict_labels(x), labels.data()), 1);
}

TEST(Forest, RefusesWhatItCannotLearn) {
  const Case c = friedman(30, 3, 140);
  const auto refused = [&](const ForestOptions& o) {
    return error_of(Errc::invalid_argument, [&] { Forest::classify(c.x, c.labels, o); });
  };
  EXPECT_EQ(refused({.trees = 0}), "Forest::classify: trees is 0; it must be 1 to 1048576");
  EXPECT_EQ(refused({.features = 4}), "Forest::classify: features is 4; it must be 0 to 3");
  EXPECT_EQ(refused({.depth = -1}), "Forest::classify: depth is -1; it must be 0 or more");
  EXPECT_EQ(refused({.leaf = 0}), "Forest::classify: leaf is 0; it must be 1 or more");
  EXPECT_EQ(refused({.split = 1}), "Forest::classify: split is 1; it must be 2 or more");
  EXPECT_EQ(refused({.bins = 1}), "Forest::classify: bins is 1; it must be 2 to 256");
  EXPECT_EQ(refused({.bins = 257}), "Forest::classify: bins is 257; it must be 2 to 256");

  const std::vector<double> few(29);
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { Forest::regress(c.x, few); }),
            "Forest::regress: x has 30 rows, y has 29 numbers");
  error_of(Errc::invalid_argument, [&] { Forest::regress(Tensor<double, 2>({0, 3}), std::vector<double>()); });
  error_of(Errc::invalid_argument, [&] { Forest::regress(Tensor<double, 2>({3, 0}), std::vector<double>(3)); });
  auto broken = Tensor<double, 2>::copy_of(c.x);
  broken(7, 2) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { Forest::classify(broken, c.labels); }),
            "Forest::classify: row 7, column 2 is NaN");
  std::vector<double> y(30);
  y[4] = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { Forest::regress(c.x, y); }), "Forest::regress: y[4] is -inf");
  Tensor<double, 2> rows({40'000, 1});
  std::vector<std::int64_t> each(40'000);
  std::iota(each.begin(), each.end(), -5);
  std::fill_n(rows.data(), rows.size(), 0.0);
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { Forest::classify(rows, each); }),
            "Forest::classify: there are more than 32768 different labels");
}

TEST(Forest, RefusesWhatItCannotPredict) {
  const Case c = friedman(30, 3, 150);
  const Forest f = Forest::classify(c.x, c.labels, {.trees = 2}), g = Forest::regress(c.x, c.y, {.trees = 2});
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [&] {
                       f.predict_labels(Tensor<double, 2>::zeros({2, 4}));
                     }),
            "predict_labels: x has 4 columns, the model 3");
  auto broken = Tensor<double, 2>::zeros({200, 3});
  broken(150, 1) = broken(199, 0) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { g.predict(broken); }), "predict: row 150, column 1 is NaN");
  error_of(Errc::failed_precondition, [&] { f.predict(c.x); });
  error_of(Errc::failed_precondition, [&] { g.predict_labels(c.x); });
  error_of(Errc::failed_precondition, [&] { g.predict_probabilities(c.x); });
  EXPECT_EQ(error_of(Errc::failed_precondition, [&] { Forest().predict(c.x); }), "predict: the forest has no trees");
  EXPECT_EQ(Forest().trees(), 0);
  EXPECT_TRUE(std::isnan(Forest().out_of_bag_score()));
}

TEST(Forest, EndsWhenItsCallDoes) {
  const Case c = friedman(200, 4, 160);
  const Forest f = Forest::classify(c.x, c.labels, {.trees = 3});
  StopControl stop;
  stop.request_stop();
  const StopScope scope(&stop);
  error_of(Errc::cancelled, [&] { Forest::classify(c.x, c.labels); });
  error_of(Errc::cancelled, [&] { f.predict_labels(c.x); });
}

TEST(Forest, IsChargedToItsCall) {
  const Case c = friedman(40'000, 5, 170);
  const auto peak = [&](std::int64_t bins) {
    return lagoon::test::peak_of([&] { (void)Forest::regress(c.x, c.y, {.trees = 1, .bins = bins}); });
  };
  // y, draws, and codes: 8, 2 x 16 x 0.632, and 5 bytes or 5 x 4 and keys of 2 x 8 x 0.632 a row.
  EXPECT_GE(peak(256), 40'000u * (8 + 20 + 5));
  EXPECT_GE(peak(0), 40'000u * (8 + 20 + 20 + 10));
  Engine engine;
  Isolate isolate(engine, {.memory_limit = 1 << 20});
  error_of(Errc::resource_exhausted, [&] { isolate.run([&] { (void)Forest::regress(c.x, c.y); }); });
}

}  // namespace
}  // namespace lagoon::learning
