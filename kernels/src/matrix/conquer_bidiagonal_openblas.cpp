// SPDX-License-Identifier: Apache-2.0
// Divide and conquer for singular values (Gu & Eisenstat 1995): a row is taken out of the middle, the parts above and
// below it are solved, and the spectrum of both with that row is found root by root. LAPACK's bdsdc does the same in
// one call and on one core, and moves its right vectors by rows; its leaves and its roots are used here.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <limits>

#include "backend.hpp"
#include "conquer.hpp"
#include "product.hpp"
#include "vector_openblas.hpp"

namespace lagoon::matrix::detail {
namespace {

using Size = std::ptrdiff_t;
constexpr Size kLeaf = 32;      // rows that the QR iteration solves
constexpr Size kRoots = 16;     // per task
constexpr Size kColumns = 128;  // of a product, per task
constexpr Size kMoved = 64;     // columns that a task copies

template <class T>
struct Problem {
  T* values;
  T* off_diagonal;
  int* order;  // columns of each part by their values, rising
  Columns<T>&left, &right;
  bool parallel;
  std::atomic<bool> failed{false};
};

/// Rows [first, end) of the matrix and as many columns, or one more. Row `center` parts it.
struct Part {
  Size first, end;
  Size more;  // 0 or 1
  Size size() const { return end - first; }
  Size center() const { return first + size() / 2; }
  Part above() const { return {first, center(), 1}; }
  Part below() const { return {center() + 1, end, more}; }
};

/// What is known before the center's row is mended: values that rise, with their shares of that row.
template <class T>
struct Known {
  explicit Known(Size count) : column({count}), kind({count}), weight({count}), kept({count}), done({count}) {}

  Tensor<int, 1> column;      // of each value's vectors
  Tensor<int, 1> kind;        // the rows these have: 0 above the center, 1 both, 2 below
  Tensor<T, 1> weight;        // the center's row in terms of the right vectors
  Tensor<int, 1> kept, done;  // those that the row changes, and those that it leaves alone
  Size kept_count = 0, done_count = 0;
};

/// The secular equation, and the vectors in whose terms its own are. Those of rows above the center alone come first,
/// the center's, others of all rows, and then those of rows below.
template <class T>
struct Update {
  Update(const Part& part, Size all, Size above_alone, Size with_above)
      : count(all),
        alone(above_alone),
        upper(with_above),
        poles({all}),
        weights({all}),
        place({all}),
        left_upper(part.above().size(), upper),
        left_lower(part.below().size(), all - alone),
        right_upper(part.above().size() + 1, upper),
        right_lower(part.below().size() + part.more, all - alone) {}

