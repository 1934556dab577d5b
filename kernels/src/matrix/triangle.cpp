// SPDX-License-Identifier: Apache-2.0
#include "triangle.hpp"

#include <lagoon/engine/stop.hpp>

#include "subtract_product.hpp"

namespace lagoon::matrix::detail {
namespace {

constexpr std::ptrdiff_t kLeaf = 64;
constexpr std::ptrdiff_t kFewColumns = 8;  // for so many a transposed copy does not pay

/// A small triangle from the left is solved from the right of a transposed copy: backends look at lines across the
/// right-hand sides there, and are twice as fast.
template <class T>
void solve_leaf(bool left, Triangle triangle, std::ptrdiff_t m, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda, T* b,
                std::ptrdiff_t ldb, Columns<T>& room) {
  throw_if_stopped();
  if (!left || n < kFewColumns) return solve_triangle(left, triangle, m, n, a, lda, b, ldb);
  const View<T, 2> given(b, {m, n}, {1, ldb}), turned(room.data(), {n, m}, {1, room.stride()});
  copy<T>(given.transposed(), turned, false);
  triangle.transposed = !triangle.transposed;
  solve_triangle(false, triangle, n, m, a, lda, room.data(), room.stride());
  copy<T>(turned.transposed(), given, false);
}

template <class T>
void solve_halves(bool left, Triangle triangle, std::ptrdiff_t m, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda,
                  T* b, std::ptrdiff_t ldb, Columns<T>& room) {
  const std::ptrdiff_t order = left ? m : n;
  if (order <= kLeaf) return solve_leaf(left, triangle, m, n, a, lda, b, ldb, room);
  const std::ptrdiff_t first = (order / 2 + kLeaf - 1) / kLeaf * kLeaf, second = order - first;
  const T* const corner = triangle.lower ? a + first : a + first * lda;  // the square beside the two triangles
  T* const b2 = left ? b + first : b + first * ldb;
  const auto solve_first = [&] {
    left ? solve_halves(left, triangle, first, n, a, lda, b, ldb, room)
         : solve_halves(left, triangle, m, first, a, lda, b, ldb, room);
  };
  const auto solve_second = [&] {
    const T* const a2 = a + first + first * lda;
    left ? solve_halves(left, triangle, second, n, a2, lda, b2, ldb, room)
         : solve_halves(left, triangle, m, second, a2, lda, b2, ldb, room);
  };
  const bool down = triangle.lower != triangle.transposed;  // op(a) is a lower triangle
  if (down == left) {
    solve_first();
    left ? subtract_product<T>(triangle.transposed, false, second, n, first, corner, lda, b, ldb, b2, ldb)
         : subtract_product<T>(false, triangle.transposed, m, second, first, b, ldb, corner, lda, b2, ldb);
    solve_second();
  } else {
    solve_second();
    left ? subtract_product<T>(triangle.transposed, false, first, n, second, corner, lda, b2, ldb, b, ldb)
         : subtract_product<T>(false, triangle.transposed, m, first, second, b2, ldb, corner, lda, b, ldb);
    solve_first();
  }
}

}  // namespace

template <class T>
void solve_by_halves(bool left, Triangle triangle, std::ptrdiff_t m, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda,
                     T* b, std::ptrdiff_t ldb) {
  const bool turns = left && n >= kFewColumns;
  Columns<T> room(turns ? n : 1, turns ? kLeaf : 0);
  solve_halves(left, triangle, m, n, a, lda, b, ldb, room);
}

// NOLINTBEGIN(bugprone-macro-parentheses): T is a type
#define LAGOON_TRIANGLE(T)                                                                                       \
  template void solve_by_halves<T>(bool, Triangle, std::ptrdiff_t, std::ptrdiff_t, const T*, std::ptrdiff_t, T*, \
                                   std::ptrdiff_t);
// NOLINTEND(bugprone-macro-parentheses)
LAGOON_TRIANGLE(double)
LAGOON_TRIANGLE(float)

}  // namespace lagoon::matrix::detail
