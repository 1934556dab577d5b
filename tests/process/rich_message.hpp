// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/fields.hpp>
#include <lagoon/core/tensor.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lagoon::test {

enum class Colour : std::uint8_t { red, green, blue };

struct Tree {
  std::int16_t leaves = 0;
  std::vector<Tree> branches;
  LAGOON_FIELDS(Tree, leaves, branches)
};
struct Nothing {
  LAGOON_FIELDS(Nothing)
};

/// A field of every kind.
struct Rich {
  bool yes = false;
  std::int8_t i8 = 0;
  std::uint16_t u16 = 0;
  std::int64_t i64 = 0;
  std::uint64_t u64 = 0;
  float f32 = 0;
  double f64 = 0;
  Colour colour = Colour::red;
  std::string text;
  std::vector<double> numbers;
  std::vector<std::string> words;
  std::vector<bool> flags;
  std::vector<std::byte> bytes;
  std::vector<Colour> colours;
  std::array<std::int32_t, 3> shape{};
  std::array<std::optional<std::string>, 2> names{};
  std::optional<double> maybe;
  std::optional<Tree> no_tree;
  Tree tree;
  std::vector<Nothing> nothings;
  std::vector<std::optional<std::array<double, 16>>> sparse;
  Frozen<double, 2> matrix;
  Tensor<float, 1> owned;
  std::vector<Frozen<std::uint8_t, 3>> pictures;
  Frozen<double, 1> absent;
  LAGOON_FIELDS(Rich, yes, i8, u16, i64, u64, f32, f64, colour, text, numbers, words, flags, bytes, colours, shape,
                names, maybe, no_tree, tree, nothings, sparse, matrix, owned, pictures, absent)
};

inline Rich rich() {
  Rich r;
  r.yes = true;
  r.i8 = -128;
  r.u16 = 65535;
  r.i64 = INT64_MIN;
  r.u64 = UINT64_MAX;
  r.f32 = 1.5F;
  r.f64 = -0.1;
  r.colour = Colour::blue;
  r.text = std::string("nul \0 and \xff", 11);
  r.numbers = {1, 2.5, -3};
  r.words = {"", "one", "two"};
  r.flags = {true, false, true};
  r.bytes = {std::byte{0}, std::byte{255}};
  r.colours = {Colour::green, Colour::red};
  r.shape = {1, -2, 3};
  r.names = {std::nullopt, "second"};
  r.maybe = 4.0;
  r.tree = {1, {{2, {{3, {}}}}, {4, {}}}};
  r.nothings.resize(2);
  r.sparse = {std::nullopt, std::array<double, 16>{1, 2}};
  r.matrix = Frozen<double, 2>::copy_of(View<const double, 2>(r.numbers.data(), {3, 1}));
  r.owned = Tensor<float, 1>::filled({5}, 0.25F);
  r.pictures = {Tensor<std::uint8_t, 3>::filled({2, 3, 4}, 9).freeze(), Tensor<std::uint8_t, 3>({0, 3, 4}).freeze()};
  return r;
}

}  // namespace lagoon::test
