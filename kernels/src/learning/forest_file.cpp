// SPDX-License-Identifier: Apache-2.0
#include "forest_file.hpp"

#include <algorithm>
#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/vector.hpp>
#include <cmath>
#include <functional>
#include <istream>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>
#include <ostream>

#include "forest_model.hpp"
#include "polled/parts.hpp"

namespace lagoon::learning::detail {
namespace {

using Output = cereal::PortableBinaryOutputArchive;
using Input = cereal::PortableBinaryInputArchive;

constexpr std::int64_t kMostColumns = 1 << 30, kMostClasses = 1 << 15, kMostTrees = 1 << 20;
constexpr std::uint64_t kMostNodes = std::numeric_limits<std::uint32_t>::max();

[[noreturn]] void spoiled(const std::string& what) { throw Error(Errc::data_loss, "the forest " + what); }
void demand(bool holds, const char* otherwise) {
  if (!holds) spoiled(otherwise);
}

/// One field of all elements: arrays of plain numbers are what cereal stores in one piece, whatever the byte order.
template <class Field, class T, class Of>
void save_field(Output& archive, const Tensor<T, 1>& all, Of of) {
  Tensor<Field, 1> field(all.extents());
  polled::for_each(all.size(), [&](std::ptrdiff_t i) { field[i] = of(all[i]); });
  archive(cereal::binary_data(field.data(), field.bytes()));
}
template <class Field, class T, class Into>
void load_field(Input& archive, Tensor<T, 1>& all, Into into) {
  Tensor<Field, 1> field(all.extents());
  archive(cereal::binary_data(field.data(), field.bytes()));
  polled::for_each(all.size(), [&](std::ptrdiff_t i) { into(all[i]) = field[i]; });
}

void save_tree(Output& archive, const Tree& tree) {
  archive(static_cast<std::uint64_t>(tree.nodes.size()), static_cast<std::uint64_t>(tree.shares.size()));
  save_field<double>(archive, tree.nodes, [](const Node& n) { return n.value; });
  save_field<std::uint32_t>(archive, tree.nodes, [](const Node& n) { return n.left; });
  save_field<std::uint32_t>(archive, tree.nodes, [](const Node& n) { return n.feature; });
  save_field<double>(archive, tree.shares, [](const Share& s) { return s.share; });
  save_field<std::uint32_t>(archive, tree.shares, [](const Share& s) { return s.label; });
  save_field<std::uint32_t>(archive, tree.shares, [](const Share& s) { return s.last; });
}

/// Shares end with a last one, so that no leaf reads on behind them.
void check_shares(const ForestModel& model, const Tree& tree) {
  polled::for_each(tree.shares.size(), [&](std::ptrdiff_t i) {
    const Share& s = tree.shares[i];
    demand(s.share > 0 && s.share <= 1, "has a share that is none");
    demand(s.label < model.classes.size(), "has a label that is no class");
  });
  demand(tree.shares.empty() || tree.shares[tree.shares.size() - 1].last != 0, "has a leaf without an end");
}

void check_leaf(const ForestModel& model, const Tree& tree, double value) {
  if (model.kind == Kind::numbers) return demand(std::isfinite(value), "has a leaf that says no number");
  if (model.kind == Kind::two_labels) return demand(value >= 0 && value <= 1, "has a leaf that says no share");
  const double least = -static_cast<double>(tree.shares.size());
  const auto most = static_cast<double>(model.classes.size() - 1);
  demand(value >= least && value <= most && value == std::floor(value), "has a leaf that says no label");
}

/// Children stand in pairs behind their parents, and each but the root has one parent.  returns  the depth
std::int64_t check_nodes(const ForestModel& model, const Tree& tree) {
  const std::ptrdiff_t count = tree.nodes.size();
  auto depth = Tensor<std::uint32_t, 1>::zeros({count});  // 0: nobody's child yet
  std::uint32_t deepest = 0;
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    if (i % (1 << 14) == 0) throw_if_stopped();
    const Node& node = tree.nodes[i];
    demand(i == 0 || depth[i] > 0, "has a node without a parent");
    deepest = std::max(deepest, depth[i]);
    if (node.feature == model.columns) {
      demand(node.left == i, "has a leaf with children");
      check_leaf(model, tree, node.value);
      continue;
    }
    demand(node.feature < model.columns, "asks for a column that it has not");
    demand(std::isfinite(node.value), "has a threshold that is no number");
    demand(node.left > i && node.left < count - 1, "has a child that is not there");
    for (std::ptrdiff_t child : {node.left, node.left + 1}) {
      demand(depth[child] == 0, "has a node with two parents");
      depth[child] = depth[i] + 1;
    }
  }
  return deepest;
}

/// Lengths are believed only as far as there are bytes for them.
Tree load_tree(Input& archive, const ForestModel& model, std::size_t bytes) {
  std::uint64_t nodes = 0, shares = 0;
  archive(nodes, shares);
  demand(nodes >= 1 && nodes <= std::min(kMostNodes, bytes / sizeof(Node)), "has a tree that is too large");
  demand(shares <= (model.kind == Kind::labels ? bytes / sizeof(Share) : 0), "has shares that are not its own");
  Tree tree{Tensor<Node, 1>({static_cast<std::ptrdiff_t>(nodes)}),
            Tensor<Share, 1>({static_cast<std::ptrdiff_t>(shares)})};
  load_field<double>(archive, tree.nodes, [](Node& n) -> double& { return n.value; });
  load_field<std::uint32_t>(archive, tree.nodes, [](Node& n) -> std::uint32_t& { return n.left; });
  load_field<std::uint32_t>(archive, tree.nodes, [](Node& n) -> std::uint32_t& { return n.feature; });
  load_field<double>(archive, tree.shares, [](Share& s) -> double& { return s.share; });
  load_field<std::uint32_t>(archive, tree.shares, [](Share& s) -> std::uint32_t& { return s.label; });
  load_field<std::uint32_t>(archive, tree.shares, [](Share& s) -> std::uint32_t& { return s.last; });
  check_shares(model, tree);
  tree.depth = check_nodes(model, tree);
  return tree;
}

bool is_power_of_two(double x) {
  int exponent = 0;
  return std::isfinite(x) && std::frexp(x, &exponent) == 0.5;
}

void check_head(const ForestModel& model, std::uint8_t kind, std::int64_t trees, std::size_t bytes) {
  demand(kind <= static_cast<std::uint8_t>(Kind::labels), "is of no kind");
  demand(model.columns >= 1 && model.columns <= kMostColumns, "has no columns");
  demand(trees >= 1 && trees <= kMostTrees && static_cast<std::size_t>(trees) <= bytes, "has no trees");
  demand(is_power_of_two(model.scale), "has a scale that is none");
  const auto classes = std::ssize(model.classes);
  const bool right = model.kind == Kind::numbers      ? classes == 0
                     : model.kind == Kind::two_labels ? classes == 2
                                                      : classes >= 1 && classes <= kMostClasses;
  demand(right && std::adjacent_find(model.classes.begin(), model.classes.end(), std::greater_equal<>()) ==
                      model.classes.end(),
         "has classes that are none");
  demand(std::isnan(model.score) || model.score <= 1, "has a score that is none");
  demand(std::ssize(model.importances) == model.columns, "has not one importance per column");
  for (const double share : model.importances)
    demand(share >= 0 && share <= 1 + 1e-9, "has an importance that is none");
}

/// Bytes as they are, without a copy.
class Bytes final : public std::streambuf {
 public:
  explicit Bytes(std::string_view bytes) {
    auto* const first = const_cast<char*>(bytes.data());  // a get area is only read
    setg(first, first, first + bytes.size());
  }
};

/// As cereal loads a vector, but for the length, which is believed only as far as there are bytes for it.
template <class T>
void load_vector(Input& archive, std::vector<T>& v, std::size_t bytes) {
  std::uint64_t count = 0;
  archive(count);
  demand(count <= bytes / sizeof(T), "has a list that is too long");
  v.resize(count);
  archive(cereal::binary_data(v.data(), v.size() * sizeof(T)));
}
template <class T>
void save_vector(Output& archive, const std::vector<T>& v) {
  archive(static_cast<std::uint64_t>(v.size()), cereal::binary_data(v.data(), v.size() * sizeof(T)));
}

Forest decode(std::string_view bytes) {
  Bytes buffer(bytes);
  std::istream in(&buffer);
  Input archive(in);
  ForestModel model;
  std::uint8_t kind = 0;
  std::int64_t trees = 0;
  archive(kind, trees);
  if (trees == 0) {
    demand(buffer.in_avail() == 0, "is followed by something else");
    return {};
  }
  archive(model.columns, model.scale, model.score);
  load_vector(archive, model.classes, bytes.size());
  load_vector(archive, model.importances, bytes.size());
  model.kind = static_cast<Kind>(kind);
  check_head(model, kind, trees, bytes.size());
  for (std::int64_t t = 0; t < trees; ++t) model.trees.push_back(load_tree(archive, model, bytes.size()));
  demand(buffer.in_avail() == 0, "is followed by something else");
  complete(model);
  return ForestAccess::make(std::move(model));
}

}  // namespace

files::Chunks encode_forest(const Forest& forest) {
  files::Chunks bytes;
  files::ChunkBuffer buffer(bytes);
  std::ostream out(&buffer);
  Output archive(out);
  const ForestModel* const model = ForestAccess::model(forest);
  if (!model) {
    archive(std::uint8_t{0}, std::int64_t{0});
    return bytes;
  }
  archive(static_cast<std::uint8_t>(model->kind), static_cast<std::int64_t>(model->trees.size()), model->columns,
          model->scale, model->score);
  save_vector(archive, model->classes);
  save_vector(archive, model->importances);
  for (const Tree& tree : model->trees) save_tree(archive, tree);
  return bytes;
}

Forest decode_forest(std::string_view bytes, const std::string& name) {
  try {
    return decode(bytes);
  } catch (const Error& e) {
    if (e.code() == Errc::data_loss) throw Error(Errc::data_loss, name + ": " + e.status().message());
    throw;
  } catch (const cereal::Exception& e) {
    throw Error(Errc::data_loss, name + ": the forest is cut short: " + e.what());
  }
}

}  // namespace lagoon::learning::detail