  Size count, alone, upper;  // vectors; those of rows above alone; those that have rows above
  T rho = 0;
  Tensor<T, 1> poles, weights;  // of the center, and then rising
  Tensor<int, 1> place;         // of each pole's vectors
  Columns<T> left_upper, left_lower, right_upper, right_lower;
};

template <class T>
void rotate(Size rows, T* x, T* y, T c, T s) {
  for (Size i = 0; i < rows; ++i) {
    const T t = c * x[i] + s * y[i];
    y[i] = c * y[i] - s * x[i];
    x[i] = t;
  }
}

/// The values of both parts in one row, with their weights.
template <class T>
Known<T> gather(const Problem<T>& p, const Part& part, T alpha, T beta) {
  const Size center = part.center();
  Known<T> known(part.size());
  Size above = part.first, below = center + 1;
  for (Size k = 0; k + 1 < part.size(); ++k) {
    const bool up = below == part.end || (above < center && p.values[p.order[above]] <= p.values[p.order[below]]);
    const int column = p.order[up ? above++ : below++];
    known.column[k] = column;
    known.kind[k] = up ? 0 : 2;
    known.weight[k] = up ? alpha * *p.right.at(center, column) : beta * *p.right.at(center + 1, column);
  }
  return known;
}

/// Finds what the center's row does not change: values without weight, and of two that are equal one.
template <class T>
void deflate(Problem<T>& p, const Part& part, Known<T>& known, T tolerance) {
  int before = -1;
  for (int k = 0; k + 1 < part.size(); ++k) {
    if (std::abs(known.weight[k]) <= tolerance) {
      known.done[known.done_count++] = k;
      continue;
    }
    if (before >= 0) {
      const int one = known.column[before], other = known.column[k];
      if (p.values[other] - p.values[one] <= tolerance) {
        const T length = std::hypot(known.weight[k], known.weight[before]);
        const T c = known.weight[k] / length, s = -known.weight[before] / length;
        rotate(part.size(), p.left.at(part.first, one), p.left.at(part.first, other), c, s);
        rotate(part.size() + part.more, p.right.at(part.first, one), p.right.at(part.first, other), c, s);
        known.weight[k] = length;
        if (known.kind[k] != known.kind[before]) known.kind[k] = 1;
        known.done[known.done_count++] = before;
      } else {
        known.kept[known.kept_count++] = before;
      }
    }
    before = k;
  }
  if (before >= 0) known.kept[known.kept_count++] = before;
}

/// The weight of the center's own column, which takes over what the row has of the column beyond the square.
template <class T>
T join_center(Problem<T>& p, const Part& part, T alpha, T beta, T tolerance) {
  const Size center = part.center();
  T* const own = p.right.at(0, center);
  const T weight = alpha * own[center];
  if (part.more == 0) return std::abs(weight) <= tolerance ? tolerance : weight;
  T* const beyond = p.right.at(0, part.end);
  const T other = beta * beyond[center + 1], length = std::hypot(weight, other);
  const bool any = length > tolerance;
  const T c = any ? weight / length : T{1}, s = any ? other / length : T{0};
  for (Size i = part.first; i <= center; ++i) {
    beyond[i] = -s * own[i];
    own[i] *= c;
  }
  for (Size i = center + 1; i <= part.end; ++i) {
    own[i] = s * beyond[i];
    beyond[i] *= c;
  }
  return any ? length : tolerance;
}

/// Packs the vectors of what goes on, and moves those that are done behind them.
template <class T>
Update<T> pack(Problem<T>& p, const Part& part, const Known<T>& known, T center_weight, T tolerance) {
  const Size center = part.center(), above = center - part.first, below = part.end - center - 1;
  const Size count = known.kept_count + 1, done = known.done_count, rows = part.size() + part.more;
  Size kinds[3] = {0, 1, 0};
  for (Size k = 0; k + 1 < count; ++k) ++kinds[known.kind[known.kept[k]]];
  Update<T> u(part, count, kinds[0], kinds[0] + kinds[1]);
  Size next[3] = {0, u.alone + 1, u.upper};
  u.poles[0] = 0;
  u.weights[0] = center_weight;
  u.place[0] = static_cast<int>(u.alone);
  for (Size k = 1; k < count; ++k) {
    const int which = known.kept[k - 1];
    u.poles[k] = p.values[known.column[which]];
    u.weights[k] = known.weight[which];
    u.place[k] = static_cast<int>(next[known.kind[which]]++);
  }
  if (count > 1) u.poles[1] = std::max(u.poles[1], tolerance / 2);
  T length = 0;
  for (Size k = 0; k < count; ++k) length = std::hypot(length, u.weights[k]);
  u.rho = length * length;

  Columns<T> left(part.size(), done), right(rows, done);
  Tensor<T, 1> values({done});
  for (Size k = 0; k < done; ++k) values[k] = p.values[known.column[known.done[k]]];
  parallel_for(count + done, {kMoved, p.parallel}, [&](Size begin, Size end) {
    for (Size k = begin; k < end; ++k) {
      const Size column = k == 0      ? center
                          : k < count ? known.column[known.kept[k - 1]]
                                      : known.column[known.done[k - count]];
      const T* const of_left = p.left.at(0, column);
      const T* const of_right = p.right.at(0, column);
      if (k >= count) {
        std::copy_n(of_left + part.first, part.size(), left.at(0, k - count));
        std::copy_n(of_right + part.first, rows, right.at(0, k - count));
        continue;
      }
      const Size place = u.place[k];
      if (place < u.upper) {
        std::copy_n(of_left + part.first, above,
                    u.left_upper.at(0, place));  // the center's are zeros: it has row `center`
        std::copy_n(of_right + part.first, above + 1, u.right_upper.at(0, place));
      }
      if (place >= u.alone) {
        std::copy_n(of_left + center + 1, below, u.left_lower.at(0, place - u.alone));
        std::copy_n(of_right + center + 1, below + part.more, u.right_lower.at(0, place - u.alone));
      }
    }
  });
  parallel_for(done, {kMoved, p.parallel}, [&](Size begin, Size end) {
    for (Size k = begin; k < end; ++k) {
      const Size column = part.first + count + k;
      p.values[column] = values[k];
      std::copy_n(left.at(0, k), part.size(), p.left.at(part.first, column));
      std::copy_n(right.at(0, k), rows, p.right.at(part.first, column));
    }
  });
  return u;
}

/// The roots; in column j of the vectors the distances of root j from the poles, and their sums.
template <class T>
void find_roots(Problem<T>& p, const Part& part, const Update<T>& u) {
  const T length = std::sqrt(u.rho);
  Tensor<T, 1> unit({u.count});
  for (Size k = 0; k < u.count; ++k) unit[k] = u.weights[k] / length;
  parallel_for(u.count, {kRoots, p.parallel}, [&](Size begin, Size end) {
    for (Size j = begin; j < end; ++j) {
      const Int count(u.count), which(j + 1);
      Int info = 0;
      T rho = u.rho;
      lapack::lasd4(&count, &which, u.poles.data(), unit.data(), p.left.at(part.first, part.first + j), &rho,
                    p.values + part.first + j, p.right.at(part.first, part.first + j), &info);
      if (info != 0) p.failed.store(true, std::memory_order_relaxed);
    }
  });
}

/// The weights for which those roots are exact, so that vectors come out orthogonal.
template <class T>
void make_exact(const Problem<T>& p, const Part& part, Update<T>& u) {
  const Size count = u.count;
  parallel_for(count, {kColumns, p.parallel}, [&](Size begin, Size end) {
    T w[kColumns];
    const auto distance = [&](Size j) { return p.left.at(part.first, part.first + j); };
    const auto sum = [&](Size j) { return p.right.at(part.first, part.first + j); };
    const T* far = distance(count - 1);
    const T* both = sum(count - 1);
    for (Size i = begin; i < end; ++i) w[i - begin] = far[i] * both[i];
    for (Size j = 0; j + 1 < count; ++j) {
      far = distance(j);
      both = sum(j);
      const auto times = [&](Size from, Size to, T pole) {
        for (Size i = from; i < to; ++i) w[i - begin] *= far[i] * both[i] / ((u.poles[i] - pole) * (u.poles[i] + pole));
      };
      const Size middle = std::clamp(j + 1, begin, end);
      times(begin, middle, u.poles[j + 1]);
      times(middle, end, u.poles[j]);
    }
    for (Size i = begin; i < end; ++i) u.weights[i] = std::copysign(std::sqrt(std::abs(w[i - begin])), u.weights[i]);
  });
}

/// Vectors [begin, end) of the mended part in terms of the packed ones, in their order.
template <class T>
void secular_vectors(const Problem<T>& p, const Part& part, const Update<T>& u, Size begin, Size end, Columns<T>& left,
                     Columns<T>& right) {
  const Size count = u.count;
  if (count == 1) {
    *left.at(0, 0) = u.weights[0] > 0 ? T{1} : T{-1};
    *right.at(0, 0) = 1;
    return;
  }
  Tensor<T, 1> of_right({count}), of_left({count});
  for (Size j = begin; j < end; ++j) {
    const T* const distance = p.left.at(part.first, part.first + j);
    const T* const sum = p.right.at(part.first, part.first + j);
    for (Size i = 0; i < count; ++i) of_right[i] = u.weights[i] / distance[i] / sum[i];
    for (Size i = 0; i < count; ++i) of_left[i] = u.poles[i] * of_right[i];
    of_left[0] = -1;
    const T left_factor = 1 / std::sqrt(inner_product(count, of_left.data(), of_left.data()));
    const T right_factor = 1 / std::sqrt(inner_product(count, of_right.data(), of_right.data()));
    T* const to_left = left.at(0, j - begin);
    T* const to_right = right.at(0, j - begin);
    for (Size i = 0; i < count; ++i) {
      to_left[u.place[i]] = of_left[i] * left_factor;
      to_right[u.place[i]] = of_right[i] * right_factor;
    }
  }
}

/// The vectors of the whole part.
template <class T>
void multiply_back(Problem<T>& p, const Part& part, const Update<T>& u) {
  const Size center = part.center();
  parallel_for(u.count, {kColumns, p.parallel}, [&](Size begin, Size end) {
    Columns<T> left(u.count, end - begin), right(u.count, end - begin);
    secular_vectors(p, part, u, begin, end, left, right);
    const auto product = [&](const Columns<T>& vectors, const Columns<T>& factors, Size from, Columns<T>& to,
                             Size row) {
      throw_if_stopped();
      gemm<T>(false, false, vectors.rows(), end - begin, vectors.columns(), 1, vectors.data(), vectors.stride(),
              factors.at(from, 0), factors.stride(), false, to.at(row, part.first + begin), to.stride());
    };
    product(u.left_upper, left, 0, p.left, part.first);
    for (Size j = begin; j < end; ++j) *p.left.at(center, part.first + j) = *left.at(u.alone, j - begin);
    product(u.left_lower, left, u.alone, p.left, center + 1);
    product(u.right_upper, right, 0, p.right, part.first);
    product(u.right_lower, right, u.alone, p.right, center + 1);
  });
}

template <class T>
void sort_values(Problem<T>& p, Size first, Size end) {
  for (Size j = first; j < end; ++j) p.order[j] = static_cast<int>(j);
  std::sort(p.order + first, p.order + end,
            [&](int i, int j) { return p.values[i] < p.values[j] || (p.values[i] == p.values[j] && i < j); });
}

template <class T>
void merge(Problem<T>& p, const Part& part) {
  throw_if_stopped();
  const Size center = part.center();
  T alpha = p.values[center], beta = p.off_diagonal[center];
  p.values[center] = 0;
  T most = std::max(std::abs(alpha), std::abs(beta));
  for (Size j = part.first; j < part.end; ++j) most = std::max(most, p.values[j]);
  const T scale = most > 0 ? power_to_one(most) : T{1};  // squares of what is small must not vanish
  for (Size j = part.first; j < part.end; ++j) p.values[j] *= scale;
  alpha *= scale;
  beta *= scale;
  const T tolerance = 32 * std::numeric_limits<T>::epsilon() * most * scale;
  Known<T> known = gather(p, part, alpha, beta);
  deflate(p, part, known, tolerance);
  const T weight = join_center(p, part, alpha, beta, tolerance);
  Update<T> u = pack(p, part, known, weight, tolerance);
  if (u.count > 1) {
    find_roots(p, part, u);
    if (p.failed.load(std::memory_order_relaxed)) return;
    make_exact(p, part, u);
  } else {
    p.values[part.first] = std::abs(weight);
  }
  multiply_back(p, part, u);
  for (Size j = part.first; j < part.end; ++j) p.values[j] /= scale;
  sort_values(p, part.first, part.end);
}

template <class T>
void solve_leaf(Problem<T>& p, const Part& part) {
  const Int rows(part.size()), more(part.more), columns = rows + more, stride = p.left.stride(), none = 0;
  Columns<T> turned(columns, columns);
  fill_identity<T>(turned.view(), false);
  for (Size j = part.first; j < part.end; ++j) *p.left.at(j, j) = 1;
  const Int turned_stride = turned.stride();
  T work[4 * kLeaf];
  T nothing = 0;
  Int info = 0;
  {
    const OpenBlasTurn turn;
    lapack::lasdq("U", &more, &rows, &columns, &rows, &none, p.values + part.first, p.off_diagonal + part.first,
                  turned.data(), &turned_stride, p.left.at(part.first, part.first), &stride, &nothing, &rows, work,
                  &info, std::size_t{1});
  }
  if (info != 0) p.failed.store(true, std::memory_order_relaxed);
  for (Int j = 0; j < columns; ++j)
    for (Int i = 0; i < columns; ++i) *p.right.at(part.first + i, part.first + j) = *turned.at(j, i);
  sort_values(p, part.first, part.end);
}

template <class T>
void conquer(Problem<T>& p, const Part& part) {
  if (part.size() <= kLeaf) return solve_leaf(p, part);
  const Part parts[] = {part.above(), part.below()};
  parallel_for(2, {1, p.parallel}, [&](Size begin, Size end) {
    for (Size k = begin; k < end; ++k) conquer(p, parts[k]);
  });
  if (!p.failed.load(std::memory_order_relaxed)) merge(p, part);
}

}  // namespace

template <class T>
bool conquer_bidiagonal(T* values, T* off_diagonal, View<T, 2> left, View<T, 2> right, bool parallel) {
  const Size n = right.extent(0);
  Columns<T> found_left(n, n), found_right(n, n);
  parallel_for(n, {kMoved, parallel}, [&](Size begin, Size end) {
    std::fill(found_left.at(0, begin), found_left.at(0, begin) + (end - begin) * found_left.stride(), T{0});
    std::fill(found_right.at(0, begin), found_right.at(0, begin) + (end - begin) * found_right.stride(), T{0});
  });
  T most = 0;
  for (Size i = 0; i < n; ++i) most = std::max(most, std::abs(values[i]));
  for (Size i = 0; i + 1 < n; ++i) most = std::max(most, std::abs(off_diagonal[i]));
  // What is nothing beside the largest is made so, as in LAPACK: leaves of noise alone need not converge.
  const T scale = most > 0 ? power_to_one(most) : T{1};
  const T least = n > kLeaf && most > 0 ? std::numeric_limits<T>::epsilon() / 2 : T{0};
  for (Size i = 0; i < n; ++i) {
    values[i] *= scale;
    if (std::abs(values[i]) < least) values[i] = std::copysign(least, values[i]);
  }
  for (Size i = 0; i + 1 < n; ++i) {
    off_diagonal[i] *= scale;
    if (std::abs(off_diagonal[i]) < least) off_diagonal[i] = 0;
  }
  Tensor<int, 1> order({n});
  Problem<T> p{values, off_diagonal, order.data(), found_left, found_right, parallel};
  conquer(p, {0, n, 0});
  if (p.failed) return false;
  Tensor<T, 1> unsorted({n});
  std::copy_n(values, n, unsorted.data());
  parallel_for(n, {kMoved, parallel}, [&](Size begin, Size end) {
    for (Size j = begin; j < end; ++j) {
      const Size from = order[n - 1 - j];
      values[j] = unsorted[from] / scale;
      std::copy_n(found_left.at(0, from), n, left.data() + j * left.stride(1));
      std::copy_n(found_right.at(0, from), n, right.data() + j * right.stride(1));
    }
  });
  return true;
}

template bool conquer_bidiagonal<double>(double*, double*, View<double, 2>, View<double, 2>, bool);
template bool conquer_bidiagonal<float>(float*, float*, View<float, 2>, View<float, 2>, bool);

}  // namespace lagoon::matrix::detail
