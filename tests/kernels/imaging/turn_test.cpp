// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/imaging/filters.hpp>

#include "images.hpp"

namespace lagoon::imaging {
namespace {

template <class T>
class Turn : public ::testing::Test {};
TYPED_TEST_SUITE(Turn, PixelTypes);

TYPED_TEST(Turn, EqualsTheReference) {
  for (std::ptrdiff_t channels : {1, 2, 3, 4})
    for (auto [rows, columns] : {std::pair{1, 1}, {1, 5}, {70, 33}}) {
      const auto p = photograph<TypeParam>(rows, columns, channels);
      for (int orientation = 1; orientation <= 8; ++orientation) {
        const Image exact = reference::upright(reference::image_of<TypeParam>(p), orientation);
        const auto q = upright<TypeParam>(p, orientation);
        ASSERT_EQ(q.extents(), (Extents<3>{exact.rows, exact.columns, exact.channels}));
        EXPECT_EQ(reference::image_of<TypeParam>(q).values, exact.values) << orientation;
        for (const auto& view : Layouts<TypeParam>(p).views)
          EXPECT_TRUE(same_bits(upright<TypeParam>(view, orientation), q));
      }
    }
}

TYPED_TEST(Turn, FourQuartersAreNone) {
  const auto p = photograph<TypeParam>(20, 31, 3);
  EXPECT_TRUE(same_bits(rotate<TypeParam>(rotate<TypeParam>(p, 1), 3), p));
  EXPECT_TRUE(same_bits(rotate<TypeParam>(p, 2), rotate<TypeParam>(rotate<TypeParam>(p, 1), 1)));
  EXPECT_TRUE(same_bits(rotate<TypeParam>(p, -1), rotate<TypeParam>(p, 3)));
  EXPECT_TRUE(same_bits(rotate<TypeParam>(p, 400), p));
  EXPECT_EQ(rotate<TypeParam>(p, 1)(0, 19, 2), p(0, 0, 2));  // to the right
  expect_same_for_any_cores([&] { return rotate<TypeParam>(p, 1); });
}

TYPED_TEST(Turn, ACropIsAView) {
  const auto p = photograph<TypeParam>(20, 31, 3);
  const auto part = crop<TypeParam>(p, 3, 4, 10, 20);
  EXPECT_EQ(part.extents(), (Extents<3>{10, 20, 3}));
  EXPECT_EQ(&part(1, 2, 1), &p(4, 6, 1));
  EXPECT_EQ(crop<TypeParam>(p, 20, 31, 0, 0).size(), 0);
  EXPECT_EQ(error_of(Errc::out_of_range, [&] { crop<TypeParam>(p, 3, 4, 18, 2); }),
            "crop: 18 rows from 3 on; the pixels have 20");
  error_of(Errc::out_of_range, [&] { crop<TypeParam>(p, 3, -1, 1, 2); });
  error_of(Errc::out_of_range, [&] { crop<TypeParam>(p, 1, 1, 1, std::numeric_limits<std::ptrdiff_t>::max()); });
}

TYPED_TEST(Turn, RefusesOrientationsThatExifDoesNotKnow) {
  const auto p = photograph<TypeParam>(2, 3, 3);
  EXPECT_NE(error_of(Errc::invalid_argument, [&] { upright<TypeParam>(p, 9); }).find("orientation is 9"),
            std::string::npos);
  error_of(Errc::invalid_argument, [&] { upright<TypeParam>(p, 0); });
}

}  // namespace
}  // namespace lagoon::imaging
