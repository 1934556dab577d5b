// SPDX-License-Identifier: Apache-2.0
// Messages that nobody sent: an error that says where, or a value; nothing else.
#include <gtest/gtest.h>

#include "lent_arrays.hpp"
#include "rich_message.hpp"

namespace lagoon::test {
namespace {

/// A message by hand.
struct Message {
  Message() { out.begin(arrays); }
  template <class T>
  Message& add(const T& x) {
    encode(out, x);
    return *this;
  }
  Message& kind(std::uint8_t kind) {
    out.raw(&kind, 1);
    return *this;
  }
  LentArrays arrays;
  detail::Encoder out;
};

/// "" when it can be read.
template <class T>
std::string refusal(std::span<const std::byte> message, LentArrays& arrays) {
  try {
    (void)decoded<T>(message, arrays);
    return "";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::data_loss) << e.what();
    return e.status().message();
  }
}
template <class T>
std::string refusal(Message& m) {
  return refusal<T>(m.out.bytes(), m.arrays);
}

constexpr std::int64_t kHuge = std::int64_t{1} << 40;

TEST(BrokenMessages, EndTooSoonAtAnyByte) {
  for (const bool in_line : {false, true}) {
    LentArrays arrays;
    arrays.in_line = in_line;
    const auto whole = encoded(rich(), arrays);
    for (std::size_t n = 0; n < whole.size(); ++n) {
      const std::vector<std::byte> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
      EXPECT_NE(refusal<Rich>(part, arrays), "") << n << " of " << whole.size();
    }
    EXPECT_EQ(refusal<Rich>(whole, arrays), "");
  }
}

TEST(BrokenMessages, HaveAnyByteAnywhere) {
  for (const bool in_line : {false, true}) {
    LentArrays arrays;
    arrays.in_line = in_line;
    auto message = encoded(rich(), arrays);
    std::size_t refused = 0;
    for (auto& byte : message) {
      const std::byte was = byte;
      for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
        byte = std::byte(value);
        refused += !refusal<Rich>(message, arrays).empty();
      }
      byte = was;
    }
    EXPECT_GT(refused, message.size());
  }
}

TEST(BrokenMessages, SayAtWhichByte) {
  Message m;
  m.add(std::int64_t{1}).add(std::int64_t{300});
  struct Two {
    std::int64_t first = 0;
    std::uint8_t second = 0;
    LAGOON_FIELDS(Two, first, second)
  };
  EXPECT_EQ(refusal<Two>(m), "message, byte 8: 300 is over 255");
  EXPECT_EQ(refusal<std::int64_t>(m), "message, byte 8: 8 bytes are left over");
  m.kind(2);
  using Truths = std::array<bool, 17>;
  EXPECT_EQ(refusal<Truths>(m), "message, byte 8: neither true nor false: 44");
  using Three = std::array<std::int64_t, 3>;
  EXPECT_EQ(refusal<Three>(m), "message, byte 0: 24 bytes are wanted, 17 are left");
}

TEST(BrokenMessages, HaveNumbersThatDoNotFit) {
  Message m;
  m.add(std::int64_t{-129});
  EXPECT_EQ(refusal<std::int8_t>(m), "message, byte 0: -129 is outside [-128, 127]");
  EXPECT_EQ(refusal<std::int16_t>(m), "");
  EXPECT_NE(refusal<std::uint32_t>(m), "");
  EXPECT_NE(refusal<Colour>(m), "");
}

TEST(BrokenMessages, AskForNoMoreMemoryThanTheyCanFill) {
  Message m;
  m.add(std::uint64_t{3}).add(0.0).add(0.0);
  EXPECT_EQ(refusal<std::vector<double>>(m),
            "message, byte 0: 3 things of at least 8 bytes cannot be in the 16 that are left");
  for (const std::uint64_t count : {std::uint64_t{17}, std::uint64_t{1} << 61, UINT64_MAX}) {
    Message n;
    n.add(count).add(0.0).add(0.0);
    EXPECT_NE(refusal<std::string>(n), "");
    EXPECT_NE(refusal<std::vector<double>>(n), "");
    EXPECT_NE(refusal<std::vector<std::string>>(n), "");
    EXPECT_NE(refusal<std::vector<Nothing>>(n), "");
    EXPECT_NE((refusal<std::vector<std::array<int, 0>>>(n)), "");
    EXPECT_NE(refusal<std::vector<bool>>(n), "");
  }
}

