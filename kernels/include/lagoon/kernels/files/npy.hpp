// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/files/table.hpp>
#include <string>
#include <vector>

namespace lagoon::files {

/// What the header of an NPY file says.
struct NpyHeader {
  std::string type;                     ///< NumPy's code: "<f8" is a little-endian double
  std::vector<std::ptrdiff_t> extents;  ///< empty: one number
  bool column_major = false;
  std::size_t data_offset = 0;  ///< bytes before the first element
};

/// The header alone.
///   throws  not_found, permission_denied; invalid_argument: not an NPY file, or its size contradicts its header
NpyHeader read_npy_header(const std::string& path);

/// An array from an NPY file (format 1 to 3; floats, integers, booleans).
///
///   Frozen<double, 2> x = read_npy<double, 2>("x.npy");     // pages come from the file as they are looked at
///
///   T        double or float. Elements stored as T are not copied: the array stands over the mapped file, which
///            nobody may shorten meanwhile. Other types are converted into the memory of this call.
///   R        1 to 4, the number of axes in the file; a single number counts as one axis of extent 1
///   returns  column-major files as strides, not transposed
///   throws   what read_npy_header throws; invalid_argument: another number of axes, complex numbers, text, records;
///            resource_exhausted (when converting)
template <class T, std::size_t R>
Frozen<T, R> read_npy(const std::string& path);

/// A matrix as columns "column_1", "column_2"...; a vector as one column named like the file. No copy for doubles.
///   throws  what read_npy throws; invalid_argument: three axes or more; resource_exhausted: more columns than that
Table read_npy_table(const std::string& path, std::size_t max_columns = kMaxColumns);

/// Writes an array in row-major order, or in column-major order when that is how it lies in memory.
///   T        double, float, std::int64_t, std::int32_t or std::uint8_t, with R from 1 to 4
///   throws   permission_denied, not_found (folder), resource_exhausted (disk full): then `path` is as it was
template <class T, std::size_t R>
void write_npy(const std::string& path, View<const T, R> array);

}  // namespace lagoon::files
