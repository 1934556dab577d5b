// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/files/atomic_file.hpp>
#include <lagoon/kernels/files/npy.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "npy_header.hpp"

static_assert(std::endian::native == std::endian::little, "NPY files are written as little-endian");

namespace lagoon::files {
namespace {

constexpr std::ptrdiff_t kGrain = 1 << 16;  // elements per task when converting

template <class T>
constexpr std::string_view type_code() {
  if constexpr (std::is_same_v<T, double>) return "<f8";
  if constexpr (std::is_same_v<T, float>) return "<f4";
  if constexpr (std::is_same_v<T, std::int64_t>) return "<i8";
  if constexpr (std::is_same_v<T, std::int32_t>) return "<i4";
  if constexpr (std::is_same_v<T, std::uint8_t>) return "|u1";
}

/// n elements of type From, in either byte order, as T.
template <class From, class T>
void convert(const std::byte* from, T* to, std::ptrdiff_t n, bool swap) {
  parallel_for(n, {kGrain}, [=](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      std::array<std::byte, sizeof(From)> bytes;
      std::memcpy(bytes.data(), from + i * static_cast<std::ptrdiff_t>(sizeof(From)), sizeof(From));
      if (swap) std::reverse(bytes.begin(), bytes.end());
      to[i] = static_cast<T>(std::bit_cast<From>(bytes));
    }
  });
}

/// False when no number of C++ has this type.
template <class T>
bool convert_type(std::string_view type, const std::byte* from, T* to, std::ptrdiff_t n) {
  if (type.size() < 3) return false;
  const bool swap = type[0] == '>';
  const std::string_view code = type.substr(1);
  if (code == "f8")
    convert<double>(from, to, n, swap);
  else if (code == "f4")
    convert<float>(from, to, n, swap);
  else if (code == "i8")
    convert<std::int64_t>(from, to, n, swap);
  else if (code == "i4")
    convert<std::int32_t>(from, to, n, swap);
  else if (code == "i2")
    convert<std::int16_t>(from, to, n, swap);
  else if (code == "i1")
    convert<std::int8_t>(from, to, n, swap);
  else if (code == "u8")
    convert<std::uint64_t>(from, to, n, swap);
  else if (code == "u4")
    convert<std::uint32_t>(from, to, n, swap);
  else if (code == "u2")
    convert<std::uint16_t>(from, to, n, swap);
  else if (code == "u1" || code == "b1")
    convert<std::uint8_t>(from, to, n, swap);
  else
    return false;
  return true;
}

std::string shape_text(const std::vector<std::ptrdiff_t>& extents) {
  std::string text = "(";
  for (std::size_t k = 0; k < extents.size(); ++k) text += (k ? ", " : "") + std::to_string(extents[k]);
  return text + ")";
}

template <std::size_t R>
Extents<R> strides_of(const Extents<R>& extents, bool column_major) {
  if (!column_major) return detail::row_major_strides(extents);
  Extents<R> strides{};
  std::ptrdiff_t step = 1;
  for (std::size_t k = 0; k < R; ++k) {
    strides[k] = step;
    step *= extents[k];
  }
  return strides;
}

template <class T, std::size_t R>
Frozen<T, R> array_of(const std::shared_ptr<const MappedFile>& file, const NpyHeader& header, const std::string& path) {
  Extents<R> extents{};
  extents.fill(1);
  const bool scalar = header.extents.empty() && R == 1;
  if (!scalar && header.extents.size() != R)
    throw Error(Errc::invalid_argument, path + ": the array has " + std::to_string(header.extents.size()) + " axes " +
                                            shape_text(header.extents) + ", " + std::to_string(R) +
                                            (R == 1 ? " is wanted" : " are wanted"));
  std::copy(header.extents.begin(), header.extents.end(), extents.begin());
  const Extents<R> strides = strides_of(extents, header.column_major);
  const std::byte* elements = file->bytes().data() + header.data_offset;
  const bool aligned = reinterpret_cast<std::uintptr_t>(elements) % alignof(T) == 0;  // written by an old NumPy: 16
  if (aligned && header.type == type_code<T>())
    return Frozen<T, R>::over(View<const T, R>(reinterpret_cast<const T*>(elements), extents, strides), file);
  // Element by element in the order of the file; the view turns it round when that is column-major.
  const std::ptrdiff_t n = View<const T, R>(nullptr, extents).size();
  auto converted = std::make_shared<Tensor<T, 1>>(Extents<1>{n});
  if (!convert_type(header.type, elements, converted->data(), n))
    throw Error(Errc::invalid_argument, path + ": elements of type '" + header.type + "' are no real numbers");
  return Frozen<T, R>::over(View<const T, R>(converted->data(), extents, strides), converted);
}

/// NaNs per column, looking at the elements in the order in which they lie.
std::vector<std::size_t> count_missing(View<const double, 2> m) {
  std::vector<std::size_t> missing(static_cast<std::size_t>(m.extent(1)), 0);
  if (m.size() == 0) return missing;  // whose other extent may be any number
  const bool by_columns = m.stride(0) < m.stride(1);
  for (std::ptrdiff_t a = 0; a < m.extent(by_columns ? 1 : 0); ++a) {
    throw_if_stopped();
    for (std::ptrdiff_t b = 0; b < m.extent(by_columns ? 0 : 1); ++b) {
      const std::ptrdiff_t i = by_columns ? b : a, j = by_columns ? a : b;
      missing[static_cast<std::size_t>(j)] += std::isnan(m(i, j));
    }
  }
  return missing;
}

std::string stem(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const auto dot = name.rfind('.');
  return dot == 0 || dot == std::string::npos ? name : name.substr(0, dot);
}

}  // namespace

