// SPDX-License-Identifier: Apache-2.0
#include "covariance_simd.hpp"

#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3)
#define HWY_TARGET_INCLUDE "statistics/covariance_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::statistics::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Eight lanes at most: kPanel counts on it.
using D = hn::CappedTag<double, 8>;
using V = hn::Vec<D>;

HWY_INLINE V load_row(D d, const double* x) { return hn::LoadU(d, x); }
HWY_INLINE V load_row(D d, const float* x) { return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D>(), x)); }

template <class T>
void pack(const T* x, std::ptrdiff_t stride, const std::ptrdiff_t* rows, std::ptrdiff_t n, std::ptrdiff_t columns,
          double* tile) {
  const D d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const std::ptrdiff_t whole = columns / kPanel * kPanel;
  for (std::ptrdiff_t r = 0; r < n; ++r) {
    const T* in = x + rows[r] * stride;
    for (std::ptrdiff_t k = 0; k < whole; k += kPanel) {
      double* out = tile + k * n + r * kPanel;
      for (std::ptrdiff_t j = 0; j < kPanel; j += w) hn::StoreU(load_row(d, in + k + j), d, out + j);
    }
    for (std::ptrdiff_t k = whole; k < columns; ++k)
      tile[whole * n + r * kPanel + k - whole] = static_cast<double>(in[k]);
  }
}

/// Spreads the fetching of rows over many small pieces of other work.
class Fetcher {
 public:
  explicit Fetcher(const NextRows& next) : next_(next), row_(next.first) {}
  HWY_INLINE void lines(std::ptrdiff_t n) {
    for (; n > 0 && next_.rows > 0; --n) {
      __builtin_prefetch(row_ + at_, 0, 3);
      at_ += 64;
      if (at_ < next_.bytes) continue;
      at_ = 0;
      row_ += next_.stride;
      --next_.rows;
    }
  }

 private:
  NextRows next_;
  const char* row_;
  std::ptrdiff_t at_ = 0;
};

// 4 rows by 2 vectors of c stay in registers while the rows of the tile pass by.
HWY_INLINE void add_block(const double* tile, std::ptrdiff_t rows, std::ptrdiff_t width, std::ptrdiff_t i,
                          std::ptrdiff_t j, double* c) {
  const D d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  V a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  const double* left = tile + i / kPanel * kPanel * rows + i % kPanel;
  const double* right = tile + j / kPanel * kPanel * rows + j % kPanel;
  for (std::ptrdiff_t r = 0; r < rows; ++r, left += kPanel, right += kPanel) {
    const V p = hn::LoadU(d, right), q = hn::LoadU(d, right + w);
    const V x0 = hn::Set(d, left[0]), x1 = hn::Set(d, left[1]);
    const V x2 = hn::Set(d, left[2]), x3 = hn::Set(d, left[3]);
    a0 = hn::MulAdd(x0, p, a0);
    b0 = hn::MulAdd(x0, q, b0);
    a1 = hn::MulAdd(x1, p, a1);
    b1 = hn::MulAdd(x1, q, b1);
    a2 = hn::MulAdd(x2, p, a2);
    b2 = hn::MulAdd(x2, q, b2);
    a3 = hn::MulAdd(x3, p, a3);
    b3 = hn::MulAdd(x3, q, b3);
  }
  const auto add = [&](std::ptrdiff_t k, V a, V b) HWY_ATTR {
    double* out = c + (i + k) * width + j;
    hn::StoreU(hn::Add(hn::LoadU(d, out), a), d, out);
    hn::StoreU(hn::Add(hn::LoadU(d, out + w), b), d, out + w);
  };
  add(0, a0, b0);
  add(1, a1, b1);
  add(2, a2, b2);
  add(3, a3, b3);
}

