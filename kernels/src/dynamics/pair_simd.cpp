// SPDX-License-Identifier: Apache-2.0
#include "pair_simd.hpp"

#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
// Registers are held in arrays, which vectors of unknown size cannot be.
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#define HWY_TARGET_INCLUDE "dynamics/pair_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::dynamics::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// A cluster is one vector, or some.
template <class T>
using Tag = hn::CappedTag<T, kCluster>;

/// 1/x to the last bit but one or two.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V reciprocal(D d, V x) {
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
  if constexpr (sizeof(hn::TFromD<D>) == 8 && hn::MaxLanes(D()) == 8) {
    // 14 bits, then four times as many: 1/x = y / (1 - e) = y (1 + e) (1 + e^2) for e = 1 - x y.
    const V y{_mm512_rcp14_pd(x.raw)}, one = hn::Set(d, 1);
    const V e = hn::NegMulAdd(x, y, one);
    return hn::Mul(hn::MulAdd(y, e, y), hn::MulAdd(e, e, one));
  }
#endif
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    const V y = hn::ApproximateReciprocal(x), two = hn::Set(d, 2);
    return hn::Mul(y, hn::NegMulAdd(x, y, two));
  } else {
    return hn::Div(hn::Set(d, 1), x);
  }
}

/// Clenshaw's sum of a polynomial at t in [-1, 1], for all rows side by side: each waits for its own last step.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void polynomial(D d, const Chebyshev& p, const V (&t)[kRows], V (&sum)[kRows]) {
  using T = hn::TFromD<D>;
  V b1[kRows], b2[kRows];
  for (std::ptrdiff_t r = 0; r < kRows; ++r) b1[r] = b2[r] = hn::Zero(d);
  for (std::size_t k = p.terms.size(); k-- > 1;) {
    const V term = hn::Set(d, static_cast<T>(p.terms[k]));
    for (std::ptrdiff_t r = 0; r < kRows; ++r) {
      const V b = hn::MulAdd(hn::Add(t[r], t[r]), b1[r], hn::Sub(term, b2[r]));
      b2[r] = b1[r];
      b1[r] = b;
    }
  }
  const V first = hn::Set(d, static_cast<T>(p.terms[0]));
  for (std::ptrdiff_t r = 0; r < kRows; ++r) sum[r] = hn::MulAdd(t[r], b1[r], hn::Sub(first, b2[r]));
}

template <class T>
struct TypeIndex {
  using type = std::int64_t;
};
template <>
struct TypeIndex<float> {
  using type = std::int32_t;
};

/// Bits of a mask as a mask of a vector's lanes.
template <class D>
HWY_INLINE hn::Mask<D> lanes_of(D d, std::uint32_t bits) {
  const std::uint8_t bytes[8] = {static_cast<std::uint8_t>(bits & ((1u << hn::Lanes(d)) - 1))};
  return hn::LoadMaskBits(d, bytes);
}

/// Rows of a table, so that a type of a neighbour is an index into one.
template <class T>
struct Rows {
  const T* twelve[kRows];
  const T* six[kRows];
  const T* shift[kRows];
  const T* force_shift[kRows];
};

template <class T>
const Coefficients<T>& coefficients(const PairTable& table) {
  if constexpr (sizeof(T) == 8)
    return table.f64;
  else
    return table.f32;
}

/// Four rows: where they are, and the forces on them so far.
template <class V>
struct FourRows {
  V x[kRows][3], f[kRows][3];
  V charge[kRows];
};

/// What is the same for all pairs, in registers.
template <class V>
struct Constants {
  V cutoff2, twelve, six, shift;  ///< the last three of one type
};

template <class V>
struct Sums {
  V pair, coulomb, virial;
  std::int64_t pairs = 0;
};

/// What damped charges need of all rows' distances from a cluster.
template <bool kSums, class D, class V = hn::Vec<D>>
HWY_INLINE void screen(D d, const PairTable& table, const FourRows<V>& four, const V (&x)[3], V (&screened)[kRows],
                       V (&slope)[kRows]) {
  using T = hn::TFromD<D>;
  const V cutoff2 = hn::Set(d, static_cast<T>(table.cutoff2)), scale = hn::Set(d, static_cast<T>(2 / table.cutoff2));
  V t[kRows];
  for (std::ptrdiff_t r = 0; r < kRows; ++r) {
    V r2 = hn::Zero(d);
    for (int k = 0; k < 3; ++k) {
      const V apart = hn::Sub(four.x[r][k], x[k]);
      r2 = hn::MulAdd(apart, apart, r2);
    }
    // Beyond the cutoff nothing counts, but polynomials may not overflow there.
    t[r] = hn::MulSub(hn::Min(r2, cutoff2), scale, hn::Set(d, T(1)));
  }
  polynomial(d, table.screened_slope, t, slope);
  if (kSums) polynomial(d, table.screened, t, screened);
}

