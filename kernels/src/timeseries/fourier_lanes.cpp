// SPDX-License-Identifier: Apache-2.0
#include "fourier_lanes.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>
#include <numbers>
#include <unsupported/Eigen/FFT>

namespace lagoon::timeseries::detail {

bool smooth(std::ptrdiff_t n) {
  for (std::ptrdiff_t p : {2, 3, 5})
    while (n % p == 0) n /= p;
  return n == 1;
}

std::ptrdiff_t smooth_from(std::ptrdiff_t least) {
  const auto times_power = [least](std::ptrdiff_t odd) {
    const auto rest = static_cast<std::size_t>(std::max<std::ptrdiff_t>((least + odd - 1) / odd, 2));
    return odd * static_cast<std::ptrdiff_t>(std::bit_ceil(rest));
  };
  return std::min({times_power(1), times_power(3), times_power(5)});
}

struct LaneTransform::Library {
  Eigen::FFT<Lanes> fft;
  int n;
};

LaneTransform::LaneTransform(std::ptrdiff_t n) : library_(new Library{{}, static_cast<int>(n)}) {}
LaneTransform::~LaneTransform() = default;

void LaneTransform::operator()(const ComplexLanes* from, ComplexLanes* to) { library_->fft.fwd(to, from, library_->n); }

namespace {

constexpr std::ptrdiff_t kShort = 4096;                   // whole in the second-level cache, twiddles and all
constexpr std::ptrdiff_t kTogether = 16 * Lanes::kCount;  // columns of a task: whole lines of the cache, few tables

/// Without the care that operator* takes of infinities.
Complex product(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

/// exp(-2 pi i k / n) for any k below n, of two short tables: the error of one product more.
class Roots {
 public:
  explicit Roots(std::ptrdiff_t n)
      : shift_(std::bit_width(static_cast<std::size_t>(n)) / 2),
        fine_({std::ptrdiff_t{1} << shift_}),
        coarse_({(n >> shift_) + 1}) {
    for (std::ptrdiff_t k = 0; k < fine_.size(); ++k) fine_[k] = root(k, n);
    for (std::ptrdiff_t k = 0; k < coarse_.size(); ++k) coarse_[k] = root(k << shift_, n);
  }
  Complex operator()(std::ptrdiff_t k) const { return product(coarse_[k >> shift_], fine_[k & (fine_.size() - 1)]); }

 private:
  static Complex root(std::ptrdiff_t k, std::ptrdiff_t n) {
    return std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n));
  }
  int shift_;
  Tensor<Complex, 1> fine_, coarse_;
};

/// The largest divisor of a smooth n that is not above its root.
std::ptrdiff_t half_of(std::ptrdiff_t n) {
  std::ptrdiff_t best = 1;
  for (std::ptrdiff_t a = 1; a * a <= n && n % a == 0; a *= 2)
    for (std::ptrdiff_t b = a; b * b <= n && n % b == 0; b *= 3)
      for (std::ptrdiff_t c = b; c * c <= n && n % c == 0; c *= 5) best = std::max(best, c);
  return best;
}

/// Transforms `count` series of length n side by side: series s is from[s + count * t], its transform goes to
/// put(s, f, value), parts of them on each core.
template <class Put>
void transform_columns(const Complex* from, std::ptrdiff_t n, std::ptrdiff_t count, bool parallel, Put put) {
  parallel_for(count, {kTogether, parallel}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    LaneTransform lanes(n);
    Tensor<ComplexLanes, 1> in({n}), out({n});
    for (std::ptrdiff_t s = begin; s < end; s += Lanes::kCount) {
      throw_if_stopped();
      const std::ptrdiff_t other = std::min(s + 1, end - 1);  // an odd one is done twice
      for (std::ptrdiff_t t = 0; t < n; ++t) {
        const Complex a = from[s + count * t], b = from[other + count * t];
        in[t] = {{a.real(), b.real()}, {a.imag(), b.imag()}};
      }
      lanes(in.data(), out.data());
      for (std::ptrdiff_t f = 0; f < n; ++f) {
        put(s, f, Complex(out[f].real()[0], out[f].imag()[0]));
        put(other, f, Complex(out[f].real()[1], out[f].imag()[1]));
      }
    }
  });
}

}  // namespace

// Gentleman & Sande 1966: with n = rows * columns, t = s + columns * u and f = g + rows * h, the sum over t is a
// transform over u of each column s, a rotation by s g / n, and a transform over s for each g.
void transform(const Tensor<Complex, 1>& from, Tensor<Complex, 1>& to, bool parallel) {
  const std::ptrdiff_t n = from.size(), rows = n <= kShort ? n : half_of(n), columns = n / rows;
  if (columns == 1) {
    transform_columns(from.data(), n, 1, false, [&](std::ptrdiff_t, std::ptrdiff_t f, Complex v) { to[f] = v; });
    return;
  }
  const Roots roots(n);
  Tensor<Complex, 1> turned({n});
  transform_columns(from.data(), rows, columns, parallel, [&](std::ptrdiff_t s, std::ptrdiff_t g, Complex v) {
    turned[g + rows * s] = product(v, roots(s * g));
  });
  transform_columns(turned.data(), columns, rows, parallel,
                    [&](std::ptrdiff_t g, std::ptrdiff_t h, Complex v) { to[g + rows * h] = v; });
}

}  // namespace lagoon::timeseries::detail
