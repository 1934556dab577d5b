// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/files/matrix_market.hpp>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

Tensor<double, 2> parse(const std::string& text) { return parse_matrix_market(text, "a.mtx"); }
std::vector<double> numbers(const Tensor<double, 2>& a) { return {a.data(), a.data() + a.size()}; }
using Numbers = std::vector<double>;

TEST(MatrixMarket, ReadsArraysByColumns) {
  const auto a =
      parse("%%MatrixMarket matrix array real general\n% a comment\n\n2 3\n1\n2\n%another\n3 4\n5.5\n-6e2\n");
  EXPECT_EQ(a.extents(), (Extents<2>{2, 3}));
  EXPECT_EQ(numbers(a), (Numbers{1, 3, 5.5, 2, 4, -600}));
}

TEST(MatrixMarket, ReadsCoordinatesFromOne) {
  const auto a = parse("%%MatrixMarket matrix coordinate real general\n2 3 3\n1 1 7\n2 3 -1\n1 1 .5\n");
  EXPECT_EQ(numbers(a), (Numbers{7.5, 0, 0, 0, 0, -1}));  // what is given twice adds up
}

TEST(MatrixMarket, FillsTheOtherTriangle) {
  EXPECT_EQ(numbers(parse("%%MatrixMarket matrix array real symmetric\n3 3\n1\n2\n3\n4\n5\n6\n")),
            (Numbers{1, 2, 3, 2, 4, 5, 3, 5, 6}));
  EXPECT_EQ(numbers(parse("%%MatrixMarket matrix array real skew-symmetric\n3 3\n1\n2\n3\n")),
            (Numbers{0, -1, -2, 1, 0, -3, 2, 3, 0}));
  EXPECT_EQ(numbers(parse("%%MatrixMarket matrix coordinate integer symmetric\n2 2 2\n1 1 4\n2 1 5\n")),
            (Numbers{4, 5, 5, 0}));
  EXPECT_EQ(numbers(parse("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 1 5\n")),
            (Numbers{0, -5, 5, 0}));
  EXPECT_EQ(numbers(parse("%%MatrixMarket matrix coordinate pattern symmetric\n2 2 2\n2 1\n2 2\n")),
            (Numbers{0, 1, 1, 1}));
}

TEST(MatrixMarket, TakesWhatFortranAndWindowsWrite) {
  EXPECT_EQ(numbers(parse("%%matrixmarket MATRIX Array Real General\r\n 1  3 \r\n +1.5D+01\r\n\t1d2\r\n1E+0\r\n")),
            (Numbers{15, 100, 1}));
  EXPECT_TRUE(std::isnan(parse("%%MatrixMarket matrix array real general\n1 1\nnan")(0, 0)));
  EXPECT_EQ(parse("%%MatrixMarket matrix array real general\n0 7\n").extents(), (Extents<2>{0, 7}));
}

TEST(MatrixMarket, NamesFileAndLineOfWhatIsWrong) {
  const auto fails = [](const std::string& text) { return error_of([&] { parse(text); }); };
  const std::string array = "%%MatrixMarket matrix array real general\n",
                    sparse = "%%MatrixMarket matrix coordinate real general\n";
  EXPECT_EQ(fails(""), "invalid_argument: a.mtx:1: no Matrix Market file: it begins with ''");
  EXPECT_EQ(fails("x,y\n1,2\n"), "invalid_argument: a.mtx:1: no Matrix Market file: it begins with 'x,y'");
  EXPECT_EQ(fails("%%MatrixMarket vector array real general\n"), "invalid_argument: a.mtx:1: 'vector' is no matrix");
  EXPECT_EQ(fails("%%MatrixMarket matrix list real general\n"),
            "invalid_argument: a.mtx:1: format 'list' is not known; array and coordinate are");
  EXPECT_EQ(fails("%%MatrixMarket matrix array complex general\n"),
            "invalid_argument: a.mtx:1: numbers of type 'complex' are not read; real, integer and pattern are");
  EXPECT_EQ(fails("%%MatrixMarket matrix array real hermitian\n"),
            "invalid_argument: a.mtx:1: symmetry 'hermitian' is not read; general, symmetric and skew-symmetric are");
  EXPECT_EQ(fails("%%MatrixMarket matrix array pattern general\n"),
            "invalid_argument: a.mtx:1: a pattern has no numbers, so it cannot be an array");
  EXPECT_EQ(fails("%%MatrixMarket matrix array real symmetric\n2 3\n"),
            "invalid_argument: a.mtx:2: a symmetric matrix of 2x3; it must be square");
  EXPECT_EQ(fails(array + "2"), "invalid_argument: a.mtx:2: the file ends before the number of columns");
  EXPECT_EQ(fails(array + "2 -1\n"), "invalid_argument: a.mtx:2: '-1' in place of the number of columns");
  EXPECT_EQ(fails(array + "2 1\n1\n% \n1.5x\n"), "invalid_argument: a.mtx:5: '1.5x' in place of a number");
  EXPECT_EQ(fails(array + "2 1\n1\n"), "invalid_argument: a.mtx:4: the file ends before a number");
  EXPECT_EQ(fails(array + "1 1\n1\n2\n"), "invalid_argument: a.mtx:4: '2' after the last number");
  EXPECT_EQ(fails(array + "1 1\n+-1\n"), "invalid_argument: a.mtx:3: '+-1' in place of a number");
  EXPECT_EQ(fails(sparse + "2 2 1\n3 1 1\n"), "invalid_argument: a.mtx:3: a row is 3; the matrix has 1 to 2");
  EXPECT_EQ(fails(sparse + "2 2 1\n1 0 1\n"), "invalid_argument: a.mtx:3: a column is 0; the matrix has 1 to 2");
  EXPECT_EQ(fails("%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n1 2 1\n"),
            "invalid_argument: a.mtx:3: entry 1, 2 lies above the diagonal of a symmetric matrix");
  EXPECT_EQ(fails("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n1 1 1\n"),
            "invalid_argument: a.mtx:3: entry 1 on the diagonal of a skew matrix");
}