template <PairForm kForm, bool kSums, bool kMasked, class D>
HWY_INLINE void act(D d, const PairView<hn::TFromD<D>>& p, const PairTable& table,
                    const Constants<hn::Vec<D>>& constants, const Rows<hn::TFromD<D>>& rows, FourRows<hn::Vec<D>>& four,
                    std::ptrdiff_t slot, std::uint32_t bits, Sums<hn::Vec<D>>& sums) {
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;
  constexpr auto w = static_cast<std::ptrdiff_t>(hn::MaxLanes(D()));
  const V cutoff2 = constants.cutoff2;
  for (std::ptrdiff_t part = 0; part < kCluster; part += w) {
    const std::ptrdiff_t at = slot + part;
    V x[3], f[3];
    for (int k = 0; k < 3; ++k) {
      x[k] = hn::Load(d, p.x[k] + at);
      f[k] = hn::Load(d, p.f[k] + at);
    }
    [[maybe_unused]] V screened[kRows], slope[kRows];
    if constexpr (kForm == PairForm::general)
      if (table.electrostatics == Electrostatics::damped_shifted_force)
        screen<kSums>(d, table, four, x, screened, slope);
    for (std::ptrdiff_t r = 0; r < kRows; ++r) {
      const V dx = hn::Sub(four.x[r][0], x[0]), dy = hn::Sub(four.x[r][1], x[1]), dz = hn::Sub(four.x[r][2], x[2]);
      const V r2 = hn::MulAdd(dz, dz, hn::MulAdd(dy, dy, hn::Mul(dx, dx)));
      auto near = hn::Lt(r2, cutoff2);
      if (kMasked) near = hn::And(near, lanes_of(d, bits >> (8 * r + part)));
      const V inverse2 = hn::IfThenElseZero(near, reciprocal(d, r2));
      const V inverse6 = hn::Mul(hn::Mul(inverse2, inverse2), inverse2);
      V twelve, six;
      [[maybe_unused]] V shift, force_shift;
      if constexpr (kForm == PairForm::one_type) {
        twelve = constants.twelve;
        six = constants.six;
        shift = constants.shift;
      } else {
        using Index = typename TypeIndex<T>::type;
        const hn::Rebind<std::int32_t, D> narrow;
        const hn::Rebind<Index, D> wide;
        const auto types = hn::LoadU(narrow, p.type + at);
        hn::Vec<decltype(wide)> index;
        if constexpr (sizeof(T) == 8)
          index = hn::PromoteTo(wide, types);
        else
          index = types;
        twelve = hn::GatherIndex(d, rows.twelve[r], index);
        six = hn::GatherIndex(d, rows.six[r], index);
        if (kSums) shift = hn::GatherIndex(d, rows.shift[r], index);
        if (kForm == PairForm::general) force_shift = hn::GatherIndex(d, rows.force_shift[r], index);
      }
      V s = hn::Mul(hn::Mul(inverse6, inverse2), hn::MulSub(twelve, inverse6, six));
      V energy = hn::Zero(d);
      if (kSums) {
        energy = hn::Mul(
            inverse6, hn::MulSub(hn::Mul(twelve, hn::Set(d, T(1) / 12)), inverse6, hn::Mul(six, hn::Set(d, T(1) / 6))));
        energy = hn::Sub(energy, hn::IfThenElseZero(near, shift));
      }
      if constexpr (kForm == PairForm::general) {
        const V inverse = hn::Sqrt(inverse2);
        if (table.forces_shifted) {
          s = hn::NegMulAdd(force_shift, inverse, s);
          if (kSums) energy = hn::MulAdd(hn::Mul(r2, inverse), force_shift, energy);
        }
        if (table.electrostatics != Electrostatics::none) {
          const V qq = hn::IfThenElseZero(near, hn::Mul(four.charge[r], hn::Load(d, p.charge + at)));
          if (table.electrostatics == Electrostatics::reaction_field) {
            const V field = hn::Set(d, static_cast<T>(table.field));
            const V push = hn::NegMulAdd(field, hn::Set(d, T(2)), hn::Mul(inverse, inverse2));
            s = hn::MulAdd(qq, push, s);
            if (kSums)
              sums.coulomb =
                  hn::MulAdd(qq, hn::Sub(hn::MulAdd(field, r2, inverse), hn::Set(d, static_cast<T>(table.constant))),
                             sums.coulomb);
          } else {
            const V shifted = hn::Set(d, static_cast<T>(table.force_constant));
            const V push = hn::MulAdd(slope[r], hn::Set(d, T(2)), hn::Mul(inverse, hn::Sub(inverse2, shifted)));
            s = hn::MulAdd(qq, push, s);
            if (kSums) {
              const V outside = hn::Sub(inverse, screened[r]);
              const V distance = hn::Mul(r2, inverse);
              sums.coulomb = hn::MulAdd(
                  qq, hn::MulAdd(distance, shifted, hn::Sub(outside, hn::Set(d, static_cast<T>(table.constant)))),
                  sums.coulomb);
            }
          }
        }
      }
      if (kSums) {
        sums.pair = hn::Add(sums.pair, energy);
        sums.virial = hn::Add(sums.virial, hn::IfThenElseZero(near, hn::Mul(s, r2)));
        sums.pairs += static_cast<std::int64_t>(hn::CountTrue(d, near));
      }
      four.f[r][0] = hn::MulAdd(s, dx, four.f[r][0]);
      four.f[r][1] = hn::MulAdd(s, dy, four.f[r][1]);
      four.f[r][2] = hn::MulAdd(s, dz, four.f[r][2]);
      f[0] = hn::NegMulAdd(s, dx, f[0]);
      f[1] = hn::NegMulAdd(s, dy, f[1]);
      f[2] = hn::NegMulAdd(s, dz, f[2]);
    }
    for (int k = 0; k < 3; ++k) hn::Store(f[k], d, p.f[k] + at);
  }
}

