// SPDX-License-Identifier: Apache-2.0
#pragma once

// Matrices of the tests, known answers, and LAPACK's residual ratios: of a backward stable algorithm they are of order
// 1 for any matrix and size, and LAPACK's own tests allow 20 to 60. Here 5 is the limit.

#include <gtest/gtest.h>
#include <lagoon/core/error.hpp>
#include <lagoon/core/tensor.hpp>
#include <lagoon/kernels/matrix.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <reference/matrix.hpp>
#include <string>
#include <vector>

#include "kernels/expect.hpp"

namespace lagoon::matrix {

using test::error_of;
using test::expect_same_bits;

template <class T>
inline constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
template <class T>
inline constexpr T kInfinity = std::numeric_limits<T>::infinity();
inline constexpr double kRatio = 5;

template <class T>
using A = View<const T, 2>;

/// Uniform in [-1, 1]; the seed is part of the test.
template <class T>
Tensor<T, 2> random_matrix(std::ptrdiff_t rows, std::ptrdiff_t columns, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> draw(-1, 1);
  Tensor<T, 2> a({rows, columns});
  for (std::ptrdiff_t i = 0; i < a.size(); ++i) a.data()[i] = static_cast<T>(draw(random));
  return a;
}

template <class T>
Tensor<T, 2> random_symmetric(std::ptrdiff_t n, unsigned seed = 1) {
  auto a = random_matrix<T>(n, n, seed);
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t j = 0; j < i; ++j) a(j, i) = a(i, j);
  return a;
}

template <class T>
Tensor<T, 2> identity(std::ptrdiff_t n, T value = 1) {
  auto a = Tensor<T, 2>::zeros({n, n});
  for (std::ptrdiff_t i = 0; i < n; ++i) a(i, i) = value;
  return a;
}

/// 1 / (i + j + 1), times a number that may make them integers.
template <class T>
Tensor<T, 2> hilbert(std::ptrdiff_t n, double times = 1) {
  Tensor<T, 2> a({n, n});
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t j = 0; j < n; ++j) a(i, j) = static_cast<T>(times / static_cast<double>(i + j + 1));
  return a;
}

/// Upper Hessenberg with n - max(i, j) (counted from 0) above it: determinant 1.
inline Tensor<double, 2> frank(std::ptrdiff_t n) {
  auto a = Tensor<double, 2>::zeros({n, n});
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t j = std::max<std::ptrdiff_t>(0, i - 1); j < n; ++j)
      a(i, j) = static_cast<double>(n - std::max(i, j));
  return a;
}

/// 2 on the diagonal and -1 beside it.
template <class T>
Tensor<T, 2> second_difference(std::ptrdiff_t n) {
  auto a = identity<T>(n, 2);
  for (std::ptrdiff_t i = 1; i < n; ++i) a(i, i - 1) = a(i - 1, i) = -1;
  return a;
}

/// The same matrix, laid out in another way: by columns, with gaps, and with either axis backwards.
template <class T>
struct Layouts {
  std::vector<Tensor<T, 1>> memory;
  std::vector<View<const T, 2>> views;

  explicit Layouts(View<const T, 2> a) {
    const std::ptrdiff_t m = a.extent(0), n = a.extent(1);
    add(a, 0, {n, 1});
    add(a, 0, {1, m});
    add(a, 0, {n + 3, 1});
    add(a, 0, {3 * n + 1, 3});
    add(a, 0, {1, m + 5});
    add(a, (m - 1) * n, {-n, 1});
    add(a, n - 1, {n, -1});
    add(a, m * n - 1, {-1, -m});
  }

 private:
  void add(View<const T, 2> a, std::ptrdiff_t origin, Extents<2> strides) {
    const std::ptrdiff_t m = a.extent(0), n = a.extent(1);
    const std::ptrdiff_t size = (m + 1) * (std::abs(strides[0]) + 1) + (n + 1) * (std::abs(strides[1]) + 1);
    memory.push_back(Tensor<T, 1>::filled({size}, kNan<T>));  // what lies between must not be read
    View<T, 2> view(memory.back().data() + std::max<std::ptrdiff_t>(origin, 0), a.extents(), strides);
    for (std::ptrdiff_t i = 0; i < m; ++i)
      for (std::ptrdiff_t j = 0; j < n; ++j) view(i, j) = a(i, j);
    views.push_back(view);
  }
};

template <class T>
double epsilon() {
  return static_cast<double>(std::numeric_limits<T>::epsilon());
}

inline double norm_of(const reference::Matrix& a) { return static_cast<double>(reference::norm_one(a)); }

inline reference::Matrix minus(reference::Matrix a, const reference::Matrix& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < a[i].size(); ++j) a[i][j] -= b[i][j];
  return a;
}

/// ||X|| / (n eps ||A||), in the 1-norm.
template <class T>
double ratio(const reference::Matrix& x, const reference::Matrix& a, std::ptrdiff_t n) {
  const double size = norm_of(a);
  return norm_of(x) / (static_cast<double>(std::max<std::ptrdiff_t>(n, 1)) * epsilon<T>() * (size > 0 ? size : 1));
}

/// ||I - Q'Q|| / (m eps)
template <class T>
double orthogonality(View<const T, 2> q) {
  const auto m = reference::matrix_of<T>(q);
  const auto one = reference::identity(static_cast<std::size_t>(q.extent(1)));
  return ratio<T>(minus(reference::multiply(reference::transposed(m), m), one), one, q.extent(0));
}

template <class T>
std::vector<double> all_of(const Tensor<T, 2>& t) {
  return {t.data(), t.data() + t.size()};
}

inline void append(std::vector<double>& to, const std::vector<double>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

template <class T>
bool all_nan(const Tensor<T, 2>& t) {
  return std::all_of(t.data(), t.data() + t.size(), [](T v) { return std::isnan(v); });
}

/// Path of a file of known answers; empty when they are not here ($LAGOON_CASES).
inline std::string case_file(const std::string& name) { return test::known_answer("matrix/" + name); }

/// A matrix from lines "row column value", counted from 0. `symmetric` mirrors the triangle that is there.
inline Tensor<double, 2> read_triplets(const std::string& path, std::ptrdiff_t rows, std::ptrdiff_t columns,
                                       bool symmetric) {
  auto a = Tensor<double, 2>::zeros({rows, columns});
  std::ifstream in(path);
  std::ptrdiff_t i = 0, j = 0, count = 0;
  for (double v = 0; in >> i >> j >> v; ++count) {
    a(i, j) = v;
    if (symmetric) a(j, i) = v;
  }
  EXPECT_GT(count, 0) << path;
  return a;
}

/// The numbers of the array or the number called `key` in the object called `name` of refs_exact.json, which has no
/// nesting beyond that. Strings of digits are rounded to long double.
inline std::vector<long double> exact_answers(const std::string& name, const std::string& key) {
  std::ifstream in(case_file("refs_exact.json"));
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  auto at = text.find("\"" + name + "\": {");
  at = at == std::string::npos ? at : text.find("\"" + key + "\":", at);
  EXPECT_NE(at, std::string::npos) << name << " " << key;
  if (at == std::string::npos) return {};
  at += key.size() + 3;
  std::vector<long double> values;
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '[') ++depth;
    if (c == ']') --depth;
    if (c == '}' || (depth == 0 && (c == ']' || c == ','))) break;
    if (c == '-' || (c >= '0' && c <= '9')) {
      std::size_t used = 0;
      values.push_back(std::stold(text.substr(at, 60), &used));
      at += used - 1;
    }
  }
  return values;
}

}  // namespace lagoon::matrix
