// SPDX-License-Identifier: Apache-2.0
#include "kmeans_simd.hpp"

#include <algorithm>
#include <lagoon/kernels/simd.hpp>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3)
#define HWY_TARGET_INCLUDE "learning/kmeans_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::learning::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<double, 8>;
using V = hn::Vec<D>;

/// Squared distances of two vectors of rows to the four centres of a tile.
struct Tile {
  V a0, a1, a2, a3, b0, b1, b2, b3;
};

HWY_INLINE Tile measure(const double* rows, std::ptrdiff_t columns, const double* tile) {
  const D d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const V zero = hn::Zero(d);
  Tile t{zero, zero, zero, zero, zero, zero, zero, zero};
  const auto add = [](V x, V centre, V& sum) HWY_ATTR {
    const V off = hn::Sub(x, centre);
    sum = hn::MulAdd(off, off, sum);
  };
  for (std::ptrdiff_t j = 0; j < columns; ++j, rows += kPanelRows, tile += kTileCentres) {
    const V x = hn::LoadU(d, rows), y = hn::LoadU(d, rows + w);
    const V c0 = hn::Set(d, tile[0]), c1 = hn::Set(d, tile[1]), c2 = hn::Set(d, tile[2]), c3 = hn::Set(d, tile[3]);
    add(x, c0, t.a0);
    add(y, c0, t.b0);
    add(x, c1, t.a1);
    add(y, c1, t.b1);
    add(x, c2, t.a2);
    add(y, c2, t.b2);
    add(x, c3, t.a3);
    add(y, c3, t.b3);
  }
  return t;
}

/// The two least distances that a vector of rows has met.
struct Least {
  V first, second, centre;
  HWY_INLINE void meet(V distance, V number) {
    const auto nearer = hn::Lt(distance, first);
    second = hn::IfThenElse(nearer, first, hn::Min(second, distance));
    first = hn::IfThenElse(nearer, distance, first);
    centre = hn::IfThenElse(nearer, number, centre);
  }
  HWY_INLINE void store(std::ptrdiff_t at, Nearest& out) const {
    const D d;
    hn::StoreU(first, d, out.squared.data() + at);
    hn::StoreU(hn::Sqrt(first), d, out.first.data() + at);
    hn::StoreU(hn::Sqrt(second), d, out.second.data() + at);
    hn::StoreU(centre, d, out.centre.data() + at);
  }
};

void nearest(const double* panel, std::ptrdiff_t columns, const double* tiles, std::ptrdiff_t count, Nearest* out) {
  const D d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const V far = hn::Set(d, std::numeric_limits<double>::infinity());
  for (std::ptrdiff_t r = 0; r < kPanelRows; r += 2 * w) {
    Least a{far, far, hn::Zero(d)}, b = a;
    for (std::ptrdiff_t k = 0; k < count; ++k) {
      const Tile t = measure(panel + r, columns, tiles + k * kTileCentres * columns);
      const auto number = static_cast<double>(k * kTileCentres);
      const V n0 = hn::Set(d, number), n1 = hn::Set(d, number + 1);
      const V n2 = hn::Set(d, number + 2), n3 = hn::Set(d, number + 3);
      a.meet(t.a0, n0);
      b.meet(t.b0, n0);
      a.meet(t.a1, n1);
      b.meet(t.b1, n1);
      a.meet(t.a2, n2);
      b.meet(t.b2, n2);
      a.meet(t.a3, n3);
      b.meet(t.b3, n3);
    }
    a.store(r, *out);
    b.store(r + w, *out);
  }
}

void distances(const double* panel, std::ptrdiff_t columns, const double* tile, double* out) {
  const D d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  for (std::ptrdiff_t r = 0; r < kPanelRows; r += 2 * w) {
    const Tile t = measure(panel + r, columns, tile);
    const auto store = [&](std::ptrdiff_t centre, V x, V y) HWY_ATTR {
      hn::StoreU(x, d, out + centre * kPanelRows + r);
      hn::StoreU(y, d, out + centre * kPanelRows + r + w);
    };
    store(0, t.a0, t.b0);
    store(1, t.a1, t.b1);
    store(2, t.a2, t.b2);
    store(3, t.a3, t.b3);
  }
}

