// SPDX-License-Identifier: Apache-2.0
#include "reflections.hpp"

#include <algorithm>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <memory_resource>
#include <vector>

#include "backend.hpp"
#include "product.hpp"

namespace lagoon::matrix::detail {
namespace {

constexpr std::ptrdiff_t kPanel = 64;  // reflections that are applied together
constexpr std::ptrdiff_t kTile = 128;  // columns per task

/// The vectors of one panel with the zeros and ones that lie under R, so that they can be multiplied.
template <class T>
Columns<T> vectors_of(const T* panel, std::ptrdiff_t stride, std::ptrdiff_t rows, std::ptrdiff_t width) {
  Columns<T> v(rows, width);
  for (std::ptrdiff_t j = 0; j < width; ++j) {
    std::fill_n(v.at(0, j), j, T{0});
    *v.at(j, j) = 1;
    std::copy_n(panel + j + 1 + j * stride, rows - j - 1, v.at(j + 1, j));
  }
  return v;
}
template <class T>
Columns<T> vectors_of(const Columns<T>& a, std::ptrdiff_t k, std::ptrdiff_t width) {
  return vectors_of(a.at(k, k), a.stride(), a.rows() - k, width);
}

/// H_1 ... H_w = I - V T V', T upper triangular.
template <class T>
void join(const Columns<T>& v, const T* tau, T* t, std::ptrdiff_t stride) {
  const std::ptrdiff_t width = v.columns();
  Columns<T> gram(width, width);
  gemm<T>(true, false, width, width, v.rows(), 1, v.data(), v.stride(), v.data(), v.stride(), false, gram.data(),
          gram.stride());
  for (std::ptrdiff_t j = 0; j < width; ++j) {
    T* column = t + j * stride;
    for (std::ptrdiff_t i = 0; i < j; ++i) {
      T sum = 0;
      for (std::ptrdiff_t l = i; l < j; ++l) sum += t[i + l * stride] * *gram.at(l, j);
      column[i] = -tau[j] * sum;
    }
    column[j] = tau[j];
    std::fill(column + j + 1, column + width, T{0});
  }
}

/// x = (I - V op(T) V') x for some columns of x, which begin at the row of V's first.
template <class T>
void reflect(const Columns<T>& v, const T* t, std::ptrdiff_t t_stride, bool transposed, T* x, std::ptrdiff_t stride,
             std::ptrdiff_t count) {
  const std::ptrdiff_t width = v.columns();
  Columns<T> product(width, count), joined(width, count);
  gemm<T>(true, false, width, count, v.rows(), 1, v.data(), v.stride(), x, stride, false, product.data(),
          product.stride());
  gemm<T>(transposed, false, width, count, width, 1, t, t_stride, product.data(), product.stride(), false,
          joined.data(), joined.stride());
  gemm<T>(false, false, v.rows(), count, width, -1, v.data(), v.stride(), joined.data(), joined.stride(), true, x,
          stride);
}

/// The vectors of a panel and the triangle that joins them.
template <class T>
struct Joined {
  Columns<T> v, t;
};

}  // namespace

template <class T>
Reflections<T> factor_qr(Columns<T> matrix, bool parallel) {
  const std::ptrdiff_t m = matrix.rows(), n = matrix.columns(), rank = std::min(m, n);
  Reflections<T> qr{std::move(matrix), Columns<T>(std::min(kPanel, std::max<std::ptrdiff_t>(rank, 1)), rank)};
  Columns<T>& a = qr.a;
  Tensor<T, 1> tau({kPanel});
  for (std::ptrdiff_t k = 0; k < rank; k += kPanel) {
    throw_if_stopped();
    const std::ptrdiff_t width = std::min(kPanel, rank - k), next = k + width;
    qr_panel(m - k, width, a.at(k, k), a.stride(), tau.data());
    const Columns<T> v = vectors_of(a, k, width);
    T* t = qr.t.at(0, k);
    join(v, tau.data(), t, qr.t.stride());
    parallel_for(n - next, {kTile, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      reflect(v, t, qr.t.stride(), true, a.at(k, next + begin), a.stride(), end - begin);
    });
  }
  return qr;
}

template <class T>
Columns<T> orthonormal_columns(const Reflections<T>& qr, std::ptrdiff_t columns, bool parallel) {
  const std::ptrdiff_t rank = std::min(qr.a.rows(), qr.a.columns());
  Columns<T> q(qr.a.rows(), columns);
  fill_identity<T>(q.view(), parallel);
  for (std::ptrdiff_t k = (rank - 1) / kPanel * kPanel; k >= 0 && rank > 0; k -= kPanel) {
    throw_if_stopped();
    const Columns<T> v = vectors_of(qr.a, k, std::min(kPanel, rank - k));
    // Columns before k are still those of the identity, which these reflections leave alone.
    parallel_for(columns - k, {kTile, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      reflect(v, qr.t.at(0, k), qr.t.stride(), false, q.at(k, k + begin), q.stride(), end - begin);
    });
  }
  return q;
}

template <class T>
void apply_q(const Reflections<T>& qr, Columns<T>& x, bool parallel) {
  const std::ptrdiff_t rank = std::min(qr.a.rows(), qr.a.columns());
  for (std::ptrdiff_t k = (rank - 1) / kPanel * kPanel; k >= 0 && rank > 0; k -= kPanel) {
    throw_if_stopped();
    const Columns<T> v = vectors_of(qr.a, k, std::min(kPanel, rank - k));
    parallel_for(x.columns(), {kTile, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      reflect(v, qr.t.at(0, k), qr.t.stride(), false, x.at(k, begin), x.stride(), end - begin);
    });
  }
}

template <class T>
void apply(const Reflectors<T>& h, View<T, 2> x, bool parallel, bool identity) {
  const std::ptrdiff_t panels = (h.count + kPanel - 1) / kPanel;
  std::pmr::vector<Joined<T>> joined(static_cast<std::size_t>(panels), current_memory().get());
  parallel_for(panels, {1, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t panel = begin; panel < end; ++panel) {
      const std::ptrdiff_t k = panel * kPanel, width = std::min(kPanel, h.count - k);
      Joined<T>& j = joined[static_cast<std::size_t>(panel)];
      j = {vectors_of(h.vectors + k + k * h.stride, h.stride, h.rows - k, width), Columns<T>(width, width)};
      join(j.v, h.tau + k, j.t.data(), j.t.stride());
    }
  });
  // Each tile stays in the cache while all panels pass by: they are half of a matrix, which is read less often so.
  parallel_for(x.extent(1), {kTile, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t panel = panels; panel-- > 0;) {
      throw_if_stopped();
      const Joined<T>& j = joined[static_cast<std::size_t>(panel)];
      const std::ptrdiff_t row = panel * kPanel, first = identity ? std::max(begin, row) : begin;
      if (first < end)
        reflect(j.v, j.t.data(), j.t.stride(), false, x.data() + row + first * x.stride(1), x.stride(1), end - first);
    }
  });
}

#define LAGOON_REFLECTIONS(T)                                                              \
  template Reflections<T> factor_qr<T>(Columns<T>, bool);                                  \
  template Columns<T> orthonormal_columns<T>(const Reflections<T>&, std::ptrdiff_t, bool); \
  template void apply_q<T>(const Reflections<T>&, Columns<T>&, bool);                      \
  template void apply<T>(const Reflectors<T>&, View<T, 2>, bool, bool);
LAGOON_REFLECTIONS(double)
LAGOON_REFLECTIONS(float)

}  // namespace lagoon::matrix::detail
