// SPDX-License-Identifier: Apache-2.0
#include "rolling_simd.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <lagoon/kernels/simd.hpp>
#include <limits>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3)
#define HWY_TARGET_INCLUDE "timeseries/rolling_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::timeseries::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using F64 = hn::ScalableTag<double>;
using V64 = hn::Vec<F64>;
using M64 = hn::Mask<F64>;
constexpr std::ptrdiff_t kLanes = hn::MaxLanes(F64());

struct Sum {
  static constexpr double kNothing = 0;
  static HWY_INLINE V64 of(V64 a, V64 b) { return hn::Add(a, b); }
};
struct Least {
  static constexpr double kNothing = std::numeric_limits<double>::infinity();
  static HWY_INLINE V64 of(V64 a, V64 b) { return hn::Min(a, b); }
};
struct Most {
  static constexpr double kNothing = -std::numeric_limits<double>::infinity();
  static HWY_INLINE V64 of(V64 a, V64 b) { return hn::Max(a, b); }
};

enum class Towards { back, front };

/// Adds up the lanes of a vector, each with those behind it (towards the front: up to it), in log2(kLanes) steps
/// (Sklansky 1960): in step s, pairs of groups of s lanes, the one takes what the other's outermost lane holds.
template <Towards Way>
class LaneScan {
 public:
  HWY_INLINE LaneScan() : one_(step<1>()), two_(step<2>()), four_(step<4>()), all_(whole()) {}

  template <class Op>
  HWY_INLINE V64 scan(V64 v) const {
    v = take<Op>(v, one_);
    if constexpr (kLanes > 2) v = take<Op>(v, two_);
    if constexpr (kLanes > 4) v = take<Op>(v, four_);
    return v;
  }
  /// The lane that holds all of a scanned vector, in every lane.
  HWY_INLINE V64 total(V64 scanned) const { return hn::TableLookupLanes(scanned, all_); }

 private:
  using Indices = decltype(hn::SetTableIndices(F64(), static_cast<const std::int64_t*>(nullptr)));
  struct Step {
    Indices from;
    M64 takes;
  };

  struct Table {
    std::array<std::int64_t, kLanes> from{};
    std::array<double, kLanes> takes{};
  };
  static constexpr Table table(std::ptrdiff_t size) {
    Table t;
    for (std::ptrdiff_t lane = 0; lane < kLanes; ++lane) {
      const std::ptrdiff_t pair = lane / (2 * size) * 2 * size;
      const bool upper = lane - pair >= size, takes = kLanes > 1 && upper == (Way == Towards::front);
      const auto k = static_cast<std::size_t>(lane);
      t.takes[k] = takes;
      t.from[k] = !takes ? lane : Way == Towards::front ? pair + size - 1 : pair + size;
    }
    return t;
  }
  template <std::ptrdiff_t Size>
  static HWY_INLINE Step step() {
    static constexpr Table kTable = table(Size);
    const F64 d;
    return {hn::SetTableIndices(d, kTable.from.data()), hn::Gt(hn::LoadU(d, kTable.takes.data()), hn::Zero(d))};
  }
  static HWY_INLINE Indices whole() {
    static constexpr auto kFrom = [] {
      std::array<std::int64_t, kLanes> from{};
      for (std::int64_t& lane : from) lane = Way == Towards::front ? kLanes - 1 : 0;
      return from;
    }();
    return hn::SetTableIndices(F64(), kFrom.data());
  }
  template <class Op>
  static HWY_INLINE V64 take(V64 v, const Step& step) {
    return hn::IfThenElse(step.takes, Op::of(v, hn::TableLookupLanes(v, step.from)), v);
  }

  Step one_, two_, four_;
  Indices all_;
};

/// One quantity that is added up along a stretch. What came before the stretch is added last: sums of a stretch stay
/// small beside it, and their chain is short.
template <class Op, Towards Way>
class Chain {
 public:
  HWY_INLINE explicit Chain(double carry) : carry_(hn::Set(F64(), carry)), here_(hn::Set(F64(), Op::kNothing)) {}

  HWY_INLINE V64 next(V64 v, const LaneScan<Way>& lanes) {
    const V64 scanned = lanes.template scan<Op>(v);
    const V64 result = Op::of(carry_, Op::of(here_, scanned));
    here_ = Op::of(here_, lanes.total(scanned));
    return result;
  }
  HWY_INLINE double carry() const { return hn::GetLane(Op::of(carry_, here_)); }

 private:
  V64 carry_, here_;
};

