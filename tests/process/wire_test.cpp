// SPDX-License-Identifier: Apache-2.0
// Messages as bytes and back: every kind of field, and arrays that stay where they are.
#include <gtest/gtest.h>

#include <numeric>

#include "lent_arrays.hpp"
#include "rich_message.hpp"

namespace lagoon::test {
namespace {

template <class T>
T through(const T& x, LentArrays& arrays) {
  return decoded<T>(encoded(x, arrays), arrays);
}
template <class T>
T through(const T& x) {
  LentArrays arrays;
  return through(x, arrays);
}

Tensor<double, 2> counting(std::ptrdiff_t rows, std::ptrdiff_t columns) {
  Tensor<double, 2> t({rows, columns});
  std::iota(t.data(), t.data() + t.size(), 0.0);
  return t;
}

TEST(Wire, BringsEveryKindOfFieldBack) {
  for (const bool in_line : {false, true}) {
    LentArrays arrays;
    arrays.in_line = in_line;
    const Rich sent = rich();
    const Rich r = through(sent, arrays);
    EXPECT_EQ(r.yes, sent.yes);
    EXPECT_EQ(r.i8, sent.i8);
    EXPECT_EQ(r.u16, sent.u16);
    EXPECT_EQ(r.i64, sent.i64);
    EXPECT_EQ(r.u64, sent.u64);
    EXPECT_EQ(r.f32, sent.f32);
    EXPECT_EQ(r.f64, sent.f64);
    EXPECT_EQ(r.colour, sent.colour);
    EXPECT_EQ(r.text, sent.text);
    EXPECT_EQ(r.numbers, sent.numbers);
    EXPECT_EQ(r.words, sent.words);
    EXPECT_EQ(r.flags, sent.flags);
    EXPECT_EQ(r.bytes, sent.bytes);
    EXPECT_EQ(r.colours, sent.colours);
    EXPECT_EQ(r.shape, sent.shape);
    EXPECT_EQ(r.names, sent.names);
    EXPECT_EQ(r.maybe, sent.maybe);
    EXPECT_FALSE(r.no_tree);
    ASSERT_EQ(r.tree.branches.size(), 2u);
    EXPECT_EQ(r.tree.branches[0].branches.at(0).leaves, 3);
    EXPECT_EQ(r.tree.branches[1].leaves, 4);
    EXPECT_EQ(r.nothings.size(), 2u);
    EXPECT_EQ(r.sparse, sent.sparse);
    ASSERT_EQ(r.matrix.extents(), (Extents<2>{3, 1}));
    EXPECT_EQ(r.matrix(2, 0), -3);
    ASSERT_EQ(r.owned.size(), 5);
    EXPECT_EQ(r.owned[4], 0.25F);
    ASSERT_EQ(r.pictures.size(), 2u);
    ASSERT_EQ(r.pictures[0].extents(), (Extents<3>{2, 3, 4}));
    EXPECT_EQ(r.pictures[0](1, 2, 3), 9);
    EXPECT_EQ(r.pictures[1].extents(), (Extents<3>{0, 3, 4}));
    EXPECT_TRUE(r.absent.empty());
    EXPECT_EQ(r.matrix.data() == sent.matrix.data(), !in_line);
    EXPECT_EQ(arrays.count(), in_line ? 0u : 3u);  // neither the empty one nor the absent one
  }
}

TEST(Wire, WritesTheSameBytesAgain) {
  LentArrays arrays;
  arrays.in_line = true;
  const auto first = encoded(rich(), arrays);
  EXPECT_EQ(encoded(decoded<Rich>(first, arrays), arrays), first);
}

TEST(Wire, LendsArraysWhereTheyAre) {
  LentArrays arrays;
  const auto frozen = counting(3, 4).freeze();
  const auto there = through(frozen, arrays);
  EXPECT_EQ(there.data(), frozen.data());
  EXPECT_EQ(there.extents(), frozen.extents());
  const auto tensor = counting(3, 4);
  EXPECT_EQ(through(tensor, arrays).data(), tensor.data());
  const auto rows = frozen.slice(0, 1, 3);  // still without gaps
  EXPECT_EQ(through(rows, arrays).data(), frozen.data() + 4);
}

TEST(Wire, SaysWhetherAnArrayIsTheSendersAlone) {
  LentArrays arrays;
  const auto message = encoded(counting(1, 2), arrays);
  EXPECT_NO_THROW((decoded<Tensor<double, 2>>(message, arrays)));
  EXPECT_THROW((decoded<Frozen<double, 2>>(message, arrays)), Error);
}

TEST(Wire, ClosesGapsBetweenElements) {
  for (const bool in_line : {false, true}) {
    LentArrays arrays;
    arrays.in_line = in_line;
    const auto columns = counting(4, 5).freeze().slice(1, 1, 3);
    const auto there = through(columns, arrays);
    ASSERT_EQ(there.extents(), (Extents<2>{4, 2}));
    EXPECT_TRUE(there.view().is_contiguous());
    for (std::ptrdiff_t i = 0; i < 4; ++i)
      for (std::ptrdiff_t j = 0; j < 2; ++j) EXPECT_EQ(there(i, j), columns(i, j));
  }
}

TEST(Wire, PutsInLineElementsOnACacheLine) {
  LentArrays arrays;
  arrays.in_line = true;
  const auto there = through(counting(3, 3), arrays);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(there.data()) % kAlignment, 0u);
}

TEST(Wire, KeepsTheExtentsOfEmptyArraysAndLendsNothing) {
  LentArrays arrays;
  const auto there = through(Tensor<double, 2>({0, 7}).freeze(), arrays);
  EXPECT_EQ(there.extents(), (Extents<2>{0, 7}));
  EXPECT_TRUE(std::move(const_cast<Frozen<double, 2>&>(there)).try_unfreeze().ok()) << "an array that nobody shares";
  EXPECT_EQ(arrays.count(), 0u);
}

TEST(Wire, TakesAnArrayThatWasMovedAwayForNone) {
  LentArrays arrays;
  auto moved = counting(3, 4).freeze();
  const auto to = std::move(moved);
  const auto there = through(moved, arrays);  // NOLINT: it still has extents, and no elements
  EXPECT_EQ(there.extents(), (Extents<2>{0, 0}));
  EXPECT_EQ(arrays.count(), 0u);
}

TEST(Wire, ReadsOverWhatAValueWasBefore) {
  LentArrays arrays;
  arrays.in_line = true;
  const auto message = encoded(Rich{}, arrays);
  detail::Decoder in;
  in.begin(message, arrays);
  Rich r = rich();
  decode(in, r);
  in.end();
  EXPECT_EQ(encoded(r, arrays), message);
}

TEST(Wire, UsesOneEncoderForManyMessages) {
  LentArrays arrays;
  detail::Encoder out;
  detail::Decoder in;
  for (const std::size_t length : {10u, 3'000'000u, 5u}) {
    out.begin(arrays);
    encode(out, std::string(length, 'x'));
    EXPECT_EQ(out.bytes().size(), 8 + length);
    in.begin(out.bytes(), arrays);
    std::string text;
    decode(in, text);
    in.end();
    EXPECT_EQ(text, std::string(length, 'x'));
  }
}

TEST(Wire, HoldsTheExtremesOfEveryInteger) {
  auto both = []<class T>(T) {
    for (T x : {std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), T{0}}) EXPECT_EQ(through(x), x);
  };
  both(char{}), both(std::int8_t{}), both(std::uint8_t{}), both(std::int16_t{}), both(std::uint16_t{});
  both(std::int32_t{}), both(std::uint32_t{}), both(std::int64_t{}), both(std::uint64_t{}), both(0LL), both(0ULL);
  EXPECT_EQ(through(3.25L), 3.25L);
}

TEST(Wire, TakesWhatHasAWireForm) {
  struct Plain {
    int x;
  };
  static_assert(detail::has_wire_form<Rich>() && detail::has_wire_form<Tree>() && detail::has_wire_form<Nothing>());
  static_assert(!detail::has_wire_form<Plain>() && !detail::has_wire_form<std::vector<Plain>>());
  static_assert(!detail::has_wire_form<int*>() && !detail::has_wire_form<Frozen<int*, 1>>());
  static_assert(detail::least_bytes<Nothing>() == 1 && detail::least_bytes<std::array<Nothing, 3>>() == 3);
}

}  // namespace
}  // namespace lagoon::test
