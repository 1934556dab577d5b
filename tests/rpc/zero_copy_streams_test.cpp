// SPDX-License-Identifier: Apache-2.0
// What zero_copy_test.cpp shows of unary calls, for the items of streams.
#include "zero_copy.hpp"

#include <gtest/gtest.h>

#include <lagoon/interop/eigen.hpp>
#include <xtensor/xtensor.hpp>

#include "watchdog.hpp"

namespace lagoon::test {
namespace {

constexpr std::size_t kGibibyte = std::size_t{1} << 30;

class ZeroCopyStreams : public testing::Test {
 protected:
  Engine engine_;
  Isolate isolate_{engine_, {.name = "arrays"}};
  Local local_{isolate_, {serve_arrays()}};
  Caller<Arrays> arrays_{local_};

  static Frozen<double, 2> eigen() {
    Eigen::MatrixXd matrix(16384, 8192);
    matrix(5, 7) = 57;
    return Frozen<double, 2>::adopt(std::move(matrix));
  }
  static Frozen<double, 2> xtensor() {
    auto matrix = xt::xtensor<double, 2>::from_shape({std::size_t{8192}, std::size_t{16384}});
    matrix(5, 7) = 57;
    return Frozen<double, 2>::adopt(std::move(matrix));
  }
};

TEST_F(ZeroCopyStreams, ServerStreamsPassOneGibibyteByReference) {
  for (const auto& m : {eigen(), xtensor()}) {
    auto stream = arrays_.start<Repeat>({m}, {.count_copies = true});
    int seen = 0;
    for (const Matrix& r : stream) {
      EXPECT_EQ(r.seen_at, address(m));
      EXPECT_TRUE(same_place(r.values, m));
      EXPECT_EQ(r.values(5, 7), 57);
      ++seen;
    }
    EXPECT_EQ(seen, 3);
    const CopyReport copies = stream.report().copies;
    EXPECT_EQ(copies.shared_bytes, 4 * kGibibyte) << "one there, three back";
    EXPECT_EQ(copies.copied_bytes, 0u);
  }
}

TEST_F(ZeroCopyStreams, ClientStreamsPassOneGibibyteByReference) {
  for (const auto& m : {eigen(), xtensor()}) {
    auto upload = arrays_.start<Collect>({.count_copies = true});
    ASSERT_TRUE(upload.write({m}));
    ASSERT_TRUE(upload.write({m}));
    const Matrix r = upload.get();
    EXPECT_EQ(r.seen_at, address(m));
    EXPECT_TRUE(same_place(r.values, m));
    const CopyReport copies = upload.report().copies;
    EXPECT_EQ(copies.shared_bytes, 3 * kGibibyte);
    EXPECT_EQ(copies.copied_bytes, 0u);
  }
}

TEST_F(ZeroCopyStreams, BidirectionalStreamsPassOneGibibyteByReference) {
  const auto m = eigen();
  auto both = arrays_.start<Mirror>({.count_copies = true});
  for (int k = 0; k < 3; ++k) {
    ASSERT_TRUE(both.write({m}));
    const auto r = both.read();
    ASSERT_TRUE(r.has_value());
    EXPECT_EQ(r->seen_at, address(m));
    EXPECT_TRUE(same_place(r->values, m));
  }
  both.close();
  EXPECT_FALSE(both.read().has_value());
  EXPECT_EQ(both.report().copies.shared_bytes, 6 * kGibibyte);
}

TEST_F(ZeroCopyStreams, TensorsAreHandedOverItemByItem) {
  auto both = arrays_.start<MirrorOwned>({.count_copies = true});
  for (std::ptrdiff_t k = 1; k <= 3; ++k) {
    Tensor<double, 2> t({k, 10});
    const double* at = t.data();
    ASSERT_TRUE(both.write({std::move(t)}));
    const auto r = both.read();
    ASSERT_TRUE(r.has_value());
    EXPECT_EQ(r->values.data(), at);
  }
  both.close();
  EXPECT_FALSE(both.read().has_value());
  const CopyReport copies = both.report().copies;
  EXPECT_EQ(copies.moved_bytes, 2u * (1 + 2 + 3) * 10 * sizeof(double));
  EXPECT_EQ(copies.copied_bytes, 0u);
}

TEST_F(ZeroCopyStreams, AnItemThatFindsNoRoomStaysWithItsWriter) {
  auto upload = arrays_.start<Collect>({.window_bytes = 64, .window_items = 2});
  Matrix m{Tensor<double, 2>::filled({4, 4}, 1).freeze(), 0};
  const auto kept = m.values;
  while (upload.try_write(m)) m.values = kept;
  EXPECT_TRUE(same_place(m.values, kept));
}

TEST_F(ZeroCopyStreams, SwitchedOffCopyEveryItem) {
  const auto m = Tensor<double, 2>::filled({10, 10}, 2).freeze();
  CallOptions copying{.zero_copy = false, .count_copies = true};
  auto both = arrays_.start<Mirror>(copying);
  ASSERT_TRUE(both.write({m}));
  const auto r = both.read();
  ASSERT_TRUE(r.has_value());
  EXPECT_NE(r->seen_at, address(m));
  EXPECT_NE(address(r->values), r->seen_at);
  EXPECT_EQ(r->values(9, 9), 2);
  both.close();
  EXPECT_FALSE(both.read().has_value());
  EXPECT_EQ(both.report().copies.copied_bytes, 2 * m.bytes());

  auto stream = arrays_.start<Repeat>({m}, copying);
  for (const Matrix& item : stream) EXPECT_NE(address(item.values), item.seen_at);
  EXPECT_EQ(stream.report().copies.copied_bytes, 4 * m.bytes());
}

}  // namespace
}  // namespace lagoon::test
