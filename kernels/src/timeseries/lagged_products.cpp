// SPDX-License-Identifier: Apache-2.0
#include "lagged_products.hpp"

#include <algorithm>
#include <lagoon/engine/parallel.hpp>

#include "fourier_lanes.hpp"
#include "lagged_products_simd.hpp"

namespace lagoon::timeseries::detail {
namespace {

using Sums = Tensor<double, 1>;

/// Copies [begin, begin + count) to out, `step` elements apart; 0 beyond the end of the series.
void copy(const Deviations& x, std::ptrdiff_t begin, std::ptrdiff_t count, double* out, std::ptrdiff_t step = 1) {
  const std::ptrdiff_t there = std::clamp<std::ptrdiff_t>(x.x.size() - begin, 0, count);
  for (std::ptrdiff_t t = 0; t < there; ++t) out[t * step] = x(begin + t);
  for (std::ptrdiff_t t = there; t < count; ++t) out[t * step] = 0;
}

template <class T>
Tensor<T, 1> add(Tensor<T, 1> a, const Tensor<T, 1>& b) {
  for (std::ptrdiff_t k = 0; k < a.size(); ++k) a[k] += b[k];
  return a;
}

// Few lags: one product after the other, in blocks that stay in the first-level cache.

constexpr std::ptrdiff_t kBlock = 2048;
constexpr std::ptrdiff_t kBlocksOfATask = 16;

Sums multiply_out(const Deviations& x, const Deviations& y, std::ptrdiff_t lags, bool parallel) {
  const LagKernels& kernels = lag_kernels();
  const std::ptrdiff_t ahead = kBlock + lags + 4 * kWidest;
  return parallel_reduce<Sums>(
      x.x.size(), {kBlocksOfATask * kBlock, parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        Sums sums = Sums::zeros({lags + 1}), later({ahead}), now({&x == &y ? 0 : kBlock});
        for (std::ptrdiff_t t = begin; t < end; t += kBlock) {
          copy(x, t, ahead, later.data());
          if (&x != &y) copy(y, t, kBlock, now.data());
          kernels.add_products(later.data(), &x == &y ? later.data() : now.data(), kBlock, lags, sums.data());
        }
        return sums;
      },
      add<double>);
}

// Many lags: products of spectra. A block of `length` >= lags numbers of y meets itself and the block behind in x; the
// spectrum of both blocks is the sum of their own, each of a block with as many zeros, where every other frequency of
// the second changes its sign (Rader 1970). So each block is transformed once, the spectra of products are added, and
// one inverse makes the sums.
//
// A transform takes several blocks at once, from as many `runs` of consecutive blocks: in real and imaginary parts,
// whose products with one another end in the imaginary part of the sums, and in lanes.

template <class C>
constexpr int kRuns = static_cast<int>(sizeof(C) / sizeof(double));

/// Where run r of a complex number is written: real parts of all lanes, then imaginary ones.
double* run(Tensor<Complex, 1>& z, int r) { return reinterpret_cast<double*>(z.data()) + r; }
double* run(Tensor<ComplexLanes, 1>& z, int r) { return reinterpret_cast<double*>(z.data()) + r; }

/// conj(a) * b, added to s.
template <class C>
void add_product(const C& a, const C& b, C& s) {
  s += C(a.real() * b.real() + a.imag() * b.imag(), a.real() * b.imag() - a.imag() * b.real());
}

constexpr std::ptrdiff_t kSpectrumGrain = 1 << 14;  // frequencies, or numbers, of a task

/// What one part of a series adds to the spectrum of the sums: `blocks` blocks of each run.
template <class C>
class Part {
 public:
  Part(const Deviations& x, const Deviations& y, std::ptrdiff_t length, bool parallel)
      : x_(x),
        y_(y),
        length_(length),
        grain_{kSpectrumGrain, parallel},
        in_({2 * length}),
        now_({2 * length}),
        next_({2 * length}),
        other_({&x == &y ? 0 : 2 * length}),
        sum_(Tensor<C, 1>::zeros({2 * length})) {}

  template <class Transform>
  Tensor<C, 1> spectrum(std::ptrdiff_t first, std::ptrdiff_t blocks, Transform transform) && {
    read(x_, first, blocks);
    transform(in_, now_);
    for (std::ptrdiff_t b = 0; b < blocks; ++b) {
      if (&x_ != &y_) {
        read(y_, first + b, blocks);
        transform(in_, other_);
      }
      if ((first + b + 1) * length_ < x_.x.size()) {
        read(x_, first + b + 1, blocks);
        transform(in_, next_);
      } else {
        std::fill_n(next_.data(), next_.size(), C());
      }
      add_products(&x_ == &y_ ? now_ : other_);
      std::swap(now_, next_);
    }
    return std::move(sum_);
  }

