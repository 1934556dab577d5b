// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/files/npy.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

/// A file as NumPy would write it, with any header.
std::string file_with(const std::string& header, const std::string& elements, char version = 1) {
  std::string text("\x93NUMPY");
  text += version;
  text += '\0';
  std::string padded = header + "\n";
  while ((padded.size() + (version == 1 ? 10 : 12)) % 64) padded.insert(padded.size() - 1, " ");
  for (int k = 0; k < (version == 1 ? 2 : 4); ++k) text += static_cast<char>(padded.size() >> (8 * k) & 0xFF);
  return text + padded + elements;
}

template <class T>
std::string bytes_of(const std::vector<T>& v) {
  return {reinterpret_cast<const char*>(v.data()), v.size() * sizeof(T)};
}

std::string header(const std::string& type, const std::string& shape, bool column_major = false) {
  return "{'descr': '" + type + "', 'fortran_order': " + (column_major ? "True" : "False") + ", 'shape': " + shape +
         ", }";
}

TEST(Npy, WhatIsWrittenIsReadBackInPlace) {
  const TemporaryFolder folder;
  std::vector<double> x = {1, 2, 3, 4, 5, 6};
  write_npy<double, 2>(folder.path("x.npy"), View<const double, 2>(x.data(), {2, 3}));
  const auto read = read_npy<double, 2>(folder.path("x.npy"));
  EXPECT_EQ(read.extents(), (Extents<2>{2, 3}));
  EXPECT_TRUE(read.view().is_contiguous());
  EXPECT_EQ(std::memcmp(read.data(), x.data(), sizeof(double) * x.size()), 0);
  EXPECT_EQ(folder.files(), 1u);
}

TEST(Npy, DoublesAreNotCopied) {
  const TemporaryFolder folder;
  std::vector<double> x(1 << 20, 1.5);
  write_npy<double, 1>(folder.path("x.npy"), x);
  Engine engine({.cores = 1});
  Isolate isolate(engine, {.name = "reader", .memory_limit = 1 << 20});
  const auto read = isolate.run([&] { return read_npy<double, 1>(folder.path("x.npy")); });
  EXPECT_EQ(read.size(), 1 << 20);
  EXPECT_LT(isolate.memory()->use().peak, 1u << 18) << "8 MiB of elements took memory of the isolate";
}

TEST(Npy, ColumnMajorFilesAreStrides) {
  const TemporaryFolder folder;
  const std::vector<double> x = {1, 4, 2, 5, 3, 6};  // columns of {1 2 3; 4 5 6}
  folder.write("f.npy", file_with(header("<f8", "(2, 3)", true), bytes_of(x)));
  const auto m = read_npy<double, 2>(folder.path("f.npy"));
  EXPECT_EQ(m.view().strides(), (Extents<2>{1, 2}));
  EXPECT_EQ(m(0, 2), 3);
  EXPECT_EQ(m(1, 0), 4);
  write_npy<double, 2>(folder.path("again.npy"), m);
  EXPECT_TRUE(read_npy_header(folder.path("again.npy")).column_major);
  EXPECT_EQ((read_npy<double, 2>(folder.path("again.npy"))(1, 2)), 6);
}

TEST(Npy, StridedArraysAreWrittenRowByRow) {
  const TemporaryFolder folder;
  std::vector<double> x(12);
  std::iota(x.begin(), x.end(), 0.0);
  const View<const double, 2> every_other(x.data(), {3, 2}, {4, 2});
  write_npy<double, 2>(folder.path("x.npy"), every_other);
  const auto m = read_npy<double, 2>(folder.path("x.npy"));
  for (std::ptrdiff_t i = 0; i < 3; ++i)
    for (std::ptrdiff_t j = 0; j < 2; ++j) EXPECT_EQ(m(i, j), every_other(i, j));
}

