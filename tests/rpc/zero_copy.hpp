// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <lagoon/rpc.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lagoon::test {

/// Where an array's elements are, as a number that can be sent.
template <class A>
std::int64_t address(const A& array) {
  return static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(array.data()));
}

struct Matrix {
  Frozen<double, 2> values;
  std::int64_t seen_at = 0;
  LAGOON_FIELDS(Matrix, values, seen_at)
};
struct Owned {
  Tensor<double, 2> values;
  std::int64_t seen_at = 0;
  LAGOON_FIELDS(Owned, values, seen_at)
};
/// Arrays in every place where a message may have one.
struct Everywhere {
  std::vector<Frozen<float, 1>> list;
  std::optional<Frozen<double, 1>> maybe;
  std::array<Matrix, 2> pair;
  std::vector<std::int64_t> plain;
  std::string text;
  std::vector<std::int64_t> seen_at;
  LAGOON_FIELDS(Everywhere, list, maybe, pair, plain, text, seen_at)
};

using Share = Unary<"share", Matrix, Matrix>;
using ShareLater = Unary<"shareLater", Matrix, Matrix>;
using Move = Unary<"move", Owned, Owned>;
using Scatter = Unary<"scatter", Everywhere, Everywhere>;
using Repeat = ServerStream<"repeat", Matrix, Matrix>;    ///< the same array, three times
using Collect = ClientStream<"collect", Matrix, Matrix>;  ///< the last one
using Mirror = Bidirectional<"mirror", Matrix, Matrix>;
using MirrorOwned = Bidirectional<"mirrorOwned", Owned, Owned>;
using Arrays = Contract<"test.Arrays", Share, ShareLater, Move, Scatter, Repeat, Collect, Mirror, MirrorOwned>;

inline Service serve_arrays() {
  return serve<Arrays>(on<Share>([](Matrix m) {
                         m.seen_at = address(m.values);
                         return m;
                       }),
                       on<ShareLater>([](Matrix m) -> Task<Matrix> {
                         m.seen_at = address(m.values);
                         co_return m;
                       }),
                       on<Move>([](Owned&& m) {
                         m.seen_at = address(m.values);
                         return std::move(m);
                       }),
                       on<Scatter>([](Everywhere e) {
                         for (const auto& a : e.list) e.seen_at.push_back(address(a));
                         if (e.maybe) e.seen_at.push_back(address(*e.maybe));
                         for (const auto& m : e.pair) e.seen_at.push_back(address(m.values));
                         return e;
                       }),
                       on<Repeat>([](Matrix m, Writer<Matrix> out) {
                         m.seen_at = address(m.values);
                         for (int k = 0; k < 3; ++k)
                           if (!out.write(m)) return;
                       }),
                       on<Collect>([](Reader<Matrix> in) {
                         Matrix last;
                         for (Matrix& m : in) {
                           m.seen_at = address(m.values);
                           last = m;
                         }
                         return last;
                       }),
                       on<Mirror>([](Reader<Matrix> in, Writer<Matrix> out) {
                         while (auto m = in.read()) {
                           m->seen_at = address(m->values);
                           out.write(*m);
                         }
                       }),
                       on<MirrorOwned>([](Reader<Owned> in, Writer<Owned> out) {
                         while (auto m = in.read()) {
                           m->seen_at = address(m->values);
                           out.write(std::move(*m));
                         }
                       }));
}

/// Address, extents and strides alike: nothing was copied.
template <class A, class B>
bool same_place(const A& a, const B& b) {
  return a.data() == b.data() && a.extents() == b.extents() && a.view().strides() == b.view().strides();
}

}  // namespace lagoon::test
