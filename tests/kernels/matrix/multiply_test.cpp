// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/matrix/multiply.hpp>

#include "matrices.hpp"
#include "src/matrix/product.hpp"

namespace lagoon::matrix {
namespace {

template <class T>
class Multiply : public ::testing::Test {};
using Types = ::testing::Types<double, float>;
TYPED_TEST_SUITE(Multiply, Types);

/// |c - a b| <= k eps |a| |b|, element by element: what any order of summation keeps to.
template <class T>
void expect_product(View<const T, 2> c, View<const T, 2> a, View<const T, 2> b) {
  ASSERT_EQ(c.extent(0), a.extent(0));
  ASSERT_EQ(c.extent(1), b.extent(1));
  for (std::ptrdiff_t i = 0; i < c.extent(0); ++i)
    for (std::ptrdiff_t j = 0; j < c.extent(1); ++j) {
      long double sum = 0, size = 0;
      for (std::ptrdiff_t k = 0; k < a.extent(1); ++k) {
        const long double p = static_cast<long double>(a(i, k)) * b(k, j);
        sum += p;
        size += std::fabs(p);
      }
      ASSERT_NEAR(static_cast<double>(c(i, j)), static_cast<double>(sum),
                  static_cast<double>(size) * epsilon<T>() * static_cast<double>(a.extent(1) + 1))
          << i << "," << j;
    }
}

TYPED_TEST(Multiply, EqualsTheReference) {
  for (std::ptrdiff_t m : {1, 2, 7, 130, 300})
    for (std::ptrdiff_t k : {1, 5, 64, 257})
      for (std::ptrdiff_t n : {1, 3, 129}) {
        const auto a = random_matrix<TypeParam>(m, k), b = random_matrix<TypeParam>(k, n, 2);
        expect_product<TypeParam>(multiply(a, b).view(), a, b);
      }
}

TYPED_TEST(Multiply, TakesAnyStrides) {
  const auto a = random_matrix<TypeParam>(37, 150), b = random_matrix<TypeParam>(150, 141, 2);
  const Layouts<TypeParam> left(a), right(b);
  for (const auto& x : left.views)
    for (const auto& y : right.views) {
      expect_product<TypeParam>(multiply(x, y).view(), a, b);
      expect_product<TypeParam>(multiply(y.transposed(), x.transposed()).view(), b.view().transposed(),
                                a.view().transposed());
    }
  const View<const TypeParam, 2> ones(a.data(), {20, 30}, {0, 0});  // one element, seen 600 times
  expect_product<TypeParam>(multiply(ones, ones.transposed()).view(), ones, ones.transposed());
}

TYPED_TEST(Multiply, IsCutIntoPiecesThatLeaveNothingOut) {
  // Around where rows, columns and the inner size are cut: 72, 256 and 2048; 256 and 2048; 256 or 384.
  const std::vector<Extents<3>> sizes{{73, 3, 257},  {71, 385, 33}, {145, 769, 31},
                                      {2049, 9, 40}, {40, 9, 2049}, {67, 1030, 65}};
  for (const auto& [m, k, n] : sizes) {
    const auto a = random_matrix<TypeParam>(m, k), b = random_matrix<TypeParam>(k, n, 2);
    expect_product<TypeParam>(multiply(a, b).view(), a, b);
  }
}

TYPED_TEST(Multiply, TakesVectorsOfAnyStrides) {
  const auto a = random_matrix<TypeParam>(150, 37), x = random_matrix<TypeParam>(37, 3, 2);
  const Layouts<TypeParam> matrices(a);
  const TypeParam* const first = x.data();
  for (const auto& matrix : matrices.views)
    for (const std::ptrdiff_t stride : {1, 3, 0, -2}) {
      const View<const TypeParam, 2> column(stride < 0 ? first + 80 : first, {37, 1}, {stride, 1});
      expect_product<TypeParam>(multiply(matrix, column).view(), matrix, column);
      const auto row = column.transposed(), turned = matrix.transposed();
      expect_product<TypeParam>(multiply(row, turned).view(), row, turned);
    }
  const auto wide = random_matrix<TypeParam>(3, 300'000), long_one = random_matrix<TypeParam>(300'000, 1, 2);
  expect_product<TypeParam>(multiply(wide, long_one).view(), wide, long_one);
}

TYPED_TEST(Multiply, AddsATimesAFactorForKernels) {
  for (const std::ptrdiff_t n : {1, 5, 90}) {
    const auto a = random_matrix<TypeParam>(80, 400), b = random_matrix<TypeParam>(400, n, 2);
    auto c = random_matrix<TypeParam>(80, n, 3);
    const auto before = Tensor<TypeParam, 2>::copy_of(c.view());
    detail::product<TypeParam>(a.view(), b.view(), -2, true, c.data(), n, true);
    const auto ab = multiply(a, b);
    for (std::ptrdiff_t i = 0; i < 80; ++i)
      for (std::ptrdiff_t j = 0; j < n; ++j)
        ASSERT_NEAR(c(i, j), before(i, j) - 2 * ab(i, j), 400 * epsilon<TypeParam>()) << i << "," << j;
  }
}

TYPED_TEST(Multiply, WritesIntoAnyStrides) {
  const auto a = random_matrix<TypeParam>(33, 17), b = random_matrix<TypeParam>(17, 21, 2);
  const auto c = Tensor<TypeParam, 2>::zeros({33, 21});
  Layouts<TypeParam> out(c);
  for (const auto& view : out.views) {
    multiply_into(View<TypeParam, 2>(const_cast<TypeParam*>(view.data()), view.extents(), view.strides()), a, b);
    expect_product<TypeParam>(view, a, b);
  }
  EXPECT_TRUE(std::isnan(out.memory[2][21])) << "wrote into the gap between rows";
}

TYPED_TEST(Multiply, OfNothingIsNothingOrZero) {
  using Matrix = Tensor<TypeParam, 2>;
  EXPECT_EQ(multiply(Matrix({0, 3}), Matrix({3, 2})).extents(), (Extents<2>{0, 2}));
  EXPECT_EQ(multiply(Matrix({2, 3}), Matrix({3, 0})).extents(), (Extents<2>{2, 0}));
  EXPECT_EQ(all_of(multiply(Matrix({2, 0}), Matrix({0, 1}))), (std::vector<double>{0, 0}));
}

TYPED_TEST(Multiply, LetsNanAndInfinityThrough) {
  auto a = identity<TypeParam>(200);
  const auto b = random_matrix<TypeParam>(200, 200);
  a(3, 5) = kNan<TypeParam>;
  a(7, 7) = kInfinity<TypeParam>;
  const auto c = multiply(a, b);
  for (std::ptrdiff_t j = 0; j < 200; ++j) {
    EXPECT_TRUE(std::isnan(c(3, j)));
    EXPECT_TRUE(std::isinf(c(7, j)));
    EXPECT_EQ(c(8, j), b(8, j));
  }
  a(9, 9) = 0;
  auto d = random_matrix<TypeParam>(200, 200);
  d(9, 4) = kInfinity<TypeParam>;
  EXPECT_TRUE(std::isnan(multiply(a, d)(9, 4))) << "0 * infinity";
}

TYPED_TEST(Multiply, HasTheSameBitsForAnyNumberOfCores) {
  const auto a = random_matrix<TypeParam>(517, 300), b = random_matrix<TypeParam>(300, 431, 2);
  expect_same_bits([&] { return all_of(multiply(a, b)); });
  expect_same_bits([&] { return all_of(multiply(b.view().transposed(), a.view().transposed())); });
}

TYPED_TEST(Multiply, NamesBothShapes) {
  using Matrix = Tensor<TypeParam, 2>;
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       multiply(Matrix({3, 4}), Matrix({5, 2}));
                     }),
            "multiply: a is 3x4, b is 5x2; inner sizes must agree");
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       Matrix c({2, 3});
                       multiply_into(c, Matrix({3, 4}), Matrix({4, 2}));
                     }),
            "multiply_into: a is 3x4, b is 4x2, c is 2x3; it must be 3x2");
}