/// Whether numbers are finite, one look at the end: zero times any other is NaN and stays it.
class AllFinite {
 public:
  HWY_INLINE AllFinite() : seen_(hn::Zero(F64())) {}
  HWY_INLINE void look(V64 v) { seen_ = hn::MulAdd(v, hn::Zero(F64()), seen_); }
  HWY_INLINE explicit operator bool() const { return hn::AllTrue(F64(), hn::Eq(seen_, seen_)); }

 private:
  V64 seen_;
};

/// Whether there is no NaN.
class NoneMissing {
 public:
  HWY_INLINE NoneMissing() : seen_(hn::Zero(F64())) {}
  HWY_INLINE void look(V64 v) { seen_ = hn::Or(seen_, hn::VecFromMask(F64(), hn::IsNaN(v))); }
  HWY_INLINE explicit operator bool() const { return hn::AllTrue(F64(), hn::Eq(seen_, seen_)); }

 private:
  V64 seen_;
};

/// body(i, whole) for full vectors from the front, and body(i, mask) for what is left; out[i] of full vectors are
/// aligned where they are streamed.
template <bool Stream, class Body>
HWY_INLINE void forwards(std::ptrdiff_t n, const double* out, Body body) {
  const F64 d;
  std::ptrdiff_t i = 0;
  if constexpr (Stream) {
    const auto beyond = static_cast<std::ptrdiff_t>(reinterpret_cast<std::uintptr_t>(out) / sizeof(double) % kLanes);
    i = std::min(n, (kLanes - beyond) % kLanes);
    if (i > 0) body(std::ptrdiff_t{0}, hn::FirstN(d, static_cast<std::size_t>(i)));
  }
  for (; i + kLanes <= n; i += kLanes) body(i, std::true_type());
  if (i < n) body(i, hn::FirstN(d, static_cast<std::size_t>(n - i)));
}
/// The same from the back: what is left is at the front.
template <class Body>
HWY_INLINE void backwards(std::ptrdiff_t n, Body body) {
  std::ptrdiff_t i = n - kLanes;
  for (; i >= 0; i -= kLanes) body(i, std::true_type());
  if (i > -kLanes) body(std::ptrdiff_t{0}, hn::FirstN(F64(), static_cast<std::size_t>(i + kLanes)));
}

HWY_INLINE V64 load(const double* x, std::true_type) { return hn::LoadU(F64(), x); }
// Of two lanes, one is left: below AVX2 Highway's masked loads and stores touch the other one too.
HWY_INLINE V64 load(const double* x, M64 mask) {
  if constexpr (kLanes <= 2) return hn::IfThenElseZero(mask, hn::Set(F64(), *x));
  return hn::MaskedLoad(mask, F64(), x);
}
HWY_INLINE void store(V64 v, double* x, std::true_type) { hn::StoreU(v, F64(), x); }
HWY_INLINE void store(V64 v, double* x, M64 mask) {
  if constexpr (kLanes <= 2)
    *x = hn::GetLane(v);
  else
    hn::BlendedStore(v, mask, F64(), x);
}
/// A result. Streamed, it does not come into the cache, which spares reading what stood there before.
template <bool Stream>
HWY_INLINE void put(V64 v, double* out, std::true_type) {
  if constexpr (Stream)
    hn::Stream(v, F64(), out);
  else
    hn::StoreU(v, F64(), out);
}
template <bool Stream>
HWY_INLINE void put(V64 v, double* out, M64 mask) {
  store(v, out, mask);
}
/// Lanes outside the mask become nothing.
template <class Op>
HWY_INLINE V64 kept(V64 v, std::true_type) {
  return v;
}
template <class Op>
HWY_INLINE V64 kept(V64 v, M64 mask) {
  return hn::IfThenElse(mask, v, hn::Set(F64(), Op::kNothing));
}

/// How many numbers windows have: all the same, or each its own.
class Widths {
 public:
  HWY_INLINE Widths(const RollingTerms& terms, const double* counts)
      : counts_(counts),
        ddof_(hn::Set(F64(), terms.ddof)),
        width_(hn::Set(F64(), static_cast<double>(terms.length))),
        inverse_(hn::Div(hn::Set(F64(), 1), width_)),
        inverse_free_(hn::Div(hn::Set(F64(), 1), hn::Sub(width_, ddof_))) {}