/// Adds the sums of four vectors' lanes to four numbers.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void add_sums(D d, const V (&v)[kRows][3], int axis, hn::TFromD<D>* to) {
  [[maybe_unused]] constexpr std::size_t kLanes = hn::MaxLanes(D());
#if HWY_TARGET != HWY_SCALAR
  if constexpr (kLanes == 8) {
    const hn::Half<D> half;
    hn::Vec<decltype(half)> folded[kRows][3];
    for (std::ptrdiff_t r = 0; r < kRows; ++r)
      folded[r][axis] = hn::Add(hn::LowerHalf(half, v[r][axis]), hn::UpperHalf(half, v[r][axis]));
    add_sums(half, folded, axis, to);
  } else if constexpr (kLanes == 4) {
    // Lanes that belong together meet after two steps, whatever a block of lanes is.
    const V ab =
        hn::Add(hn::InterleaveLower(d, v[0][axis], v[1][axis]), hn::InterleaveUpper(d, v[0][axis], v[1][axis]));
    const V cd =
        hn::Add(hn::InterleaveLower(d, v[2][axis], v[3][axis]), hn::InterleaveUpper(d, v[2][axis], v[3][axis]));
    const V all = hn::Add(hn::ConcatLowerLower(d, cd, ab), hn::ConcatUpperUpper(d, cd, ab));
    hn::StoreU(hn::Add(hn::LoadU(d, to), all), d, to);
  } else
#endif
  {
    for (std::ptrdiff_t r = 0; r < kRows; ++r) to[r] += hn::GetLane(hn::SumOfLanes(d, v[r][axis]));
  }
}

template <class T, PairForm kForm, bool kSums>
void act_on_list(const PairView<T>& view, const PairList& list, const PairTable& table, PairSums* total) {
  const Tag<T> d;
  using V = hn::Vec<decltype(d)>;
  const PairView<T> p = view;  // a copy, so that no store can be thought to change it
  const std::int32_t* const clusters = list.clusters.data();
  const std::uint32_t* const masks = list.masks.data();
  const Coefficients<T>& numbers = coefficients<T>(table);
  const Constants<V> constants{hn::Set(d, static_cast<T>(table.cutoff2)), hn::Set(d, numbers.twelve[0]),
                               hn::Set(d, numbers.six[0]), hn::Set(d, numbers.shift[0])};
  Rows<T> rows{};
  for (const Segment& segment : list.segments) {
    FourRows<V> four;
    for (int k = 0; k < 3; ++k) {
      const double away = image_of(segment.shift, k) * p.box[k];
      for (std::ptrdiff_t r = 0; r < kRows; ++r) {
        four.x[r][k] = hn::Set(d, static_cast<T>(p.x[k][segment.row + r] - away));
        four.f[r][k] = hn::Zero(d);
      }
    }
    for (std::ptrdiff_t r = 0; r < kRows; ++r) {
      [[maybe_unused]] const std::ptrdiff_t i = segment.row + r;
      if constexpr (kForm != PairForm::one_type) {
        const std::ptrdiff_t first = p.type[i] * table.types;
        rows.twelve[r] = numbers.twelve.data() + first;
        rows.six[r] = numbers.six.data() + first;
        rows.shift[r] = numbers.shift.data() + first;
        rows.force_shift[r] = numbers.force_shift.data() + first;
      }
      if constexpr (kForm == PairForm::general)
        if (p.charge) four.charge[r] = hn::Set(d, static_cast<T>(p.charge[i] * table.coulomb));
    }
    Sums<V> sums{hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    for (std::int32_t c = segment.begin; c < segment.middle; ++c)
      act<kForm, kSums, false>(d, p, table, constants, rows, four, clusters[c] * kCluster, 0, sums);
    for (std::int32_t c = segment.middle; c < segment.end; ++c)
      act<kForm, kSums, true>(d, p, table, constants, rows, four, clusters[c] * kCluster,
                              masks[segment.mask + c - segment.middle], sums);
    for (int k = 0; k < 3; ++k) add_sums(d, four.f, k, p.f[k] + segment.row);
    if constexpr (kSums) {
      const auto sum = [&](V v) { return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, v))); };
      *total += {sum(sums.pair), sum(sums.coulomb), sum(sums.virial), sums.pairs};
    }
  }
}