 private:
  /// Block `first` of the first run and those of the others, which are `blocks` long; zeros behind.
  void read(const Deviations& from, std::ptrdiff_t first, std::ptrdiff_t blocks) {
    parallel_for(length_, grain_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (int r = 0; r < kRuns<C>; ++r)
        copy(from, (first + r * blocks) * length_ + begin, end - begin, run(in_, r) + begin * kRuns<C>, kRuns<C>);
      std::fill(in_.data() + length_ + begin, in_.data() + length_ + end, C());
    });
  }

  void add_products(const Tensor<C, 1>& y) {
    parallel_for(length_, grain_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t f = 2 * begin; f < 2 * end; f += 2) {
        add_product(y[f], now_[f] + next_[f], sum_[f]);
        add_product(y[f + 1], now_[f + 1] - next_[f + 1], sum_[f + 1]);
      }
    });
  }

  const Deviations &x_, &y_;
  std::ptrdiff_t length_;
  Grain grain_;
  Tensor<C, 1> in_, now_, next_, other_, sum_;
};

/// The sums whose spectrum that is, but for the imaginary parts.
Sums sums_of(Tensor<Complex, 1> spectrum, std::ptrdiff_t lags, bool parallel) {
  parallel_for(spectrum.size(), {kSpectrumGrain, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t f = begin; f < end; ++f) spectrum[f] = std::conj(spectrum[f]);
  });
  Tensor<Complex, 1> back({spectrum.size()});
  transform(spectrum, back, parallel);
  Sums sums({lags + 1});
  for (std::ptrdiff_t k = 0; k <= lags; ++k) sums[k] = back[k].real() / static_cast<double>(spectrum.size());
  return sums;
}

constexpr std::ptrdiff_t kBlocksOfARun = 32;  // one more is transformed twice

/// Blocks that fit into the caches: parts of the series on each core.
Sums multiply_short_spectra(const Deviations& x, const Deviations& y, std::ptrdiff_t lags, std::ptrdiff_t length,
                            bool parallel) {
  constexpr int kTogether = kRuns<ComplexLanes>;
  const std::ptrdiff_t blocks = (x.x.size() + length - 1) / length;
  auto spectrum = parallel_reduce<Tensor<Complex, 1>>(
      blocks, {kTogether * kBlocksOfARun, parallel},
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        LaneTransform lanes(2 * length);
        const std::ptrdiff_t each = (end - begin + kTogether - 1) / kTogether;
        const auto sum = Part<ComplexLanes>(x, y, length, false).spectrum(begin, each, [&](const auto& in, auto& out) {
          lanes(in.data(), out.data());
        });
        Tensor<Complex, 1> both({sum.size()});
        for (std::ptrdiff_t f = 0; f < sum.size(); ++f) both[f] = {sum[f].real().sum(), sum[f].imag().sum()};
        return both;
      },
      add<Complex>);
  return sums_of(std::move(spectrum), lags, parallel);
}

/// Blocks that do not: all cores on each transform.
Sums multiply_long_spectra(const Deviations& x, const Deviations& y, std::ptrdiff_t lags, std::ptrdiff_t length,
                           bool parallel) {
  constexpr int kTogether = kRuns<Complex>;
  const std::ptrdiff_t blocks = (x.x.size() + length - 1) / length;
  auto spectrum = Part<Complex>(x, y, length, parallel)
                      .spectrum(0, (blocks + kTogether - 1) / kTogether,
                                [&](const auto& in, auto& out) { transform(in, out, parallel); });
  return sums_of(std::move(spectrum), lags, parallel);
}

// Where both ways take as long: measured at 80 lags with SSE2, 150 with AVX2, 310 with AVX-512.
constexpr std::ptrdiff_t kFewLagsPerLane = 40;
constexpr std::ptrdiff_t kShortestBlock = 128;

}  // namespace

Tensor<double, 1> lagged_products(const Deviations& x, const Deviations& y, std::ptrdiff_t lags, bool parallel) {
  const std::ptrdiff_t there = std::min(lags, x.x.size() - 1);
  const std::ptrdiff_t length = smooth_from(std::max(there, kShortestBlock));
  Sums sums = there <= kFewLagsPerLane * lag_kernels().width ? multiply_out(x, y, there, parallel)
              : 2 * length <= LaneTransform::kLongest        ? multiply_short_spectra(x, y, there, length, parallel)
                                                             : multiply_long_spectra(x, y, there, length, parallel);
  if (there == lags) return sums;
  Sums all = Sums::zeros({lags + 1});
  std::copy_n(sums.data(), there + 1, all.data());
  return all;
}

}  // namespace lagoon::timeseries::detail
