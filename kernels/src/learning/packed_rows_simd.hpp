// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace lagoon::learning::detail {

inline constexpr std::ptrdiff_t kPack = 8;  // rows; the widest vector

/// Squared distances of one row to rows in packs: kPack rows, column by column. The row lies in a pack too: its columns
/// are kPack apart.
///
/// Squares are added column after column, without fused multiplication: the bits of the plain loop, whatever the
/// instructions.
struct PackedRowsKernels {
  void (*distances)(const double* packs, std::ptrdiff_t count, std::ptrdiff_t columns, const double* row, double* out);
  /// A bit for each row of a pack whose squared distance is at most `limit`; never for NaN.
  void (*near)(const double* packs, std::ptrdiff_t count, std::ptrdiff_t columns, const double* row, double limit,
               std::uint8_t* out);
};

const PackedRowsKernels& packed_rows_kernels();

}  // namespace lagoon::learning::detail