template <class T>
void act_on(const PairView<T>& p, const PairList& list, const PairTable& table, PairSums* sums) {
  const auto with = [&]<PairForm kForm>() {
    if (sums)
      act_on_list<T, kForm, true>(p, list, table, sums);
    else
      act_on_list<T, kForm, false>(p, list, table, nullptr);
  };
  switch (table.form) {
    case PairForm::one_type: return with.template operator()<PairForm::one_type>();
    case PairForm::several_types: return with.template operator()<PairForm::several_types>();
    case PairForm::general: return with.template operator()<PairForm::general>();
  }
}

void prune_list(const PairView<double>& p, const PairList& outer, double reach, PairList& inner) {
  const Tag<double> d;
  using V = hn::Vec<decltype(d)>;
  constexpr auto w = static_cast<std::ptrdiff_t>(hn::MaxLanes(d));
  const V reach2 = hn::Set(d, reach * reach);
  inner.segments.clear();
  inner.masks.assign(outer.masks.begin(), outer.masks.end());
  inner.clusters.resize(outer.clusters.size());
  std::int32_t to = 0;
  for (const Segment& segment : outer.segments) {
    V x[kRows][3];
    for (std::ptrdiff_t r = 0; r < kRows; ++r)
      for (int k = 0; k < 3; ++k) x[r][k] = hn::Set(d, p.x[k][segment.row + r] - image_of(segment.shift, k) * p.box[k]);
    const std::int32_t begin = to;
    for (std::int32_t c = segment.begin; c < segment.middle; ++c) {
      const std::int32_t cluster = outer.clusters[static_cast<std::size_t>(c)];
      auto any = hn::Lt(reach2, reach2);  // none
      for (std::ptrdiff_t part = 0; part < kCluster; part += w) {
        const std::ptrdiff_t at = cluster * kCluster + part;
        const V xj = hn::Load(d, p.x[0] + at), yj = hn::Load(d, p.x[1] + at), zj = hn::Load(d, p.x[2] + at);
        for (std::ptrdiff_t r = 0; r < kRows; ++r) {
          const V dx = hn::Sub(x[r][0], xj), dy = hn::Sub(x[r][1], yj), dz = hn::Sub(x[r][2], zj);
          any = hn::Or(any, hn::Lt(hn::MulAdd(dz, dz, hn::MulAdd(dy, dy, hn::Mul(dx, dx))), reach2));
        }
      }
      inner.clusters[static_cast<std::size_t>(to)] = cluster;
      to += !hn::AllFalse(d, any);
    }
    const std::int32_t middle = to;
    for (std::int32_t c = segment.middle; c < segment.end; ++c)
      inner.clusters[static_cast<std::size_t>(to++)] = outer.clusters[static_cast<std::size_t>(c)];
    if (to > begin) inner.segments.push_back({segment.row, begin, middle, to, segment.mask, segment.shift});
  }
  inner.clusters.resize(static_cast<std::size_t>(to));
}

PairKernels pair_kernels_here() { return {&prune_list, &act_on<double>, &act_on<float>}; }

}  // namespace
}  // namespace lagoon::dynamics::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::dynamics::detail {

HWY_EXPORT(pair_kernels_here);

const PairKernels& pair_kernels() {
  static const PairKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(pair_kernels_here)());
  return chosen;
}

}  // namespace lagoon::dynamics::detail
#endif