TEST(Npy, OtherTypesBecomeDoubles) {
  const TemporaryFolder folder;
  auto read = [&](const std::string& type, const std::string& elements) {
    folder.write("t.npy", file_with(header(type, "(2,)"), elements));
    const auto x = read_npy<double, 1>(folder.path("t.npy"));
    return std::vector<double>{x[0], x[1]};
  };
  const std::vector<double> two = {1, 200};
  EXPECT_EQ(read("<f4", bytes_of<float>({1, 200})), two);
  EXPECT_EQ(read("<i8", bytes_of<std::int64_t>({1, 200})), two);
  EXPECT_EQ(read("<i4", bytes_of<std::int32_t>({-1, 200})), (std::vector<double>{-1, 200}));
  EXPECT_EQ(read("<i2", bytes_of<std::int16_t>({1, 200})), two);
  EXPECT_EQ(read("|i1", bytes_of<std::int8_t>({1, -100})), (std::vector<double>{1, -100}));
  EXPECT_EQ(read("<u8", bytes_of<std::uint64_t>({1, 200})), two);
  EXPECT_EQ(read("<u4", bytes_of<std::uint32_t>({1, 200})), two);
  EXPECT_EQ(read("<u2", bytes_of<std::uint16_t>({1, 200})), two);
  EXPECT_EQ(read("|u1", bytes_of<std::uint8_t>({1, 200})), two);
  EXPECT_EQ(read("|b1", bytes_of<std::uint8_t>({1, 0})), (std::vector<double>{1, 0}));
  EXPECT_EQ(read(">f8", std::string("\x3F\xF0\0\0\0\0\0\0\x40\x69\0\0\0\0\0\0", 16)), two);
  EXPECT_EQ(read(">i2", std::string("\0\x01\0\xC8", 4)), two);
}

TEST(Npy, FormatsTwoAndThreeAndOneNumberAreRead) {
  const TemporaryFolder folder;
  for (char version : {2, 3}) {
    folder.write("v.npy", file_with(header("<f8", "(1,)"), bytes_of<double>({7}), version));
    EXPECT_EQ((read_npy<double, 1>(folder.path("v.npy"))[0]), 7);
  }
  folder.write("s.npy", file_with(header("<f8", "()"), bytes_of<double>({7})));
  EXPECT_EQ((read_npy<double, 1>(folder.path("s.npy")).size()), 1);
}

TEST(Npy, ElementsThatDoNotLieOnTheirBoundaryAreCopied) {
  const TemporaryFolder folder;
  std::string text = file_with(header("<f8", "(1,)"), "");
  text[8] = static_cast<char>(text[8] - 3);  // a header three bytes shorter
  text.erase(text.size() - 4, 3);
  folder.write("odd.npy", text + bytes_of<double>({7}));
  const auto x = read_npy<double, 1>(folder.path("odd.npy"));
  EXPECT_EQ(x[0], 7);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(x.data()) % alignof(double), 0u);
}

TEST(Npy, TablesAreColumnsOfTheFile) {
  const TemporaryFolder folder;
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> x = {1, 2, kNan, 4, 5, 6};
  for (bool column_major : {false, true}) {
    folder.write("m.npy", file_with(header("<f8", "(3, 2)", column_major), bytes_of(x)));
    const Table t = read_npy_table(folder.path("m.npy"));
    EXPECT_EQ(t.rows, 3u);
    ASSERT_EQ(t.columns.size(), 2u);
    EXPECT_EQ(t.columns[0].missing, 1u);
    EXPECT_EQ(t.columns[1].missing, 0u);
    EXPECT_EQ(t.column("column_2").values[2], 6);
  }
  write_npy<double, 1>(folder.path("speed.npy"), View<const double, 1>(x.data(), {6}));
  EXPECT_EQ(read_npy_table(folder.path("speed.npy")).column("speed").missing, 1u);
}

