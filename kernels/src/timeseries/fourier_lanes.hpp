// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <complex>
#include <cstddef>
#include <lagoon/core/tensor.hpp>
#include <memory>

// The library's Fourier transform, several at a time: it takes any type of number, so that a number that is two doubles
// side by side transforms two series in the time of one, in the vectors that every processor has.
namespace lagoon::timeseries::detail {

/// Two doubles that are added and multiplied side by side.
class Lanes {
 public:
  static constexpr int kCount = 2;

  Lanes() = default;
  Lanes(double x) : both_{x, x} {}  // NOLINT: a number of the library's formulas
  Lanes(double first, double second) : both_{first, second} {}

  double operator[](int k) const { return both_[k]; }
  double sum() const { return both_[0] + both_[1]; }

  Lanes& operator+=(const Lanes& b) { return both_ += b.both_, *this; }
  Lanes& operator-=(const Lanes& b) { return both_ -= b.both_, *this; }
  Lanes& operator*=(const Lanes& b) { return both_ *= b.both_, *this; }
  friend Lanes operator+(Lanes a, const Lanes& b) { return a += b; }
  friend Lanes operator-(Lanes a, const Lanes& b) { return a -= b; }
  friend Lanes operator*(Lanes a, const Lanes& b) { return a *= b; }
  friend Lanes operator-(Lanes a) {
    a.both_ = -a.both_;
    return a;
  }

 private:
  // Of GCC and Clang; two of SSE2's or NEON's.
  using Pair = double __attribute__((vector_size(2 * sizeof(double))));
  Pair both_;
};

using Complex = std::complex<double>;
using ComplexLanes = std::complex<Lanes>;

/// Lengths that the library is fast at: those without a prime factor above 5.
bool smooth(std::ptrdiff_t n);

/// The least smooth even number from `least` on that is a power of two, or three or five times one.
std::ptrdiff_t smooth_from(std::ptrdiff_t least);

/// Lanes::kCount transforms side by side, of one smooth length: to[f] = sum over t of from[t] exp(-2 pi i f t / n).
/// Holds a table of n numbers; one thread at a time.
class LaneTransform {
 public:
  static constexpr std::ptrdiff_t kLongest = 1 << 15;  ///< below a millisecond, and in the second-level cache

  explicit LaneTransform(std::ptrdiff_t n);
  ~LaneTransform();
  void operator()(const ComplexLanes* from, ComplexLanes* to);

 private:
  struct Library;
  std::unique_ptr<Library> library_;
};

/// One transform of any smooth length, cut into short ones, by all cores where it is long.
///   throws  cancelled, deadline_exceeded
void transform(const Tensor<Complex, 1>& from, Tensor<Complex, 1>& to, bool parallel);

}  // namespace lagoon::timeseries::detail
