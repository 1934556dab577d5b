// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/core/tensor.hpp>
#include <string>
#include <string_view>

namespace lagoon::files {

/// The most elements that a file may ask for: 1 GiB of doubles.
inline constexpr std::ptrdiff_t kMaxMatrixElements = std::ptrdiff_t{1} << 27;

/// A matrix from a Matrix Market file; a sparse one becomes dense.
///
///   Tensor<double, 2> a = read_matrix_market("bcsstk01.mtx");
///
/// Read are array and coordinate; real, double, integer and pattern (1 where there is an entry); general, symmetric and
/// skew-symmetric, of which the other triangle is filled in. Entries given twice add up. Lines that begin with % are
/// comments wherever they stand, and a line may hold several numbers.
///   max_elements  rows times columns that are allowed, looked at before any memory is asked for: a sparse file of some
///                 kilobytes can name a matrix of terabytes
///   returns       rows x columns
///   throws        not_found, permission_denied; invalid_argument with file and line: no Matrix Market file, complex or
///                 hermitian numbers, an index outside, an entry above the diagonal of a symmetric matrix, too few or
///                 too many numbers, what is no number; resource_exhausted: max_elements, budget; cancelled,
///                 deadline_exceeded
///   source        Boisvert, Pozo & Remington 1996, NISTIR 5935
Tensor<double, 2> read_matrix_market(const std::string& path, std::ptrdiff_t max_elements = kMaxMatrixElements);

/// The same of a text in memory, called `name` in errors.
Tensor<double, 2> parse_matrix_market(std::string_view text, const std::string& name,
                                      std::ptrdiff_t max_elements = kMaxMatrixElements);

struct MatrixMarketOptions {
  bool coordinate = false;  ///< only what is not zero, with its indices
  bool symmetric = false;   ///< the lower triangle alone; the matrix must be symmetric to the bit
};

/// Writes a matrix as a real one, each number with as many digits as it takes to read the same number back.
///   throws  invalid_argument: symmetric was asked for and a is not; permission_denied, not_found (folder),
///           resource_exhausted (disk full): then `path` is as it was
void write_matrix_market(const std::string& path, View<const double, 2> a, const MatrixMarketOptions& options = {});

}  // namespace lagoon::files
