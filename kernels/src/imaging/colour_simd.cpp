// SPDX-License-Identifier: Apache-2.0
#include "colour_simd.hpp"

#include <cstring>
#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
// Registers are held in arrays, which vectors of unknown size cannot be.
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#define HWY_TARGET_INCLUDE "imaging/colour_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::imaging::detail::HWY_NAMESPACE {
namespace {
#if HWY_TARGET == HWY_SCALAR
ColourKernels colour_kernels_here() { return plain_colour_kernels(); }
#else
namespace hn = hwy::HWY_NAMESPACE;
using std::ptrdiff_t;

using F32 = hn::ScalableTag<float>;
using I32 = hn::ScalableTag<std::int32_t>;
using I16 = hn::ScalableTag<std::int16_t>;
using U8 = hn::ScalableTag<std::uint8_t>;
using VF = hn::Vec<F32>;
using U8OfF32 = hn::Rebind<std::uint8_t, F32>;  // as many as there are floats
template <class D>
constexpr ptrdiff_t lanes(D d) {
  return static_cast<ptrdiff_t>(hn::MaxLanes(d));
}

/// row = f(row), whole vectors; the last from a copy, so that an element's bits do not depend on where it stands.
template <class F>
HWY_INLINE void each(float* row, ptrdiff_t n, F f) {
  const F32 d;
  ptrdiff_t i = 0;
  for (; i + lanes(d) <= n; i += lanes(d)) hn::StoreU(f(hn::LoadU(d, row + i)), d, row + i);
  if (i == n) return;
  float rest[lanes(d)] = {};
  const auto bytes = static_cast<std::size_t>(n - i) * sizeof(float);
  std::memcpy(rest, row + i, bytes);
  hn::StoreU(f(hn::LoadU(d, rest)), d, rest);
  std::memcpy(row + i, rest, bytes);
}

/// v^e of positive numbers.
HWY_INLINE VF power_of(VF v, VF e) {
  const F32 d;
  return hn::Exp(d, hn::Mul(hn::Log(d, v), e));
}

/// The functions of logarithm and exponential know nothing of NaN and infinity, which stay what they are.
HWY_INLINE VF unless_odd(VF v, VF result) { return hn::IfThenElse(hn::Lt(v, hn::Set(F32(), 1e30F)), result, v); }

void srgb_to_light(float* row, ptrdiff_t n) {
  const F32 d;
  each(row, n, [d](VF v) HWY_ATTR {
    const auto low = hn::Mul(v, hn::Set(d, 1 / 12.92F)), knee = hn::Set(d, 0.04045F);
    const auto base = hn::Mul(hn::Add(hn::Max(v, knee), hn::Set(d, 0.055F)), hn::Set(d, 1 / 1.055F));
    return unless_odd(v, hn::IfThenElse(hn::Le(v, knee), low, power_of(base, hn::Set(d, 2.4F))));
  });
}

void light_to_srgb(float* row, ptrdiff_t n) {
  const F32 d;
  each(row, n, [d](VF v) HWY_ATTR {
    const auto low = hn::Mul(v, hn::Set(d, 12.92F)), knee = hn::Set(d, 0.0031308F);
    const auto high =
        hn::MulSub(power_of(hn::Max(v, knee), hn::Set(d, 1 / 2.4F)), hn::Set(d, 1.055F), hn::Set(d, 0.055F));
    return unless_odd(v, hn::IfThenElse(hn::Le(v, knee), low, high));
  });
}

void power(float* row, ptrdiff_t n, float exponent) {
  const F32 d;
  const auto least = hn::Set(d, 1e-30F);
  each(row, n, [d, least, exponent](VF v) HWY_ATTR {
    const auto result = power_of(hn::Max(v, least), hn::Set(d, exponent));
    return unless_odd(v, hn::IfThenElse(hn::Lt(v, least), hn::Zero(d), result));
  });
}

HWY_INLINE VF floats(hn::Vec<U8OfF32> v) { return hn::ConvertTo(F32(), hn::PromoteTo(I32(), v)); }
HWY_INLINE hn::Vec<U8OfF32> levels(VF v) { return hn::DemoteTo(U8OfF32(), hn::ConvertTo(I32(), v)); }

/// f(in, out) for the last n elements, fewer than a vector has, from a copy that has room: their bits too are those
/// that they would have elsewhere.
template <class F>
HWY_INLINE void rest(const std::uint8_t* in, std::uint8_t* out, ptrdiff_t n, F f) {
  if (n == 0) return;
  std::uint8_t before[4 * lanes(F32())] = {}, after[4 * lanes(F32())];
  std::memcpy(before, in, static_cast<std::size_t>(n));
  f(before, after);
  std::memcpy(out, after, static_cast<std::size_t>(n));
}

void line_u8(const std::uint8_t* in, std::uint8_t* out, ptrdiff_t n, float factor, float offset) {
  const F32 d;
  const U8OfF32 d8;
  const auto f = hn::Set(d, factor), o = hn::Set(d, offset + 0.5F);
  const auto apply = [=](const std::uint8_t* from, std::uint8_t* to)
                         HWY_ATTR { hn::StoreU(levels(hn::MulAdd(floats(hn::LoadU(d8, from)), f, o)), d8, to); };
  ptrdiff_t i = 0;
  for (; i + lanes(d) <= n; i += lanes(d)) apply(in + i, out + i);
  rest(in + i, out + i, n - i, apply);
}

template <bool kWhole>
ptrdiff_t fixed_line_of(const std::uint8_t* in, std::uint8_t* out, ptrdiff_t n, const FixedLine& line) {
  const U8 d8;
  const hn::Repartition<std::uint16_t, U8> d;
  const auto part = hn::Set(d, line.part), before = hn::Set(d, line.before), after = hn::Set(d, line.after);
  const auto upper = hn::Set(d, 0xFF00);
  const auto apply = [=](hn::Vec<decltype(d)> v) HWY_ATTR {
    const auto above = hn::SaturatedSub(v, before);
    auto product = hn::MulHigh(above, part);
    if constexpr (kWhole) product = hn::SaturatedAdd(product, above);
    return hn::SaturatedAdd(product, after);
  };
  ptrdiff_t i = 0;
  // Of each two bytes both in their turn are the upper one of 16 bits: nothing has to be moved between lanes.
  for (; i + lanes(d8) <= n; i += lanes(d8)) {
    const auto v = hn::BitCast(d, hn::LoadU(d8, in + i));
    const auto first = apply(hn::ShiftLeft<8>(v)), second = apply(hn::And(v, upper));
    hn::StoreU(hn::BitCast(d8, hn::Or(hn::ShiftRight<8>(first), hn::And(second, upper))), d8, out + i);
  }
  return i;
}

void fixed_line_u8(const std::uint8_t* in, std::uint8_t* out, ptrdiff_t n, const FixedLine& line) {
  const ptrdiff_t i = line.whole ? fixed_line_of<true>(in, out, n, line) : fixed_line_of<false>(in, out, n, line);
  plain_colour_kernels().fixed_line_u8(in + i, out + i, n - i, line);
}

void lookup_u8(const std::uint8_t* in, std::uint8_t* out, ptrdiff_t n, const std::uint8_t* table) {
  const U8 d;
  alignas(16) std::uint8_t aligned[256];
  std::memcpy(aligned, table, 256);
  hn::Vec<U8> part[16];
  for (std::size_t k = 0; k < 16; ++k) part[k] = hn::LoadDup128(d, aligned + 16 * k);
  const auto beyond = hn::Set(d, 0x70);
  ptrdiff_t i = 0;
  for (; i + lanes(d) <= n; i += lanes(d)) {
    const auto v = hn::LoadU(d, in + i);
    auto found = hn::Zero(d);
    for (std::size_t k = 0; k < 16; ++k) {
      // Below 16 where the upper half of the byte is k; made 128 or more, which finds 0, elsewhere.
      const auto index = hn::SaturatedAdd(hn::Xor(v, hn::Set(d, static_cast<std::uint8_t>(16 * k))), beyond);
      found = hn::Or(found, hn::TableLookupBytesOr0(part[k], index));
    }
    hn::StoreU(found, d, out + i);
  }
  for (; i < n; ++i) out[i] = table[in[i]];
}

template <ptrdiff_t kChannels>
ptrdiff_t matrix_of(const std::uint8_t* in, std::uint8_t* out, ptrdiff_t n, const float (*matrix)[4]) {
  const F32 d;
  const U8OfF32 d8;
  const auto apply = [d](const float* m, VF r, VF g, VF b) HWY_ATTR {
    const auto sum = hn::MulAdd(hn::Set(d, m[2]), b, hn::Set(d, m[3] + 0.5F));
    return levels(hn::MulAdd(hn::Set(d, m[0]), r, hn::MulAdd(hn::Set(d, m[1]), g, sum)));
  };
  ptrdiff_t x = 0;
  for (; x + lanes(d) <= n; x += lanes(d)) {
    hn::Vec<U8OfF32> red, green, blue, alpha;
    if constexpr (kChannels == 3) {
      hn::LoadInterleaved3(d8, in + 3 * x, red, green, blue);
    } else {
      hn::LoadInterleaved4(d8, in + 4 * x, red, green, blue, alpha);
    }
    const VF r = floats(red), g = floats(green), b = floats(blue);
    red = apply(matrix[0], r, g, b);
    green = apply(matrix[1], r, g, b);
    blue = apply(matrix[2], r, g, b);
    if constexpr (kChannels == 3) {
      hn::StoreInterleaved3(red, green, blue, d8, out + 3 * x);
    } else {
      hn::StoreInterleaved4(red, green, blue, alpha, d8, out + 4 * x);
    }
  }
  return x;
}

void matrix_u8(const std::uint8_t* in, std::uint8_t* out, ptrdiff_t n, ptrdiff_t channels, const float (*matrix)[4]) {
  const auto apply = [channels, matrix](const std::uint8_t* from, std::uint8_t* to, ptrdiff_t count) HWY_ATTR {
    return channels == 3 ? matrix_of<3>(from, to, count, matrix) : matrix_of<4>(from, to, count, matrix);
  };
  const ptrdiff_t x = apply(in, out, n) * channels;
  rest(in + x, out + x, n * channels - x,
       [&](const std::uint8_t* from, std::uint8_t* to) HWY_ATTR { apply(from, to, lanes(F32())); });
}

/// 299, 587 and 114 thousandths as 32,768ths.
HWY_INLINE hn::Vec<hn::Rebind<std::uint8_t, I16>> grey_of(hn::Vec<I16> r, hn::Vec<I16> g, hn::Vec<I16> b) {
  const I16 d;
  const I32 d32;
  const auto one = hn::Set(d, 1), wr = hn::Set(d, 9798), wg = hn::Set(d, 19235), wb = hn::Set(d, 3735),
             half = hn::Set(d, 16384);
  auto unused = hn::Zero(d32);
  const auto sum = [&](auto first, auto second, auto third, auto fourth) HWY_ATTR {
    const auto rg = hn::ReorderWidenMulAccumulate(d32, first, second, hn::Zero(d32), unused);
    return hn::ShiftRight<15>(hn::ReorderWidenMulAccumulate(d32, third, fourth, rg, unused));
  };
  const auto low = sum(hn::InterleaveLower(d, r, g), hn::InterleaveLower(d, wr, wg), hn::InterleaveLower(d, b, one),
                       hn::InterleaveLower(d, wb, half));
  const auto high = sum(hn::InterleaveUpper(d, r, g), hn::InterleaveUpper(d, wr, wg), hn::InterleaveUpper(d, b, one),
                        hn::InterleaveUpper(d, wb, half));
  return hn::DemoteTo(hn::Rebind<std::uint8_t, I16>(), hn::ReorderDemote2To(d, low, high));
}

void grey_u8(const std::uint8_t* in, std::uint8_t* out, ptrdiff_t n) {
  const I16 d;
  const hn::Rebind<std::uint8_t, I16> d8;
  ptrdiff_t x = 0;
  for (; x + lanes(d) <= n; x += lanes(d)) {
    hn::Vec<decltype(d8)> r, g, b;
    hn::LoadInterleaved3(d8, in + 3 * x, r, g, b);
    hn::StoreU(grey_of(hn::PromoteTo(d, r), hn::PromoteTo(d, g), hn::PromoteTo(d, b)), d8, out + x);
  }
  plain_colour_kernels().grey_u8(in + 3 * x, out + x, n - x);
}

ColourKernels colour_kernels_here() {
  return {&srgb_to_light, &light_to_srgb, &power, &line_u8, &fixed_line_u8, &lookup_u8, &matrix_u8, &grey_u8};
}
#endif

}  // namespace
}  // namespace lagoon::imaging::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::imaging::detail {

HWY_EXPORT(colour_kernels_here);

const ColourKernels& colour_kernels() {
  static const ColourKernels chosen = (simd::isa_name(), HWY_DYNAMIC_DISPATCH(colour_kernels_here)());
  return chosen;
}

}  // namespace lagoon::imaging::detail
#endif
