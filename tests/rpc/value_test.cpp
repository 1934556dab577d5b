// SPDX-License-Identifier: Apache-2.0
// Messages as values and back: every kind of field, and every way in which a value may not fit.
#include <gtest/gtest.h>

#include <cmath>
#include <lagoon/rpc/value.hpp>

namespace lagoon::test {
namespace {

enum class Colour : std::uint8_t { red, green, blue };

struct Inner {
  std::int32_t small = -1;
  LAGOON_FIELDS(Inner, small)
};
struct Every {
  bool yes = false;
  std::int8_t i8 = 0;
  std::uint16_t u16 = 0;
  std::uint64_t u64 = 0;
  float f32 = 0;
  double f64 = 0;
  Colour colour = Colour::red;
  std::string text;
  std::vector<double> numbers;
  std::vector<std::string> words;
  std::vector<bool> flags;
  std::array<std::int64_t, 2> pair{};
  std::optional<double> maybe;
  std::optional<Inner> inner;
  std::vector<Inner> inners;
  Frozen<double, 2> matrix;
  Frozen<float, 1> floats;
  Tensor<std::int64_t, 1> owned;
  LAGOON_FIELDS(Every, yes, i8, u16, u64, f32, f64, colour, text, numbers, words, flags, pair, maybe, inner, inners,
                matrix, floats, owned)
};

Value list(std::initializer_list<Value> values) { return Value(Value::List(values)); }
Value whole(std::int64_t x) { return Value(x); }

template <class T>
T parsed(const Value& v) {
  T into{};
  detail::from_value(v, into, "it");
  return into;
}
template <class T>
std::string refusal(const Value& v) {
  try {
    parsed<T>(v);
    return "taken";
  } catch (const Error& e) {
    return std::string(name(e.code())) + ": " + e.status().message();
  }
}

TEST(Values, OfAMessageMakeTheSameMessage) {
  Every e;
  e.yes = true;
  e.i8 = -128;
  e.u16 = 65535;
  e.u64 = 1ull << 62;
  e.f32 = 1.5f;
  e.f64 = -0.25;
  e.colour = Colour::blue;
  e.text = "täxt";
  e.numbers = {1, 2.5};
  e.words = {"a", ""};
  e.flags = {true, false, true};
  e.pair = {7, -7};
  e.maybe = 3;
  e.inner = Inner{12};
  e.inners = {Inner{1}, Inner{2}};
  e.matrix = Tensor<double, 2>::filled({2, 3}, 6).freeze();
  e.floats = Tensor<float, 1>::filled({4}, 2).freeze();
  e.owned = Tensor<std::int64_t, 1>::filled({2}, 9);
  const Every r = parsed<Every>(detail::to_value(e));
  EXPECT_EQ(r.yes, e.yes);
  EXPECT_EQ(r.i8, e.i8);
  EXPECT_EQ(r.u16, e.u16);
  EXPECT_EQ(r.u64, e.u64);
  EXPECT_EQ(r.f32, e.f32);
  EXPECT_EQ(r.f64, e.f64);
  EXPECT_EQ(r.colour, e.colour);
  EXPECT_EQ(r.text, e.text);
  EXPECT_EQ(r.numbers, e.numbers);
  EXPECT_EQ(r.words, e.words);
  EXPECT_EQ(r.flags, e.flags);
  EXPECT_EQ(r.pair, e.pair);
  EXPECT_EQ(r.maybe, e.maybe);
  EXPECT_EQ(r.inner->small, 12);
  EXPECT_EQ(r.inners[1].small, 2);
  EXPECT_EQ(r.matrix.data(), e.matrix.data()) << "arrays are shared";
  EXPECT_EQ(r.floats.data(), e.floats.data());
  EXPECT_EQ(r.owned[1], 9);
}

TEST(Values, AboveTheRangeOfSignedNumbersAreNotMadeNegative) {
  const Value v = detail::to_value(std::uint64_t{1} << 63);
  if (const auto* i = std::get_if<std::int64_t>(&v.data)) {
    EXPECT_GT(*i, 0);
  } else {
    EXPECT_EQ(std::get<double>(v.data), 0x1p63);
  }
}

TEST(Values, NothingIsANumberThatIsMissing) {
  EXPECT_TRUE(std::isnan(parsed<double>(Value())));
  EXPECT_FALSE(parsed<std::optional<double>>(Value()).has_value());
  EXPECT_EQ(refusal<std::int64_t>(Value()), "invalid_argument: it: a whole number is wanted, nothing is given");
}

TEST(Values, WholeNumbersMayBeWrittenAsDecimals) {
  EXPECT_EQ(parsed<std::int64_t>(Value(3.0)), 3);
  EXPECT_EQ(parsed<double>(whole(3)), 3);
  EXPECT_EQ(refusal<std::int32_t>(Value(3.5)), "invalid_argument: it: a whole number is wanted, a number is given");
  EXPECT_EQ(refusal<std::int32_t>(Value(1e300)), "invalid_argument: it: a whole number is wanted, a number is given");
  EXPECT_EQ(refusal<std::int32_t>(Value(std::nan(""))),
            "invalid_argument: it: a whole number is wanted, a number is given");
}

TEST(Values, OutOfRangeSayWhichRange) {
  EXPECT_EQ(refusal<std::int8_t>(whole(128)), "out_of_range: it: 128 is outside [-128, 127]");
  EXPECT_EQ(refusal<std::int8_t>(whole(-129)), "out_of_range: it: -129 is outside [-128, 127]");
  EXPECT_EQ(refusal<std::uint16_t>(whole(-1)), "out_of_range: it: -1 is outside [0, 65535]");
  EXPECT_EQ(refusal<std::uint64_t>(whole(-1)), "out_of_range: it: -1 is outside [0, 18446744073709551615]");
  EXPECT_EQ(parsed<std::int8_t>(whole(-128)), -128);
  EXPECT_EQ(refusal<Colour>(whole(-1)), "out_of_range: it: -1 is outside [0, 255]");
}

TEST(Values, OfTheWrongKindSayWhatIsGiven) {
  EXPECT_EQ(refusal<bool>(whole(1)), "invalid_argument: it: true or false is wanted, a number is given");
  EXPECT_EQ(refusal<std::string>(list({})), "invalid_argument: it: text is wanted, a list is given");
  EXPECT_EQ(refusal<double>(Value(Value::Object{})), "invalid_argument: it: a number is wanted, an object is given");
  EXPECT_EQ(refusal<Inner>(list({})), "invalid_argument: it: an object (Inner) is wanted, a list is given");
  EXPECT_EQ(refusal<std::vector<Inner>>(Value(std::string("x"))),
            "invalid_argument: it: a list is wanted, text is given");
  const Value array{Value::Array(Frozen<double, 1>::copy_of(std::vector<double>{1}))};
  EXPECT_EQ(refusal<std::string>(array), "invalid_argument: it: text is wanted, an array is given");
}

TEST(Values, InsideListsAreNamedByTheirPlace) {
  EXPECT_EQ(refusal<std::vector<Inner>>(list({Value(Value::Object{}), Value(Value::Object{{"small", Value(true)}})})),
            "invalid_argument: it[1].small: a whole number is wanted, a truth value is given");
  EXPECT_EQ((refusal<std::array<std::int64_t, 2>>(list({whole(1)}))),
            "invalid_argument: it: a list of 2 is wanted, a list is given");
}

TEST(Values, NestedListsMakeArrays) {
  const auto m = parsed<Frozen<double, 2>>(list({list({whole(1), whole(2)}), list({whole(3), Value(4.5)})}));
  EXPECT_EQ(m.extents(), (Extents<2>{2, 2}));
  EXPECT_EQ(m(1, 1), 4.5);
  EXPECT_EQ((parsed<Frozen<double, 2>>(list({})).size()), 0);
  EXPECT_EQ((parsed<Frozen<double, 2>>(list({list({}), list({})})).size()), 0);
  EXPECT_EQ((parsed<Frozen<std::uint8_t, 1>>(list({whole(255)}))[0]), 255);
}

TEST(Values, RaggedListsAreRefused) {
  EXPECT_EQ((refusal<Frozen<double, 2>>(list({list({whole(1), whole(2)}), list({whole(3)})}))),
            "invalid_argument: it[1]: a list of 2 like its neighbours is wanted, a list is given");
  EXPECT_EQ((refusal<Frozen<double, 2>>(list({whole(1)}))),
            "invalid_argument: it: a list or an array with 2 axes is wanted, a number is given");
  EXPECT_EQ((refusal<Frozen<double, 1>>(list({list({})}))),
            "invalid_argument: it[0]: a number is wanted, a list is given");
  EXPECT_EQ((refusal<Frozen<std::uint8_t, 1>>(list({whole(256)}))), "out_of_range: it[0]: 256 is outside [0, 255]");
}

TEST(Values, ArraysOfAnotherTypeAreConvertedAndOfAnotherRankRefused) {
  const auto floats = Tensor<float, 2>::filled({2, 2}, 1.5f).freeze();
  const auto doubles = parsed<Frozen<double, 2>>(Value(Value::Array(floats)));
  EXPECT_EQ(doubles(1, 1), 1.5);
  EXPECT_EQ((refusal<Frozen<double, 1>>(Value(Value::Array(floats)))),
            "invalid_argument: it: an array with 1 axes is wanted, an array is given");
}

TEST(Values, ArraysMayFillPlainLists) {
  const auto doubles = Frozen<double, 1>::copy_of(std::vector<double>{1, 2});
  EXPECT_EQ(parsed<std::vector<double>>(Value(Value::Array(doubles))), (std::vector<double>{1, 2}));
  EXPECT_EQ(parsed<std::vector<std::int32_t>>(Value(Value::Array(doubles))), (std::vector<std::int32_t>{1, 2}));
  const auto half = Frozen<double, 1>::copy_of(std::vector<double>{0.5});
  EXPECT_EQ(refusal<std::vector<std::int32_t>>(Value(Value::Array(half))),
            "invalid_argument: it[0]: a whole number is wanted, a number is given");
}

TEST(Values, StridedArraysConvertInOrder) {
  auto t = Tensor<float, 2>({2, 3});
  for (std::ptrdiff_t i = 0; i < 6; ++i) t.data()[i] = static_cast<float>(i);
  const auto column = std::move(t).freeze().slice(1, 1, 2);
  const auto doubles = parsed<Frozen<double, 2>>(Value(Value::Array(column)));
  EXPECT_EQ(doubles(0, 0), 1);
  EXPECT_EQ(doubles(1, 0), 4);
}

TEST(Values, AFieldGivenTwiceIsTakenOnce) {
  const auto v = parsed<Inner>(Value(Value::Object{{"small", whole(1)}, {"small", whole(2)}}));
  EXPECT_EQ(v.small, 1);
}

}  // namespace
}  // namespace lagoon::test
