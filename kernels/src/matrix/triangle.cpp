// SPDX-License-Identifier: Apache-2.0
#include "triangle.hpp"

#include <lagoon/engine/parallel.hpp>

#include "product.hpp"

namespace lagoon::matrix::detail {
namespace {

constexpr std::ptrdiff_t kLeaf = 64;
constexpr std::ptrdiff_t kTile = 128;      // right-hand sides of a leaf per task
constexpr std::ptrdiff_t kFewColumns = 8;  // for so many a transposed copy does not pay

/// What all the smaller triangles have in common with the one that they are parts of.
template <class T>
class Halves {
 public:
  Halves(bool left, Triangle triangle, std::ptrdiff_t lda, std::ptrdiff_t ldb, std::ptrdiff_t sides, bool parallel)
      : left_(left),
        turns_(left && sides >= kFewColumns),
        parallel_(parallel),
        triangle_(triangle),
        lda_(lda),
        ldb_(ldb),
        room_(turns_ ? sides : 0, turns_ ? kLeaf : 0) {}

  /// `sides`: columns of b, or its rows when the triangle is at its right.
  void solve(std::ptrdiff_t order, std::ptrdiff_t sides, const T* a, T* b) {
    if (order <= kLeaf) return solve_leaf(order, sides, a, b);
    const std::ptrdiff_t first = half_of(order, kLeaf), second = order - first;
    const T* const corner = triangle_.lower ? a + first : a + first * lda_;  // the square beside the two triangles
    const T* const a2 = a + first + first * lda_;
    T* const b2 = left_ ? b + first : b + first * ldb_;
    const bool down = triangle_.lower != triangle_.transposed;  // op(a) is a lower triangle
    if (down == left_) {
      solve(first, sides, a, b);
      subtract(second, sides, first, corner, b, b2);
      solve(second, sides, a2, b2);
    } else {
      solve(second, sides, a2, b2);
      subtract(first, sides, second, corner, b2, b);
      solve(first, sides, a, b);
    }
  }

  /// to -= op(a) from, or from op(a)
  void subtract(std::ptrdiff_t order, std::ptrdiff_t sides, std::ptrdiff_t inner, const T* a, const T* from, T* to) {
    const bool turned = triangle_.transposed;
    left_ ? gemm<T>(turned, false, order, sides, inner, -1, a, lda_, from, ldb_, true, to, ldb_, parallel_)
          : gemm<T>(false, turned, sides, order, inner, -1, from, ldb_, a, lda_, true, to, ldb_, parallel_);
  }

 private:
  void solve_leaf(std::ptrdiff_t order, std::ptrdiff_t sides, const T* a, T* b) {
    parallel_for(sides, {kTile, parallel_}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      if (!turns_)
        return left_ ? solve_triangle(true, triangle_, order, end - begin, a, lda_, b + begin * ldb_, ldb_)
                     : solve_triangle(false, triangle_, end - begin, order, a, lda_, b + begin, ldb_);
      // A small triangle from the left is solved from the right of a transposed copy: backends look at lines across
      // the right-hand sides there, and are twice as fast.
      Triangle triangle = triangle_;
      triangle.transposed = !triangle.transposed;
      const View<T, 2> given(b + begin * ldb_, {order, end - begin}, {1, ldb_});
      const View<T, 2> turned(room_.at(begin, 0), {end - begin, order}, {1, room_.stride()});
      copy<T>(given.transposed(), turned, false);
      solve_triangle(false, triangle, end - begin, order, a, lda_, turned.data(), room_.stride());
      copy<T>(turned.transposed(), given, false);
    });
  }

  bool left_, turns_, parallel_;
  Triangle triangle_;
  std::ptrdiff_t lda_, ldb_;
  Columns<T> room_;
};

/// Where b is the identity.
template <class T>
void invert_halves(Halves<T>& halves, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda, T* b, std::ptrdiff_t ldb) {
  if (n <= kLeaf) return halves.solve(n, n, a, b);
  // The inverse of (L1 0; C L2) is (L1^-1 0; -L2^-1 C L1^-1 L2^-1).
  const std::ptrdiff_t first = half_of(n, kLeaf), second = n - first;
  T* const below = b + first;
  invert_halves(halves, first, a, lda, b, ldb);
  halves.subtract(second, first, first, a + first, b, below);
  halves.solve(second, first, a + first + first * lda, below);
  invert_halves(halves, second, a + first + first * lda, lda, b + first + first * ldb, ldb);
}

}  // namespace

template <class T>
void solve_by_halves(bool left, Triangle triangle, std::ptrdiff_t m, std::ptrdiff_t n, const T* a, std::ptrdiff_t lda,
                     T* b, std::ptrdiff_t ldb, bool parallel) {
  const std::ptrdiff_t order = left ? m : n, sides = left ? n : m;
  Halves<T>(left, triangle, lda, ldb, sides, parallel).solve(order, sides, a, b);
}

template <class T>
void invert_unit_lower(std::ptrdiff_t n, const T* a, std::ptrdiff_t lda, T* b, std::ptrdiff_t ldb, bool parallel) {
  Halves<T> halves(true, {.lower = true, .unit_diagonal = true}, lda, ldb, n, parallel);
  fill_identity<T>({b, {n, n}, {1, ldb}}, parallel);
  invert_halves(halves, n, a, lda, b, ldb);
}

// NOLINTBEGIN(bugprone-macro-parentheses): T is a type
#define LAGOON_TRIANGLE(T)                                                                                       \
  template void solve_by_halves<T>(bool, Triangle, std::ptrdiff_t, std::ptrdiff_t, const T*, std::ptrdiff_t, T*, \
                                   std::ptrdiff_t, bool);                                                        \
  template void invert_unit_lower<T>(std::ptrdiff_t, const T*, std::ptrdiff_t, T*, std::ptrdiff_t, bool);
// NOLINTEND(bugprone-macro-parentheses)
LAGOON_TRIANGLE(double)
LAGOON_TRIANGLE(float)

}  // namespace lagoon::matrix::detail
