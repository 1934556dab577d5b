// SPDX-License-Identifier: Apache-2.0
#include "packed_rows_simd.hpp"

#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3)
#define HWY_TARGET_INCLUDE "learning/packed_rows_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::learning::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<double, 8>;
using V = hn::Vec<D>;

// The compiler may not fuse these either: kernels/CMakeLists.txt says so.
HWY_INLINE V measure(const double* rows, std::ptrdiff_t columns, const double* row) {
  const D d;
  V sum = hn::Zero(d);
  for (std::ptrdiff_t j = 0; j < columns; ++j) {
    const V off = hn::Sub(hn::LoadU(d, rows + j * kPack), hn::Set(d, row[j * kPack]));
    sum = hn::Add(sum, hn::Mul(off, off));
  }
  return sum;
}

void distances(const double* packs, std::ptrdiff_t count, std::ptrdiff_t columns, const double* row, double* out) {
  const D d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  for (std::ptrdiff_t k = 0; k < count; ++k, packs += kPack * columns, out += kPack)
    for (std::ptrdiff_t r = 0; r < kPack; r += w) hn::StoreU(measure(packs + r, columns, row), d, out + r);
}

void near(const double* packs, std::ptrdiff_t count, std::ptrdiff_t columns, const double* row, double limit,
          std::uint8_t* out) {
  const D d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const V most = hn::Set(d, limit);
  for (std::ptrdiff_t k = 0; k < count; ++k, packs += kPack * columns) {
    unsigned all = 0;
    for (std::ptrdiff_t r = 0; r < kPack; r += w) {
      std::uint8_t bits[8] = {};
      hn::StoreMaskBits(d, hn::Le(measure(packs + r, columns, row), most), bits);
      all |= unsigned{bits[0]} << r;
    }
    out[k] = static_cast<std::uint8_t>(all);
  }
}

PackedRowsKernels packed_rows_kernels_here() { return {&distances, &near}; }

}  // namespace
}  // namespace lagoon::learning::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::learning::detail {

HWY_EXPORT(packed_rows_kernels_here);

const PackedRowsKernels& packed_rows_kernels() {
  static const PackedRowsKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(packed_rows_kernels_here)());
  return chosen;
}

}  // namespace lagoon::learning::detail
#endif
