// SPDX-License-Identifier: Apache-2.0
// A forest as bytes, and what bytes may do.
#include <gtest/gtest.h>
#include <cstring>
#include <learning/forest_file.hpp>
#include <learning/forest_model.hpp>
#include <random>

#include "../expect.hpp"
#include "forest_cases.hpp"

namespace lagoon::learning {
namespace {

using namespace test;
using detail::decode_forest;
using detail::encode_forest;
using lagoon::test::error_of;

std::vector<Forest> forests(const Case& c) {
  std::vector<std::int64_t> many;
  for (const double y : c.y) many.push_back(static_cast<std::int64_t>(y / 4));
  return {Forest::classify(c.x, c.labels, {.trees = 4}), Forest::classify(c.x, c.labels, {.trees = 4, .bins = 0}),
          Forest::classify(c.x, many, {.trees = 4, .leaf = 5}), Forest::regress(c.x, c.y, {.trees = 4})};
}

std::vector<double> all_of(const Forest& f, View<const double, 2> x) {
  std::vector<double> all = f.importances();
  all.push_back(f.out_of_bag_score());
  all.push_back(static_cast<double>(f.nodes()));
  all.push_back(static_cast<double>(f.depth()));
  for (const std::int64_t label : f.classes()) all.push_back(static_cast<double>(label));
  if (f.is_classifier()) {
    const auto p = f.predict_probabilities(x);
    all.insert(all.end(), p.data(), p.data() + p.size());
  } else {
    const auto p = f.predict(x);
    all.insert(all.end(), p.data(), p.data() + p.size());
  }
  return all;
}

TEST(ForestAsBytes, ComesBackWithTheSameBits) {
  const Case c = friedman(400, 5, 1);
  for (const Forest& f : forests(c)) {
    const std::string bytes = encode_forest(f).text();
    const Forest back = decode_forest(bytes, "f");
    EXPECT_EQ(all_of(f, c.x), all_of(back, c.x));
    EXPECT_EQ(encode_forest(back).text(), bytes);
  }
  EXPECT_EQ(decode_forest(encode_forest(Forest()).text(), "f").trees(), 0);
}

TEST(ForestAsBytes, CutShortOrTooLongAreNone) {
  const Case c = friedman(60, 3, 2);
  for (const Forest& f : forests(c)) {
    const std::string bytes = encode_forest(f).text();
    for (std::size_t n = 0; n < bytes.size(); n += 1 + n / 100)
      EXPECT_EQ(error_of(Errc::data_loss, [&] { decode_forest(bytes.substr(0, n), "half.model"); }).substr(0, 12),
                "half.model: ");
    error_of(Errc::data_loss, [&] { decode_forest(bytes + "x", "f"); });
  }
}

TEST(ForestAsBytes, OfNonsenseEndInAnErrorOrInAForestThatCanBeWalked) {
  const Case c = friedman(60, 3, 3);
  std::mt19937_64 random(4);
  int refused = 0, taken = 0;
  for (const Forest& f : forests(c)) {
    const std::string bytes = encode_forest(f).text();
    for (int k = 0; k < 3000; ++k) {
      std::string changed = bytes;
      for (std::uint64_t n = random() % 3 + 1; n > 0; --n)
        changed[random() % changed.size()] = static_cast<char>(random());
      try {
        const Forest other = decode_forest(changed, "f");
        if (other.features() == 3) (void)all_of(other, c.x);
        ++taken;
      } catch (const Error& e) {
        EXPECT_EQ(e.code(), Errc::data_loss) << e.what();
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(taken, 1000);  // another threshold is a threshold, too
}

/// Encodes a copy of a forest's inside after `spoil` had its way with it.
template <class Spoil>
std::string spoiled(const Forest& f, Spoil spoil) {
  const detail::ForestModel& model = *ForestAccess::model(f);
  detail::ForestModel copy;
  copy.kind = model.kind;
  copy.columns = model.columns;
  copy.scale = model.scale;
  copy.classes = model.classes;
  copy.score = model.score;
  copy.importances = model.importances;
  for (const auto& tree : model.trees)
    copy.trees.push_back(
        {Tensor<detail::Node, 1>::copy_of(tree.nodes), Tensor<detail::Share, 1>::copy_of(tree.shares)});
  spoil(copy);
  return error_of(Errc::data_loss,
                  [&] { decode_forest(encode_forest(ForestAccess::make(std::move(copy))).text(), "f"); });
}

TEST(ForestAsBytes, AreCheckedNodeByNode) {
  using detail::ForestModel;
  using detail::Node;
  const Case c = friedman(200, 5, 5);
  const auto all = forests(c);
  const Forest &two = all[0], &many = all[2], &numbers = all[3];
  const auto root = [](ForestModel& m) -> Node& { return m.trees[1].nodes[0]; };
  const auto leaf = [](ForestModel& m) -> Node& { return m.trees[1].nodes[m.trees[1].nodes.size() - 1]; };
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  ASSERT_EQ(ForestAccess::model(two)->trees[1].nodes[0].left, 1u);

  EXPECT_EQ(spoiled(two, [&](ForestModel& m) { root(m).left = 0; }), "f: the forest has a child that is not there");
  EXPECT_EQ(spoiled(two, [&](ForestModel& m) { root(m).left = 1u << 31; }),
            "f: the forest has a child that is not there");
  EXPECT_EQ(spoiled(two, [&](ForestModel& m) { root(m).left = 2; }), "f: the forest has a node without a parent");
  EXPECT_EQ(spoiled(two, [&](ForestModel& m) { root(m).feature = 6; }),
            "f: the forest asks for a column that it has not");
  EXPECT_EQ(spoiled(two, [&](ForestModel& m) { root(m).value = nan; }),
            "f: the forest has a threshold that is no number");
  EXPECT_EQ(spoiled(two, [&](ForestModel& m) { leaf(m).left -= 1; }), "f: the forest has a leaf with children");
  EXPECT_EQ(spoiled(two, [&](ForestModel& m) { leaf(m).value = 1.5; }), "f: the forest has a leaf that says no share");
  EXPECT_EQ(spoiled(numbers, [&](ForestModel& m) { leaf(m).value = nan; }),
            "f: the forest has a leaf that says no number");
  EXPECT_EQ(spoiled(numbers, [&](ForestModel& m) { m.scale = 3; }), "f: the forest has a scale that is none");
  EXPECT_EQ(spoiled(many, [&](ForestModel& m) { leaf(m).value = 99; }), "f: the forest has a leaf that says no label");
  EXPECT_EQ(spoiled(many, [&](ForestModel& m) { leaf(m).value = -1e9; }),
            "f: the forest has a leaf that says no label");
  EXPECT_EQ(spoiled(many, [&](ForestModel& m) { leaf(m).value = -1.5; }),
            "f: the forest has a leaf that says no label");
  EXPECT_EQ(spoiled(many, [&](ForestModel& m) { m.trees[0].shares[m.trees[0].shares.size() - 1].last = 0; }),
            "f: the forest has a leaf without an end");
  EXPECT_EQ(spoiled(many, [&](ForestModel& m) { m.trees[0].shares[0].label = 1000; }),
            "f: the forest has a label that is no class");
  EXPECT_EQ(spoiled(many, [&](ForestModel& m) { m.trees[0].shares[0].share = nan; }),
            "f: the forest has a share that is none");
  EXPECT_EQ(spoiled(two, [&](ForestModel& m) { m.classes = {1, 1}; }), "f: the forest has classes that are none");
  EXPECT_EQ(spoiled(two, [&](ForestModel& m) { m.importances.pop_back(); }),
            "f: the forest has not one importance per column");
  EXPECT_EQ(spoiled(two, [&](ForestModel& m) { m.columns = 0; }), "f: the forest has no columns");
  EXPECT_EQ(spoiled(two,
                    [&](ForestModel& m) {
                      auto& nodes = m.trees[1].nodes;
                      ASSERT_TRUE(nodes[1].feature < 5 && nodes[2].feature < 5);
                      nodes[1].left = nodes[2].left = 3;
                    }),
            "f: the forest has a node with two parents");
}

}  // namespace
}  // namespace lagoon::learning