template <class T, std::size_t R>
Frozen<T, R> read_npy(const std::string& path) {
  const auto file = MappedFile::open(path);
  return array_of<T, R>(file, parse_npy_header(file->bytes(), path), path);
}

Table read_npy_table(const std::string& path, std::size_t max_columns) {
  const auto file = MappedFile::open(path);
  const NpyHeader header = parse_npy_header(file->bytes(), path);
  Table table;
  table.source = path;
  if (header.extents.size() < 2) {
    const auto values = array_of<double, 1>(file, header, path);
    const std::ptrdiff_t n = values.size();
    table.rows = static_cast<std::size_t>(n);
    const auto missing = count_missing(View<const double, 2>(values.data(), {n, 1}));
    table.columns.push_back({stem(path), values, missing[0]});
    return table;
  }
  const auto matrix = std::make_shared<const Frozen<double, 2>>(array_of<double, 2>(file, header, path));
  table.rows = static_cast<std::size_t>(matrix->extent(0));
  const auto columns = static_cast<std::size_t>(matrix->extent(1));  // without rows no file is too short for any number
  if (columns > max_columns)
    throw Error(Errc::resource_exhausted, path + ": a table of " + shape_text(header.extents) + " has " +
                                              std::to_string(columns) + " columns; the limit is " +
                                              std::to_string(max_columns) +
                                              " (raise it, or read the file as an array)");
  const auto missing = count_missing(*matrix);
  for (std::ptrdiff_t j = 0; j < matrix->extent(1); ++j)
    table.columns.push_back({"column_" + std::to_string(j + 1),
                             Frozen<double, 1>::over(matrix->view().column(j), matrix),
                             missing[static_cast<std::size_t>(j)]});
  return table;
}

template <class T, std::size_t R>
void write_npy(const std::string& path, View<const T, R> array) {
  constexpr std::size_t kRun = 1 << 16;  // elements between polls
  Extents<R> reversed{}, reversed_strides{};
  std::reverse_copy(array.extents().begin(), array.extents().end(), reversed.begin());
  std::reverse_copy(array.strides().begin(), array.strides().end(), reversed_strides.begin());
  const bool column_major =
      R > 1 && !array.is_contiguous() && View<const T, R>(array.data(), reversed, reversed_strides).is_contiguous();
  AtomicFile file(path);
  file.write(make_npy_header(type_code<T>(), array.extents(), column_major));
  const auto n = static_cast<std::size_t>(array.size());
  if (column_major || array.is_contiguous()) {
    for (std::size_t i = 0; i < n; i += kRun) {
      throw_if_stopped();
      file.write(array.data() + i, std::min(kRun, n - i) * sizeof(T));
    }
  } else {
    Extents<R> index{};
    for (std::size_t i = 0; i < n; ++i) {
      if (i % kRun == 0) throw_if_stopped();
      std::ptrdiff_t offset = 0;
      for (std::size_t k = 0; k < R; ++k) offset += index[k] * array.stride(k);
      file.write(array.data() + offset, sizeof(T));
      for (std::size_t k = R; k-- > 0 && ++index[k] == array.extent(k);) index[k] = 0;
    }
  }
  file.commit();
}

#define LAGOON_NPY_RANKS(X, T) X(T, 1) X(T, 2) X(T, 3) X(T, 4)
#define LAGOON_NPY_READ(T, R) template Frozen<T, R> read_npy<T, R>(const std::string&);
#define LAGOON_NPY_WRITE(T, R) template void write_npy<T, R>(const std::string&, View<const T, R>);
LAGOON_NPY_RANKS(LAGOON_NPY_READ, double)
LAGOON_NPY_RANKS(LAGOON_NPY_READ, float)
LAGOON_NPY_RANKS(LAGOON_NPY_WRITE, double)
LAGOON_NPY_RANKS(LAGOON_NPY_WRITE, float)
LAGOON_NPY_RANKS(LAGOON_NPY_WRITE, std::int64_t)
LAGOON_NPY_RANKS(LAGOON_NPY_WRITE, std::int32_t)
LAGOON_NPY_RANKS(LAGOON_NPY_WRITE, std::uint8_t)

}  // namespace lagoon::files