  template <class Mask>
  HWY_INLINE V64 mean(V64 sum, V64 centre, std::ptrdiff_t i, Mask mask) const {
    return hn::Add(centre, hn::Div(sum, counts_ ? count(i, mask) : width_));
  }
  /// Squares about a number c of the window itself exceed those about its mean by a factor of at most length + 1, since
  /// (c - mean)^2 is one of the latter: that much of the last digits may be lost, and usually a factor of two is.
  template <class Mask>
  HWY_INLINE V64 squares_about_mean(V64 sum, V64 squares, std::ptrdiff_t i, Mask mask) const {
    const V64 mean = counts_ ? hn::Div(sum, count(i, mask)) : hn::Mul(sum, inverse_);
    return hn::NegMulAdd(mean, sum, squares);
  }
  template <class Mask>
  HWY_INLINE V64 deviation(V64 squares, std::ptrdiff_t i, Mask mask) const {
    const V64 positive = hn::Max(squares, hn::Zero(F64()));
    return hn::Sqrt(counts_ ? hn::Div(positive, hn::Sub(count(i, mask), ddof_)) : hn::Mul(positive, inverse_free_));
  }

 private:
  template <class Mask>
  HWY_INLINE V64 count(std::ptrdiff_t i, Mask mask) const {
    return hn::Max(load(counts_ + i, mask), hn::Set(F64(), 1));  // outside the mask too, where nothing is divided
  }

  const double* counts_;
  V64 ddof_, width_, inverse_, inverse_free_;
};

bool sums_before(const double* x, std::ptrdiff_t n, const RollingTerms& terms, RollingCarry& carry, double* first,
                 double*) {
  const LaneScan<Towards::back> lanes;
  const V64 centre = hn::Set(F64(), terms.centre);
  Chain<Sum, Towards::back> sum(carry.first);
  backwards(n, [&](std::ptrdiff_t i, auto mask) HWY_ATTR {
    store(sum.next(kept<Sum>(hn::Sub(load(x + i, mask), centre), mask), lanes), first + i, mask);
  });
  carry.first = sum.carry();
  return true;
}

template <bool Stream>
bool means_after(const double* x, std::ptrdiff_t n, const RollingTerms& terms, RollingCarry& carry, const double* first,
                 const double*, const double* counts, double* out) {
  const LaneScan<Towards::front> lanes;
  const V64 centre = hn::Set(F64(), terms.centre);
  const Widths widths(terms, counts);
  Chain<Sum, Towards::front> sum(carry.first);
  AllFinite finite;
  forwards<Stream>(n, out, [&](std::ptrdiff_t i, auto mask) HWY_ATTR {
    const V64 behind = sum.next(kept<Sum>(hn::Sub(load(x + i, mask), centre), mask), lanes);
    const V64 mean = widths.mean(hn::Add(load(first + i, mask), behind), centre, i, mask);
    finite.look(mean);
    put<Stream>(mean, out + i, mask);
  });
  carry.first = sum.carry();
  return static_cast<bool>(finite);
}

template <bool Stream>
bool means_direct(const double* x, std::ptrdiff_t n, const RollingTerms& terms, double* out) {
  const Widths widths(terms, nullptr);
  AllFinite finite;
  forwards<Stream>(n, out, [&](std::ptrdiff_t i, auto mask) HWY_ATTR {
    const V64 centre = load(x + i + terms.length - 1, mask);
    V64 sum = hn::Zero(F64());
    for (std::ptrdiff_t k = 0; k + 1 < terms.length; ++k) sum = hn::Add(sum, hn::Sub(load(x + i + k, mask), centre));
    const V64 mean = widths.mean(sum, centre, i, mask);
    finite.look(mean);
    put<Stream>(mean, out + i, mask);
  });
  return static_cast<bool>(finite);
}

bool squares_before(const double* x, std::ptrdiff_t n, const RollingTerms& terms, RollingCarry& carry, double* first,
                    double* second) {
  const LaneScan<Towards::back> lanes;
  const V64 centre = hn::Set(F64(), terms.centre);
  Chain<Sum, Towards::back> sum(carry.first), squares(carry.second);
  backwards(n, [&](std::ptrdiff_t i, auto mask) HWY_ATTR {
    const V64 t = kept<Sum>(hn::Sub(load(x + i, mask), centre), mask);
    store(sum.next(t, lanes), first + i, mask);
    store(squares.next(hn::Mul(t, t), lanes), second + i, mask);
  });
  carry = {sum.carry(), squares.carry()};
  return true;
}

template <bool Stream>
bool deviations_after(const double* x, std::ptrdiff_t n, const RollingTerms& terms, RollingCarry& carry,
                      const double* first, const double* second, const double* counts, double* out) {
  const LaneScan<Towards::front> lanes;
  const V64 centre = hn::Set(F64(), terms.centre);
  const Widths widths(terms, counts);
  Chain<Sum, Towards::front> sum(carry.first), squares(carry.second);
  AllFinite finite;
  forwards<Stream>(n, out, [&](std::ptrdiff_t i, auto mask) HWY_ATTR {
    const V64 t = kept<Sum>(hn::Sub(load(x + i, mask), centre), mask);
    const V64 s = hn::Add(load(first + i, mask), sum.next(t, lanes));
    const V64 q = hn::Add(load(second + i, mask), squares.next(hn::Mul(t, t), lanes));
    const V64 about_mean = widths.squares_about_mean(s, q, i, mask);
    finite.look(about_mean);
    put<Stream>(widths.deviation(about_mean, i, mask), out + i, mask);
  });
  carry = {sum.carry(), squares.carry()};
  return static_cast<bool>(finite);
}