TYPED_TEST(Multiply, RefusesExtentsBeyondTheBackend) {
  const View<const TypeParam, 2> tall(nullptr, {std::ptrdiff_t{1} << 31, 0});
  error_of(Errc::out_of_range, [&] { multiply(tall, Tensor<TypeParam, 2>({0, 1})); });
}

TYPED_TEST(Multiply, OfABatchIsEachProduct) {
  for (std::ptrdiff_t size : {1, 3, 16, 32, 40}) {
    const std::ptrdiff_t count = 50, k = size + 1;
    const auto x = random_matrix<TypeParam>(count, size * k), y = random_matrix<TypeParam>(count, k * size, 2);
    const View<const TypeParam, 3> a(x.data(), {count, size, k}), b(y.data(), {count, k, size});
    const auto c = multiply_batch(a, b);
    // The same matrices by columns, the last one first.
    const View<const TypeParam, 3> backwards(x.data() + (count - 1) * size * k, {count, k, size}, {-size * k, 1, k});
    const auto d = multiply_batch(backwards, a);
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      const View<const TypeParam, 2> ai(x.data() + i * size * k, {size, k}), bi(y.data() + i * k * size, {k, size});
      const View<const TypeParam, 2> last(x.data() + (count - 1 - i) * size * k, {size, k});
      expect_product<TypeParam>(View<const TypeParam, 2>(c.data() + i * size * size, {size, size}), ai, bi);
      expect_product<TypeParam>(View<const TypeParam, 2>(d.data() + i * k * k, {k, k}), last.transposed(), ai);
    }
  }
  expect_same_bits([] {
    const auto x = random_matrix<TypeParam>(3000, 256);
    const View<const TypeParam, 3> a(x.data(), {3000, 16, 16});
    const auto c = multiply_batch(a, a);
    return std::vector<double>(c.data(), c.data() + c.size());
  });
}