TEST(Npy, EmptyTablesMayNotClaimAnyExtent) {
  const TemporaryFolder folder;
  folder.write("wide.npy", file_with(header("<f8", "(0, 40000000000000)"), ""));
  try {
    (void)read_npy_table(folder.path("wide.npy"));
    FAIL() << "read";
  } catch (const Error& e) {
    EXPECT_EQ(e.status().code(), Errc::resource_exhausted);
    EXPECT_NE(std::string(e.what()).find("the limit is 100000"), std::string::npos) << e.what();
  }
  folder.write("tall.npy", file_with(header("<f8", "(40000000000000, 0)"), ""));
  EXPECT_EQ(read_npy_table(folder.path("tall.npy")).columns.size(), 0u);
  folder.write("three.npy", file_with(header("<f8", "(0, 3)"), ""));
  EXPECT_EQ(read_npy_table(folder.path("three.npy"), 3).columns.size(), 3u);
  EXPECT_THROW((void)read_npy_table(folder.path("three.npy"), 2), Error);
}

TEST(Npy, BrokenFilesAreNamedWithTheReason) {
  const TemporaryFolder folder;
  auto error = [&](const std::string& text) {
    const std::string path = folder.write("b.npy", text);
    std::string e = error_of([&] { read_npy<double, 1>(path); });
    const auto at = e.find(path);
    return at == std::string::npos ? e : e.replace(at, path.size(), "b.npy");
  };
  const std::string one = bytes_of<double>({1});
  EXPECT_EQ(error(""), "invalid_argument: b.npy: the file is empty");
  EXPECT_EQ(error("x,y\n1,2\n"), "invalid_argument: b.npy: this is no NPY file: it does not begin with \\x93NUMPY");
  EXPECT_EQ(error("\x93NUMPY\x01"), "invalid_argument: b.npy: the file ends inside the NPY header");
  EXPECT_EQ(error(std::string("\x93NUMPY\x01\0\xFF\xFF{", 11)),
            "invalid_argument: b.npy: the file ends inside the NPY header");
  EXPECT_EQ(error(std::string("\x93NUMPY\x09\0\x01\0 ", 11)),
            "invalid_argument: b.npy: NPY format 9 is not known; 1 to 3 are");
  EXPECT_EQ(error(file_with("{'descr': '<f8', 'fortran_order': Maybe, 'shape': (1,), }", one)),
            "invalid_argument: b.npy: the NPY header is broken near byte 34");
  EXPECT_EQ(error(file_with("{'descr': '<f8'}", one)),
            "invalid_argument: b.npy: the NPY header is broken near byte 16");
  EXPECT_EQ(error(file_with(header("<f8", "(3,)"), one)),
            "invalid_argument: b.npy: the header promises 24 bytes of elements, the file has 8");
  EXPECT_EQ(error(file_with(header("<f8", "(4611686018427387904, 4)"), one)),
            "invalid_argument: b.npy: the header promises more than any file holds of elements, the file has 8");
  EXPECT_EQ(error(file_with(header("<f8", "(0, 4611686018427387904)"), one)),
            "invalid_argument: b.npy: the header promises more than any file holds of elements, the file has 8");
  EXPECT_EQ(error(file_with(header("<f8", "(-1,)"), one)),
            "invalid_argument: b.npy: the NPY header is broken near byte 51");
  EXPECT_EQ(error(file_with(header("<c16", "(1,)"), one + one)),
            "invalid_argument: b.npy: elements of type '<c16' are no real numbers");
  EXPECT_EQ(error(file_with(header("|O", "(1,)"), one)),
            "invalid_argument: b.npy: elements of type '|O' are no real numbers");
  EXPECT_EQ(error(file_with("{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (1,), }", one)),
            "invalid_argument: b.npy: records (a structured type) are not supported");
  EXPECT_EQ(error(file_with(header("<f8", "(1, 1)"), one)),
            "invalid_argument: b.npy: the array has 2 axes (1, 1), 1 is wanted");
  EXPECT_EQ(error_of([&] { read_npy_header(folder.path("none.npy")); }),
            "not_found: " + folder.path("none.npy") + ": no such file");
  EXPECT_EQ(error_of([] { read_npy_header("/dev/null"); }),
            "invalid_argument: /dev/null: an NPY file cannot be read from a pipe or device");
}

}  // namespace
}  // namespace lagoon::files
