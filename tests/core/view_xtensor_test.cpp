// SPDX-License-Identifier: Apache-2.0
// Views of each kind of xtensor object: the same addresses, whatever the layout.
#include <lagoon/core/view.hpp>

#include <gtest/gtest.h>

#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

namespace lagoon {
namespace {

template <class T, class X>
void expect_same_memory(View<T, 1> x, X&& t) {
  ASSERT_EQ(x.extents(), Extents<1>{static_cast<std::ptrdiff_t>(t.shape()[0])});
  for (std::ptrdiff_t i = 0; i < x.extent(0); ++i) ASSERT_EQ(&x[i], &t(i)) << i;
}
template <class T, class X>
void expect_same_memory(View<T, 2> x, X&& t) {
  ASSERT_EQ(x.extents(),
            (Extents<2>{static_cast<std::ptrdiff_t>(t.shape()[0]), static_cast<std::ptrdiff_t>(t.shape()[1])}));
  for (std::ptrdiff_t i = 0; i < x.extent(0); ++i)
    for (std::ptrdiff_t j = 0; j < x.extent(1); ++j) ASSERT_EQ(&x(i, j), &t(i, j)) << i << ", " << j;
}

template <class X>
class XtensorMatrices : public testing::Test {
 protected:
  XtensorMatrices() {
    if constexpr (requires { t_.resize({std::size_t{5}, std::size_t{7}}); })
      t_.resize({std::size_t{5}, std::size_t{7}});
    double next = 0;
    for (double& x : t_) x = next++;
  }
  X t_;
};
using MatrixTypes =
    testing::Types<xt::xtensor<double, 2>, xt::xarray<double>, xt::xtensor<double, 2, xt::layout_type::column_major>,
                   xt::xarray<double, xt::layout_type::column_major>, xt::xtensor<double, 2, xt::layout_type::dynamic>,
                   xt::xtensor_fixed<double, xt::xshape<5, 7>>>;
TYPED_TEST_SUITE(XtensorMatrices, MatrixTypes);

TYPED_TEST(XtensorMatrices, AreViewedInPlace) {
  expect_same_memory(View<double, 2>(this->t_), this->t_);
  const TypeParam& fixed = this->t_;
  expect_same_memory(View<const double, 2>(fixed), fixed);
  EXPECT_FALSE((std::is_constructible_v<View<double, 2>, const TypeParam&>));
}

TYPED_TEST(XtensorMatrices, AreViewedInPlaceByRowsColumnsAndRanges) {
  auto& t = this->t_;
  auto row = xt::view(t, 2, xt::all());
  expect_same_memory(View<double, 1>(row), row);
  auto column = xt::view(t, xt::all(), 3);
  expect_same_memory(View<double, 1>(column), column);
  auto block = xt::view(t, xt::range(1, 4), xt::range(2, 6));
  expect_same_memory(View<double, 2>(block), block);
  auto steps = xt::view(t, xt::range(0, 5, 2), xt::range(1, 7, 3));
  expect_same_memory(View<double, 2>(steps), steps);
  auto inner = xt::view(block, 1, xt::range(1, 3));
  expect_same_memory(View<double, 1>(inner), inner);
}

TYPED_TEST(XtensorMatrices, AreViewedInPlaceByStridedViews) {
  auto& t = this->t_;
  auto row = xt::strided_view(t, {2, xt::all()});
  expect_same_memory(View<double, 1>(row), row);
  auto block = xt::strided_view(t, {xt::range(1, 4), xt::range(0, 7, 2)});
  expect_same_memory(View<double, 2>(block), block);
  auto transposed = xt::transpose(t);
  expect_same_memory(View<double, 2>(transposed), transposed);
}

TEST(ViewOfXtensor, TakesTensorsOfOneAndManyAxes) {
  xt::xtensor<float, 1> one = xt::arange<float>(9);
  expect_same_memory(View<float, 1>(one), one);
  xt::xtensor<int, 4> four = xt::arange<int>(2 * 3 * 4 * 5).reshape({2, 3, 4, 5});
  const View<int, 4> x = four;
  EXPECT_EQ(&x(1, 2, 3, 4), &four(1, 2, 3, 4));
  EXPECT_EQ(&x(0, 1, 0, 2), &four(0, 1, 0, 2));
}

TEST(ViewOfXtensor, TakesAxesOfExtentOneWhoseStrideIsZero) {
  xt::xtensor<double, 2> row = xt::ones<double>({1, 6}), column = xt::ones<double>({6, 1});
  expect_same_memory(View<double, 2>(row), row);
  expect_same_memory(View<double, 2>(column), column);
  EXPECT_TRUE((View<double, 2>(row).is_contiguous()));
  EXPECT_TRUE((View<double, 2>(column).is_contiguous()));
}

TEST(ViewOfXtensor, TakesAdaptors) {
  std::vector<double> v(12);
  auto owned = xt::adapt(v, {3, 4});
  expect_same_memory(View<double, 2>(owned), owned);
  EXPECT_EQ((View<double, 2>(owned).data()), v.data());
  auto pointer = xt::adapt(v.data(), v.size(), xt::no_ownership(), std::array<std::size_t, 2>{4, 3});
  expect_same_memory(View<double, 2>(pointer), pointer);
  // xtensor 0.24 wants the number of elements here, not the reach of the strides.
  auto strided = xt::adapt(v.data(), std::size_t{6}, xt::no_ownership(), std::array<std::size_t, 2>{3, 2},
                           std::array<std::ptrdiff_t, 2>{4, 2});
  expect_same_memory(View<double, 2>(strided), strided);
  EXPECT_EQ(&(View<double, 2>(strided)(2, 1)), v.data() + 10);
}

TEST(ViewOfXtensor, TakesFlippedAxesWhichRunBackwards) {
  xt::xtensor<double, 2> t = xt::arange<double>(12).reshape({3, 4});
  auto flipped = xt::flip(t, 1);
  const View<double, 2> x = flipped;
  EXPECT_EQ(x.stride(1), -1);
  expect_same_memory(x, flipped);
  EXPECT_EQ(x(0, 0), 3);
}

TEST(ViewOfXtensor, OfDynamicRankIsCheckedWhenMade) {
  xt::xarray<double> t = xt::zeros<double>({2, 3, 4});
  EXPECT_NO_THROW((View<double, 3>(t)));
  try {
    const View<double, 2> x = t;
    FAIL() << x.size();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::invalid_argument);
    EXPECT_EQ(e.status().message(), "the array has 3 axes, the view wants 2");
  }
  auto row = xt::strided_view(t, {1, 2, xt::all()});
  expect_same_memory(View<double, 1>(row), row);
}

TEST(ViewOfXtensor, OfNoElementsIsEmpty) {
  xt::xtensor<double, 2> t = xt::zeros<double>({0, 4});
  EXPECT_TRUE((View<double, 2>(t).empty()));
  EXPECT_EQ((View<double, 2>(t).extents()), (Extents<2>{0, 4}));
}

TEST(ViewOfXtensor, SeesExpressionsAsLazy) {
  xt::xtensor<double, 2> t = xt::zeros<double>({2, 3});
  EXPECT_TRUE((detail::LazyAs<decltype(t + 1.0), const double>));
  EXPECT_TRUE((detail::LazyAs<decltype(xt::view(t, xt::keep(0, 1), xt::all())), const double>)) << "rows by list";
  EXPECT_FALSE((detail::LazyAs<decltype(xt::view(t, 0, xt::all())), const double>));
}

}  // namespace
}  // namespace lagoon