TEST(BrokenMessages, HaveExtentsThatCannotBe) {
  using Matrix = Frozen<double, 2>;
  using Cube = Frozen<double, 3>;
  const std::uint8_t in_line = detail::Placed::in_line;
  Message negative, product, size, empty, more, absent;
  EXPECT_NE(refusal<Matrix>(negative.add(std::int64_t{-1}).add(std::int64_t{-1}).kind(in_line)), "");
  EXPECT_EQ(refusal<Matrix>(product.add(kHuge).add(kHuge).kind(in_line)),
            "message, byte 8: the product of the extents does not fit in memory");
  EXPECT_NE(refusal<Matrix>(size.add(kHuge).add(std::int64_t{1} << 20).kind(in_line)), "")
      << "the elements fit, their bytes do not";
  EXPECT_NE(refusal<Cube>(empty.add(std::int64_t{0}).add(kHuge).add(kHuge).kind(in_line)), "")
      << "there are none, but strides are made of the others";
  EXPECT_EQ(refusal<Matrix>(more.add(std::int64_t{1}).add(std::int64_t{2}).kind(in_line).add(0.0)),
            "message, byte 17: 16 bytes are wanted, 8 are left");
  EXPECT_NE(refusal<Matrix>(absent.add(std::int64_t{1}).add(std::int64_t{2}).kind(detail::Placed::nothing)), "");
}

TEST(BrokenMessages, HavePlacesThatCannotBe) {
  using Row = Frozen<double, 1>;
  Message unknown, empty, cut;
  EXPECT_EQ(refusal<Row>(unknown.add(std::int64_t{1}).kind(3).add(0.0).add(0.0)),
            "message, byte 8: no place of an array: 3");
  EXPECT_NE(refusal<Row>(empty.add(std::int64_t{0}).kind(detail::Placed::lent).add(0.0).add(0.0)), "");
  EXPECT_EQ(refusal<Row>(cut.add(std::int64_t{1}).kind(detail::Placed::lent).add(0.0)),
            "message, byte 9: 16 bytes are wanted, 8 are left");
}

TEST(BrokenMessages, LendArraysThatAreNotAligned) {
  using Row = Frozen<double, 1>;
  const auto bytes = Tensor<std::uint8_t, 1>::filled({65}, 0).freeze();
  for (const std::ptrdiff_t begin : {0, 1}) {
    Message m;
    const auto sent = encoded(bytes.slice(0, begin, 64 + begin), m.arrays);
    m.add(std::int64_t{8}).out.raw(sent.data() + 8, sent.size() - 8);  // 64 bytes as 8 doubles
    EXPECT_EQ(refusal<Row>(m), begin == 0 ? "" : "message, byte 17: a lent array is not aligned to 8");
  }
}

TEST(BrokenMessages, ContainThemselvesTooOften) {
  auto tower = [](unsigned levels) {
    Message m;
    for (unsigned i = 0; i < levels; ++i) m.add(std::int64_t{1}).add(std::uint64_t{1});
    m.add(std::int64_t{1}).add(std::uint64_t{0});
    return refusal<Tree>(m);
  };
  // The list at the top of the tower has no elements, but is a level.
  EXPECT_EQ(tower(detail::Nesting::kMost - 1), "");
  EXPECT_EQ(tower(detail::Nesting::kMost), "message, byte 1040: lists within lists, over 64 deep");
  EXPECT_NE(tower(100'000), "");
}

TEST(BrokenMessages, AreNotWritten) {
  Tree tree;
  for (unsigned i = 0; i < detail::Nesting::kMost; ++i) {
    Tree above;
    above.branches.push_back(std::move(tree));
    tree = std::move(above);
  }
  LentArrays arrays;
  detail::Encoder out;
  for (int i = 0; i < 2; ++i) {
    out.begin(arrays);
    try {
      encode(out, tree);
      FAIL();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::invalid_argument);
    }
  }
  out.begin(arrays);
  EXPECT_NO_THROW(encode(out, tree.branches[0])) << "one level less";
}

TEST(BrokenMessages, LeaveADecoderAsGoodAsNew) {
  LentArrays arrays;
  detail::Decoder in;
  const auto whole = encoded(rich(), arrays);
  for (int i = 0; i < 100; ++i) {  // more often than levels may be left open
    Rich r;
    in.begin(std::span(whole).first(whole.size() / 2), arrays);
    EXPECT_THROW(decode(in, r), Error);
  }
  Rich r;
  in.begin(whole, arrays);
  decode(in, r);
  EXPECT_NO_THROW(in.end());
}

}  // namespace
}  // namespace lagoon::test
