// SPDX-License-Identifier: Apache-2.0
// Eigenvectors of a quasi-triangular T, from the last row up. LAPACK's trevc3 finds one after the other, by vectors of
// T; here those of a group are found together: a few rows for each, and then all rows above by one product.
#include <algorithm>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>
#include <type_traits>
#include <utility>

#include "backend.hpp"
#include "product.hpp"
#include "schur.hpp"
#include "vector_openblas.hpp"

namespace lagoon::matrix::detail {
namespace {

using Size = std::ptrdiff_t;
constexpr Size kGroup = 48;  // vectors per task
constexpr Size kRows = 32;   // that are solved before those above are updated

// std::complex looks for infinities at each product and quotient.
template <class T>
struct Complex {
  T re = 0, im = 0;
};
template <class T>
Complex<T> operator-(Complex<T> a, Complex<T> b) {
  return {a.re - b.re, a.im - b.im};
}
template <class T>
Complex<T> operator*(Complex<T> a, Complex<T> b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <class T>
Complex<T> operator/(Complex<T> a, Complex<T> b) {  // Smith 1962
  if (std::abs(b.re) >= std::abs(b.im)) {
    const T r = b.im / b.re, d = b.re + b.im * r;
    return {(a.re + a.im * r) / d, (a.im - a.re * r) / d};
  }
  const T r = b.re / b.im, d = b.re * r + b.im;
  return {(a.re * r + a.im) / d, (a.im * r - a.re) / d};
}
template <class T>
T size_of(Complex<T> a) {
  return std::abs(a.re) + std::abs(a.im);
}
template <class T>
T size_of(T a) {
  return std::abs(a);
}

template <class T>
bool is_second_of_pair(const Columns<T>& t, Size row) {
  return row > 0 && row < t.rows() && *t.at(row, row - 1) != 0;
}

template <class T>
constexpr T kLarge = std::numeric_limits<T>::max_exponent > 200 ? T(0x1p300) : T(0x1p40);

/// A vector of which rows from `top` on are known: a column, or two for its real and its imaginary part.
///   S      T, or Complex<T>
///   least  no pivot is smaller
template <class S, class T>
struct Rising {
  static constexpr Size kColumns = std::is_same_v<S, T> ? 1 : 2;

  const Columns<T>& t;
  Columns<T>& x;
  Size column, top;
  S value;
  T least;

  S at(Size r) const {
    if constexpr (kColumns == 2)
      return {*x.at(r, column), *x.at(r, column + 1)};
    else
      return *x.at(r, column);
  }
  void set(Size r, S v) {
    if constexpr (kColumns == 2) {
      *x.at(r, column) = v.re;
      *x.at(r, column + 1) = v.im;
    } else {
      *x.at(r, column) = v;
    }
  }
  S diagonal(Size r) const { return S{*t.at(r, r)} - value; }
  S pivot(S v) const { return size_of(v) < least ? S{least} : v; }

  /// Vectors may have any length, and those of a matrix that has few grow by 1 / eps from row to row.
  void shrink() {
    for (Size c = column; c < column + kColumns; ++c)
      for (Size i = 0; i < x.rows(); ++i) *x.at(i, c) /= kLarge<T>;
  }

  /// Rows [from, to) are done with row r.
  void subtract(Size from, Size to, Size r) {
    const T* const factors = t.at(0, r);
    for (Size c = column; c < column + kColumns; ++c) {
      T* const numbers = x.at(0, c);
      const T known = numbers[r];
      for (Size i = from; i < to; ++i) numbers[i] -= factors[i] * known;
    }
  }

  void solve_row(Size r) {
    const S p = pivot(diagonal(r));
    S v = at(r) / p;
    while (!(size_of(v) <= kLarge<T>)) {
      shrink();
      v = at(r) / p;
    }
    set(r, v);
  }

  /// Rows r and r + 1, which a block of T couples.
  void solve_rows(Size r) {
    S p = diagonal(r), q{*t.at(r, r + 1)}, below{*t.at(r + 1, r)}, d = diagonal(r + 1);
    Size one = r, other = r + 1;
    if (size_of(p) < size_of(below)) {
      std::swap(p, below);
      std::swap(q, d);
      std::swap(one, other);
    }
    p = pivot(p);
    const S factor = below / p, last = pivot(d - factor * q);
    for (;; shrink()) {
      const S second = (at(other) - factor * at(one)) / last, first = (at(one) - q * second) / p;
      if (!(size_of(first) <= kLarge<T> && size_of(second) <= kLarge<T>)) continue;
      set(r, first);
      set(r + 1, second);
      return;
    }
  }

  /// Rows [from, to), the last of them first.
  void solve(Size from, Size to) {
    for (Size r = std::min(to, top + kColumns) - 1; r >= from;) {
      if (r >= top) {
        subtract(from, std::min(r, top), r);
        r -= 1;
      } else if (!is_second_of_pair(t, r)) {
        solve_row(r);
        subtract(from, r, r);
        r -= 1;
      } else {
        solve_rows(r - 1);
        subtract(from, r - 1, r);
        subtract(from, r - 1, r - 1);
        r -= 2;
      }
    }
  }
};

/// Vectors [first, end) of T as columns, with rows [0, end); pairs are whole.
template <class T>
Columns<T> triangle_vectors(const Columns<T>& t, Size first, Size end, T least) {
  constexpr T kUnit = std::numeric_limits<T>::epsilon();
  Columns<T> x(end, end - first);
  fill<T>(x.view(), 0);
  for (Size to = end, from = 0; to > 0; to = from) {
    throw_if_stopped();
    from = std::max<Size>(to - kRows, 0);
    if (is_second_of_pair(t, from)) --from;
    for (Size j = first; j < end; ++j) {
      const Size column = j - first;
      const T re = *t.at(j, j);
      if (!is_second_of_pair(t, j + 1)) {
        if (to == end) *x.at(j, column) = 1;
        Rising<T, T>{t, x, column, j, re, std::max(kUnit * std::abs(re), least)}.solve(from, to);
        continue;
      }
      const T above = *t.at(j, j + 1), below = *t.at(j + 1, j);
      const T im = std::sqrt(std::abs(above)) * std::sqrt(std::abs(below));
      if (to == end) {
        const bool upper = std::abs(above) >= std::abs(below);
        *x.at(j, column) = upper ? T{1} : -im / below;
        *x.at(j + 1, column + 1) = upper ? im / above : T{1};
      }
      const T smallest = std::max(kUnit * (std::abs(re) + im), least);
      Rising<Complex<T>, T>{t, x, column, j, {re, im}, smallest}.solve(from, to);
      ++j;
    }
    if (from > 0)
      gemm<T>(false, false, from, end - first, to - from, -1, t.at(0, from), t.stride(), x.at(from, 0), x.stride(),
              true, x.data(), x.stride());
  }
  return x;
}

/// Makes the length of a vector 1, and its largest number real.
template <class T>
void normalise(Size n, T* re, T* im) {
  const T square = inner_product(n, re, re) + (im ? inner_product(n, im, im) : T{0});
  const T factor = 1 / std::sqrt(square);
  if (!im) {
    for (Size i = 0; i < n; ++i) re[i] *= factor;
    return;
  }
  T most = 0;
  Size where = 0;
  for (Size i = 0; i < n; ++i) {
    const T size = re[i] * re[i] + im[i] * im[i];
    if (size > most) {
      most = size;
      where = i;
    }
  }
  const T length = std::sqrt(most), c = re[where] / length * factor, s = im[where] / length * factor;
  for (Size i = 0; i < n; ++i) {
    const T a = re[i], b = im[i];
    re[i] = c * a + s * b;
    im[i] = c * b - s * a;
  }
  im[where] = 0;
}

/// Brings the largest number of one or two columns to about 1 where squares of it might not be in range.
template <class T>
void make_moderate(Size n, T* re, T* im) {
  constexpr int kRoom = std::numeric_limits<T>::max_exponent / 4;
  constexpr Size kLanes = 16;  // side by side: one maximum would wait for the one before
  T lanes[kLanes] = {};
  for (const T* const column : {re, im}) {
    if (!column) continue;
    const auto look = [&](Size lane, T v) { lanes[lane] = std::abs(v) > lanes[lane] ? std::abs(v) : lanes[lane]; };
    Size i = 0;
    for (; i + kLanes <= n; i += kLanes)
      for (Size lane = 0; lane < kLanes; ++lane) look(lane, column[i + lane]);
    for (; i < n; ++i) look(0, column[i]);
  }
  const T most = *std::max_element(lanes, lanes + kLanes);
  if (!(most > 0) || std::abs(std::ilogb(most)) < kRoom) return;
  const T factor = power_to_one(most);
  for (T* const column : {re, im})
    for (Size i = 0; column && i < n; ++i) column[i] *= factor;
}

}  // namespace

template <class T>
void schur_vectors(const Columns<T>& t, const Columns<T>& q, const Balance<T>& balance, Columns<T>& vectors,
                   bool parallel) {
  const Size n = t.rows(), groups = (n + kGroup - 1) / kGroup;
  const T size = largest<T>(t.view(), parallel);
  constexpr T kTiny = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
  const T least = std::max(kTiny, kTiny * static_cast<T>(n) * size);
  parallel_for(groups, {1, parallel}, [&](Size begin, Size stop) {
    for (Size group = begin; group < stop; ++group) {
      const auto bound = [&](Size g) {
        const Size at = std::min(n, g * kGroup);
        return is_second_of_pair(t, at) ? at - 1 : at;
      };
      const Size number = groups - 1 - group, first = bound(number), end = bound(number + 1);  // the longest first
      const Columns<T> x = triangle_vectors(t, first, end, least);
      gemm<T>(false, false, n, end - first, end, 1, q.data(), q.stride(), x.data(), x.stride(), false,
              vectors.at(0, first), vectors.stride());
      const auto each = [&](auto&& f) {
        for (Size j = first; j < end; ++j) {
          const bool pair = is_second_of_pair(t, j + 1);
          f(n, vectors.at(0, j), pair ? vectors.at(0, j + 1) : nullptr);
          j += pair;
        }
      };
      each(make_moderate<T>);
      {
        const OpenBlasTurn turn;
        const Int rows(n), columns(end - first), stride = vectors.stride();
        Int info = 0;
        lapack::gebak("B", "R", &rows, &balance.low, &balance.high, balance.scale, &columns, vectors.at(0, first),
                      &stride, &info);
      }
      each(make_moderate<T>);
      each(normalise<T>);
    }
  });
}

template void schur_vectors<double>(const Columns<double>&, const Columns<double>&, const Balance<double>&,
                                    Columns<double>&, bool);
template void schur_vectors<float>(const Columns<float>&, const Columns<float>&, const Balance<float>&, Columns<float>&,
                                   bool);

}  // namespace lagoon::matrix::detail