TEST(MatrixMarket, AsksForNoMemoryThatTheFileDoesNotJustify) {
  // A budget of 1 MiB would refuse with another message if anything were allocated first.
  Engine engine;
  Isolate isolate(engine, {.memory_limit = std::size_t{1} << 20});
  isolate.run([] {
    EXPECT_EQ(
        error_of([] { parse("%%MatrixMarket matrix coordinate real general\n1000000000 1000000000 0\n"); }),
        "resource_exhausted: a.mtx: a dense matrix of 1000000000x1000000000 has more than the 134,217,728 elements "
        "that are allowed");
    EXPECT_EQ(error_of([] { parse("%%MatrixMarket matrix array real general\n10000 10000\n1\n"); }),
              "invalid_argument: a.mtx:2: 10000x10000 numbers do not fit into 55 bytes");
  });
  EXPECT_EQ(parse_matrix_market("%%MatrixMarket matrix coordinate real general\n2 2 0\n", "", 4).size(), 4);
  // Without rows there are no elements, but a loop over so many columns would not end either.
  EXPECT_EQ(error_of([] { parse("%%MatrixMarket matrix array real general\n0 9000000000000000000\n"); }),
            "resource_exhausted: a.mtx: a dense matrix of 0x9000000000000000000 has more than the 134,217,728 elements "
            "that are allowed");
  EXPECT_NE(error_of([] {
              parse_matrix_market("%%MatrixMarket matrix coordinate real general\n2 3 0\n", "b", 5);
            }).find("more than the 5 elements"),
            std::string::npos);
}

TEST(MatrixMarket, ReadsBackWhatItWrote) {
  const TemporaryFolder folder;
  const auto path = folder.path("a.mtx");
  Tensor<double, 2> a({3, 3});
  const double tiny = std::numeric_limits<double>::denorm_min(), huge = std::numeric_limits<double>::max();
  const double all[] = {0.1, -1.0 / 3, 0, huge, tiny, -huge, 1e22, 0, 5};
  std::copy_n(all, 9, a.data());
  for (bool coordinate : {false, true}) {
    write_matrix_market(path, a, {.coordinate = coordinate});
    EXPECT_EQ(numbers(read_matrix_market(path)), numbers(a));
    write_matrix_market(path, a.view().transposed(), {.coordinate = coordinate});
    EXPECT_EQ(read_matrix_market(path)(2, 0), a(0, 2));
  }
  EXPECT_EQ(error_of([&] { write_matrix_market(path, a, {.symmetric = true}); }),
            "invalid_argument: " + path + ": the matrix is not symmetric in row 1, column 0");
  for (std::ptrdiff_t i = 0; i < 3; ++i)
    for (std::ptrdiff_t j = 0; j < i; ++j) a(i, j) = a(j, i);
  for (bool coordinate : {false, true}) {
    write_matrix_market(path, a, {.coordinate = coordinate, .symmetric = true});
    EXPECT_EQ(numbers(read_matrix_market(path)), numbers(a));
  }
  EXPECT_EQ(folder.read("a.mtx").substr(0, 62), "%%MatrixMarket matrix coordinate real symmetric\n3 3 5\n1 1 0.1\n");
  EXPECT_EQ(error_of([] { read_matrix_market("/nowhere/a.mtx"); }).substr(0, 9), "not_found");
}

TEST(MatrixMarket, ReadsTheHilbertMatrixOfTheDeli) {
  const char* cases = std::getenv("LAGOON_CASES");
  if (!cases || !*cases) GTEST_SKIP() << "no known answers here";
  const auto a = read_matrix_market(std::string(cases) + "/matrix/hilbert10.mtx");
  ASSERT_EQ(a.extents(), (Extents<2>{10, 10}));
  for (std::ptrdiff_t i = 0; i < 10; ++i)
    for (std::ptrdiff_t j = 0; j < 10; ++j) EXPECT_NEAR(a(i, j), 1.0 / static_cast<double>(i + j + 1), 1e-13);
}

}  // namespace
}  // namespace lagoon::files