/// The same for the right one of two vectors alone, where the left one is below the diagonal.
HWY_INLINE void add_right_block(const double* tile, std::ptrdiff_t rows, std::ptrdiff_t width, std::ptrdiff_t i,
                                std::ptrdiff_t j, double* c) {
  const D d;
  V a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0;
  const double* left = tile + i / kPanel * kPanel * rows + i % kPanel;
  const double* right = tile + j / kPanel * kPanel * rows + j % kPanel;
  for (std::ptrdiff_t r = 0; r < rows; ++r, left += kPanel, right += kPanel) {
    const V p = hn::LoadU(d, right);
    a0 = hn::MulAdd(hn::Set(d, left[0]), p, a0);
    a1 = hn::MulAdd(hn::Set(d, left[1]), p, a1);
    a2 = hn::MulAdd(hn::Set(d, left[2]), p, a2);
    a3 = hn::MulAdd(hn::Set(d, left[3]), p, a3);
  }
  const auto add = [&](std::ptrdiff_t k, V a) HWY_ATTR {
    double* out = c + (i + k) * width + j;
    hn::StoreU(hn::Add(hn::LoadU(d, out), a), d, out);
  };
  add(0, a0);
  add(1, a1);
  add(2, a2);
  add(3, a3);
}

void accumulate(double* tile, std::ptrdiff_t rows, std::ptrdiff_t width, const double* pivot, double* mean, double* c,
                const NextRows& next) {
  const D d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const V count = hn::Set(d, static_cast<double>(rows));
  for (std::ptrdiff_t j = 0; j < width; j += w) {
    const V far = hn::LoadU(d, pivot + j);
    V sum = hn::Zero(d), sum2 = sum;
    double* column = tile + j / kPanel * kPanel * rows + j % kPanel;
    std::ptrdiff_t r = 0;
    for (; r + 2 <= rows; r += 2) {
      sum = hn::Add(sum, hn::Sub(hn::LoadU(d, column + r * kPanel), far));
      sum2 = hn::Add(sum2, hn::Sub(hn::LoadU(d, column + (r + 1) * kPanel), far));
    }
    if (r < rows) sum = hn::Add(sum, hn::Sub(hn::LoadU(d, column + r * kPanel), far));
    const V near = hn::Div(hn::Add(sum, sum2), count);
    hn::StoreU(near, d, mean + j);
    const V m = hn::Add(far, near);
    // The zeros behind the last variable have pivot and mean 0 and stay zeros.
    for (r = 0; r < rows; ++r) hn::StoreU(hn::Sub(hn::LoadU(d, column + r * kPanel), m), d, column + r * kPanel);
  }
  Fetcher fetcher(next);
  const std::ptrdiff_t blocks = width * (width + 2 * w) / (16 * w);
  const std::ptrdiff_t each = next.rows * ((next.bytes + 63) / 64) / blocks + 1;
  for (std::ptrdiff_t j = 0; j < width; j += 2 * w) {
    const std::ptrdiff_t both = w < 4 ? j + 2 * w : j + w;  // rows come in fours
    for (std::ptrdiff_t i = 0; i < both; i += 4) {
      fetcher.lines(each);
      add_block(tile, rows, width, i, j, c);
    }
    for (std::ptrdiff_t i = both; i < j + 2 * w; i += 4) {
      fetcher.lines(each);
      add_right_block(tile, rows, width, i, j + w, c);
    }
  }
}

void add_outer(const double* x, double factor, std::ptrdiff_t width, double* c) {
  const D d;
  const auto w = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  for (std::ptrdiff_t i = 0; i < width; ++i) {
    const V a = hn::Set(d, factor * x[i]);
    for (std::ptrdiff_t j = i - i % w; j < width; j += w) {
      double* out = c + i * width + j;
      hn::StoreU(hn::MulAdd(a, hn::LoadU(d, x + j), hn::LoadU(d, out)), d, out);
    }
  }
}

CovarianceKernels covariance_kernels_here() { return {&pack<double>, &pack<float>, &accumulate, &add_outer}; }

}  // namespace
}  // namespace lagoon::statistics::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::statistics::detail {

HWY_EXPORT(covariance_kernels_here);

const CovarianceKernels& covariance_kernels() {
  static const CovarianceKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(covariance_kernels_here)());
  return chosen;
}

}  // namespace lagoon::statistics::detail
#endif