TYPED_TEST(Multiply, OfABatchGoesIntoMemoryThatIsThere) {
  const std::ptrdiff_t count = 7, m = 5, k = 4, n = 6;
  const auto x = random_matrix<TypeParam>(count, m * k), y = random_matrix<TypeParam>(count, k * n, 2);
  const View<const TypeParam, 3> a(x.data(), {count, m, k}), b(y.data(), {count, k, n});
  const auto want = multiply_batch(a, b);
  for (const Extents<3>& strides : {Extents<3>{m * n, n, 1}, {m * n, 1, m}, {1, count * n, count}, {64, n + 2, 1}}) {
    auto memory = Tensor<TypeParam, 1>::filled({count * 64}, kNan<TypeParam>);
    const View<TypeParam, 3> c(memory.data(), {count, m, n}, strides);
    multiply_batch_into(c, a, b);
    for (std::ptrdiff_t i = 0; i < count; ++i)
      for (std::ptrdiff_t r = 0; r < m; ++r)
        for (std::ptrdiff_t j = 0; j < n; ++j)
          EXPECT_NEAR(static_cast<double>(c(i, r, j)), static_cast<double>(want(i, r, j)), 10 * epsilon<TypeParam>());
  }
  Tensor<TypeParam, 3> wrong({count, m, n + 1});
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { multiply_batch_into(wrong.view(), a, b); }),
            "multiply_batch_into: c is 7x5x7; it must be 7x5x6");
}

TYPED_TEST(Multiply, OfABatchNamesWhatDiffers) {
  using Batch = Tensor<TypeParam, 3>;
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       multiply_batch(Batch({2, 3, 4}), Batch({3, 4, 2}));
                     }),
            "multiply_batch: a has 2 matrices, b has 3");
  EXPECT_EQ(error_of(Errc::invalid_argument,
                     [] {
                       multiply_batch(Batch({2, 3, 4}), Batch({2, 5, 2}));
                     }),
            "multiply_batch: a is 3x4, b is 5x2; inner sizes must agree");
  EXPECT_EQ(multiply_batch(Batch({0, 3, 4}), Batch({0, 4, 2})).extents(), (Extents<3>{0, 3, 2}));
}

}  // namespace
}  // namespace lagoon::matrix