/// A vector of columns from j on, kept in registers while the rows pass by.
template <class D>
HWY_INLINE void add_columns(D d, const double* rows, std::ptrdiff_t stride, std::ptrdiff_t n, const double* first,
                            std::ptrdiff_t j, const ColumnSums& to) {
  using V = hn::Vec<D>;
  const V far = hn::LoadU(d, first + j);
  V sums = hn::LoadU(d, to.sums + j), squares = hn::LoadU(d, to.squares + j), largest = hn::LoadU(d, to.largest + j);
  for (std::ptrdiff_t r = 0; r < n; ++r) {
    const V x = hn::LoadU(d, rows + r * stride + j), off = hn::Sub(x, far);
    sums = hn::Add(sums, off);
    squares = hn::MulAdd(off, off, squares);
    largest = hn::Max(largest, hn::Abs(x));
  }
  hn::StoreU(sums, d, to.sums + j);
  hn::StoreU(squares, d, to.squares + j);
  hn::StoreU(largest, d, to.largest + j);
}

void add_rows(const double* rows, std::ptrdiff_t stride, std::ptrdiff_t n, const double* first, std::ptrdiff_t columns,
              const ColumnSums& to) {
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(D()));
  std::ptrdiff_t j = 0;
  for (; j + w <= columns; j += w) add_columns(D(), rows, stride, n, first, j, to);
  for (; j < columns; ++j) add_columns(hn::CappedTag<double, 1>(), rows, stride, n, first, j, to);
}

// Two rows by two columns at a time: wider squares cost as many exchanges, on fewer ports.
HWY_INLINE std::ptrdiff_t pack_pairs(const double* a, const double* b, std::ptrdiff_t columns, double* out) {
#if HWY_TARGET == HWY_SCALAR
  (void)a, (void)b, (void)columns, (void)out;
  return 0;
#else
  const hn::CappedTag<double, 2> d;
  std::ptrdiff_t j = 0;
  for (; j + 2 <= columns; j += 2) {
    const auto x = hn::LoadU(d, a + j), y = hn::LoadU(d, b + j);
    hn::StoreU(hn::InterleaveLower(d, x, y), d, out + j * kPanelRows);
    hn::StoreU(hn::InterleaveUpper(d, x, y), d, out + (j + 1) * kPanelRows);
  }
  return j;
#endif
}

void pack(const double* const* rows, std::ptrdiff_t columns, double* panel) {
  for (std::ptrdiff_t r = 0; r < kPanelRows; r += 2) {
    double* out = panel + r;
    for (std::ptrdiff_t j = pack_pairs(rows[r], rows[r + 1], columns, out); j < columns; ++j) {
      out[j * kPanelRows] = rows[r][j];
      out[j * kPanelRows + 1] = rows[r + 1][j];
    }
  }
}

std::ptrdiff_t doubtful(const Bounds& rows, std::ptrdiff_t n, const Drift* drift, double slack, std::int32_t* list) {
  const D d;
  const hn::RebindToSigned<D> wide;
  const hn::Rebind<std::int32_t, D> narrow;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  static_assert(sizeof(Drift) == 3 * sizeof(double));
  const double* numbers = &drift->own;
  std::ptrdiff_t count = 0, i = 0;
  for (; i + w <= n; i += w) {
    const auto label = hn::PromoteTo(wide, hn::LoadU(narrow, rows.labels + i));
    const auto at = hn::Add(hn::Add(label, label), label);
    const V upper = hn::Add(hn::LoadU(d, rows.upper + i), hn::GatherIndex(d, numbers, at));
    const V lower = hn::Sub(hn::LoadU(d, rows.lower + i), hn::GatherIndex(d, numbers + 1, at));
    hn::StoreU(upper, d, rows.upper + i);
    hn::StoreU(lower, d, rows.lower + i);
    const V clear = hn::Max(lower, hn::GatherIndex(d, numbers + 2, at));
    const auto near = hn::Not(hn::Lt(hn::Mul(upper, hn::Set(d, slack)), clear));
    std::uint8_t bits[8] = {};
    hn::StoreMaskBits(d, near, bits);
    for (unsigned left = bits[0]; left; left &= left - 1)
      list[count++] = static_cast<std::int32_t>(i) + __builtin_ctz(left);
  }
  for (; i < n; ++i) {
    const Drift& by = drift[rows.labels[i]];
    const double upper = rows.upper[i] += by.own, lower = rows.lower[i] -= by.others;
    if (!(upper * slack < std::max(lower, by.half))) list[count++] = static_cast<std::int32_t>(i);
  }
  return count;
}

KMeansKernels kmeans_kernels_here() { return {&nearest, &distances, &pack, &doubtful, &add_rows}; }

}  // namespace
}  // namespace lagoon::learning::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::learning::detail {

HWY_EXPORT(kmeans_kernels_here);

const KMeansKernels& kmeans_kernels() {
  static const KMeansKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(kmeans_kernels_here)());
  return chosen;
}

}  // namespace lagoon::learning::detail
#endif