template <bool Stream>
bool deviations_direct(const double* x, std::ptrdiff_t n, const RollingTerms& terms, double* out) {
  const Widths widths(terms, nullptr);
  AllFinite finite;
  forwards<Stream>(n, out, [&](std::ptrdiff_t i, auto mask) HWY_ATTR {
    const V64 centre = load(x + i + terms.length - 1, mask);
    V64 sum = hn::Zero(F64()), squares = sum;
    for (std::ptrdiff_t k = 0; k + 1 < terms.length; ++k) {
      const V64 t = hn::Sub(load(x + i + k, mask), centre);
      sum = hn::Add(sum, t);
      squares = hn::MulAdd(t, t, squares);
    }
    const V64 about_mean = widths.squares_about_mean(sum, squares, i, mask);
    finite.look(about_mean);
    put<Stream>(widths.deviation(about_mean, i, mask), out + i, mask);
  });
  return static_cast<bool>(finite);
}

template <class Op>
bool extremes_before(const double* x, std::ptrdiff_t n, const RollingTerms&, RollingCarry& carry, double* first,
                     double*) {
  const LaneScan<Towards::back> lanes;
  Chain<Op, Towards::back> extreme(carry.first);
  NoneMissing numbers;
  backwards(n, [&](std::ptrdiff_t i, auto mask) HWY_ATTR {
    const V64 v = load(x + i, mask);
    numbers.look(v);
    store(extreme.next(kept<Op>(v, mask), lanes), first + i, mask);
  });
  carry.first = extreme.carry();
  return static_cast<bool>(numbers);
}

template <class Op, bool Stream>
bool extremes_after(const double* x, std::ptrdiff_t n, const RollingTerms&, RollingCarry& carry, const double* first,
                    const double*, const double*, double* out) {
  const LaneScan<Towards::front> lanes;
  Chain<Op, Towards::front> extreme(carry.first);
  NoneMissing numbers;
  forwards<Stream>(n, out, [&](std::ptrdiff_t i, auto mask) HWY_ATTR {
    const V64 v = load(x + i, mask);
    numbers.look(v);
    put<Stream>(Op::of(load(first + i, mask), extreme.next(kept<Op>(v, mask), lanes)), out + i, mask);
  });
  carry.first = extreme.carry();
  return static_cast<bool>(numbers);
}

template <class Op, bool Stream>
bool extremes_direct(const double* x, std::ptrdiff_t n, const RollingTerms& terms, double* out) {
  NoneMissing numbers;
  forwards<Stream>(n, out, [&](std::ptrdiff_t i, auto mask) HWY_ATTR {
    V64 extreme = hn::Set(F64(), Op::kNothing);
    for (std::ptrdiff_t k = 0; k < terms.length; ++k) {
      const V64 v = load(x + i + k, mask);
      numbers.look(v);
      extreme = Op::of(extreme, v);
    }
    put<Stream>(extreme, out + i, mask);
  });
  return static_cast<bool>(numbers);
}

using KernelsOfEach = std::array<RollingKernels, 4>;  // in the order of Statistic

template <bool Stream>
KernelsOfEach kernels_of_each() {
  return {
      {{&sums_before, &means_after<Stream>, &means_direct<Stream>, {}},
       {&squares_before, &deviations_after<Stream>, &deviations_direct<Stream>, {}},
       {&extremes_before<Least>, &extremes_after<Least, Stream>, &extremes_direct<Least, Stream>, {Least::kNothing, 0}},
       {&extremes_before<Most>, &extremes_after<Most, Stream>, &extremes_direct<Most, Stream>, {Most::kNothing, 0}}}};
}
std::array<KernelsOfEach, 2> all_kernels() { return {kernels_of_each<false>(), kernels_of_each<true>()}; }

}  // namespace
}  // namespace lagoon::timeseries::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::timeseries::detail {

HWY_EXPORT(all_kernels);

const RollingKernels& rolling_kernels(Statistic statistic, bool stream) {
  static const auto chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(all_kernels)());
  return chosen[stream][static_cast<std::size_t>(statistic)];
}

void finish_streams() { hwy::FlushStream(); }

}  // namespace lagoon::timeseries::detail
#endif
