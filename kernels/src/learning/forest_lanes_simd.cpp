// SPDX-License-Identifier: Apache-2.0
#include "forest_lanes.hpp"

#include <algorithm>
#include <lagoon/kernels/simd.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3)
#define HWY_TARGET_INCLUDE "learning/forest_lanes_simd.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lagoon::learning::detail::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_AVX3

HWY_INLINE __m512i all(std::uint32_t x) { return _mm512_set1_epi32(static_cast<int>(x)); }
HWY_INLINE __m512i load(const std::uint32_t* from) { return _mm512_loadu_si512(from); }
HWY_INLINE void store(__m512i v, std::uint32_t* to) { _mm512_storeu_si512(to, v); }

/// Which bits of a node name its pack.
struct Choice {
  __mmask16 bits[3];
  HWY_INLINE explicit Choice(__m512i nodes)
      : bits{_mm512_test_epi32_mask(nodes, all(1u << 21)), _mm512_test_epi32_mask(nodes, all(1u << 22)),
             _mm512_test_epi32_mask(nodes, all(1u << 23))} {}
};

/// Of packs [kBegin, kEnd), `apart` words apart, the one that each lane has chosen. One beyond the last, which no split
/// names, is some other.
template <int kBegin, int kEnd>
HWY_INLINE __m512i chosen(const Choice& by, const std::uint32_t* packs, std::ptrdiff_t apart) {
  if constexpr (kEnd - kBegin == 1) {
    return load(packs + kBegin * apart);
  } else {
    constexpr int kBit = kEnd - kBegin > 4 ? 2 : kEnd - kBegin > 2 ? 1 : 0, kMiddle = kBegin + (1 << kBit);
    return _mm512_mask_mov_epi32(chosen<kBegin, kMiddle>(by, packs, apart), by.bits[kBit],
                                 chosen<kMiddle, kEnd>(by, packs, apart));
  }
}

/// Who goes right. The code lies on top of its pack once that is turned; what is below it must not matter, so a node's
/// own low bits are all set.
template <int kPacks>
HWY_INLINE __mmask16 goes_right(__m512i nodes, const std::uint32_t* packs, std::ptrdiff_t apart) {
  const __m512i pack = chosen<0, kPacks>(Choice(nodes), packs, apart);
  const __m512i code = _mm512_rolv_epi32(pack, _mm512_srli_epi32(nodes, 16));  // by that modulo 32
  return _mm512_cmpgt_epu32_mask(code, _mm512_or_si512(nodes, all(0xffffff)));
}

HWY_INLINE __m512i one_more(__m512i x, __mmask16 where) { return _mm512_mask_add_epi32(x, where, x, all(1)); }

/// Takes all rows five levels down, to the nodes of which the way goes on.
template <int kPacks>
HWY_INLINE void descend_top(const LaneTree& tree, const LaneRows& rows) {
  const __m512i low = load(&tree.top[0]), high = load(&tree.top[16]);
  const __m512i to_low = load(&tree.top[32]), to_high = load(&tree.top[48]);
  for (std::ptrdiff_t i = 0; i < rows.count; i += 2 * kLanes) {
    const std::uint32_t* const packs = rows.packs + i;
    __m512i a = all(1), b = a;
#pragma GCC unroll 5
    for (int level = 0; level < 5; ++level) {
      const __m512i at_a = _mm512_permutex2var_epi32(low, a, high), at_b = _mm512_permutex2var_epi32(low, b, high);
      a = one_more(_mm512_add_epi32(a, a), goes_right<kPacks>(at_a, packs, rows.stride));
      b = one_more(_mm512_add_epi32(b, b), goes_right<kPacks>(at_b, packs + kLanes, rows.stride));
    }
    store(_mm512_permutex2var_epi32(to_low, a, to_high), rows.nodes + i);
    store(_mm512_permutex2var_epi32(to_low, b, to_high), rows.nodes + i + kLanes);
  }
}

/// Sixteen rows on their way.
template <int kPacks>
struct Group {
  alignas(64) std::uint32_t packs[kPacks * kLanes];
  __m512i at, row, word;  // where each is, which row it is, and the node that it came from
  __mmask16 live;         // lanes that have a row

  HWY_INLINE void step(const std::uint32_t* nodes) {
    word = _mm512_i32gather_epi32(at, nodes, 4);
    at = one_more(_mm512_and_si512(word, all(0xffff)), goes_right<kPacks>(word, packs, kLanes));
  }

  /// Gives the rows from `next` on to some lanes. Those without one stay at the root for ever.
  HWY_INLINE void take(const LaneRows& rows, std::ptrdiff_t next, __mmask16 lanes) {
    for (int p = 0; p < kPacks; ++p) {
      std::uint32_t* const mine = packs + p * kLanes;
      store(_mm512_mask_expand_epi32(load(mine), lanes, load(rows.packs + p * rows.stride + next)), mine);
    }
    const __m512i count = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i numbers = _mm512_add_epi32(count, all(static_cast<std::uint32_t>(next)));
    row = _mm512_mask_expand_epi32(row, lanes, numbers);
    live = _mm512_cmplt_epu32_mask(row, all(static_cast<std::uint32_t>(rows.count)));
    at = _mm512_maskz_mov_epi32(live, _mm512_mask_expand_epi32(at, lanes, load(rows.nodes + next)));
  }
};

template <int kPacks>
void walk(const LaneTree& tree, const LaneRows& rows, const Arrivals& out) {
  constexpr int kGroups = 4, kSteps = 4;
  descend_top<kPacks>(tree, rows);
  const std::uint32_t* const nodes = tree.nodes.data();
  Group<kPacks> groups[kGroups];
  std::ptrdiff_t next = 0;
  for (auto& g : groups) {
    std::fill_n(g.packs, kPacks * kLanes, 0u);
    g.at = g.word = _mm512_setzero_si512();
    g.row = all(~0u);
    g.live = 0;
    if (next >= rows.count) continue;
    g.take(rows, next, 0xffff);
    next += kLanes;
  }
  for (std::ptrdiff_t arrived = 0; arrived < rows.count;) {
    __m512i before[kGroups];
#pragma GCC unroll 4
    for (int step = 0; step < kSteps; ++step)
#pragma GCC unroll 4
      for (int g = 0; g < kGroups; ++g) {
        before[g] = groups[g].at;
        groups[g].step(nodes);
      }
#pragma GCC unroll 4
    for (int g = 0; g < kGroups; ++g) {
      Group<kPacks>& group = groups[g];
      const __mmask16 there = _mm512_mask_cmpeq_epi32_mask(group.live, before[g], group.at);
      store(_mm512_maskz_compress_epi32(there, group.row), out.rows + arrived);
      store(_mm512_maskz_compress_epi32(there, group.word), out.words + arrived);
      const auto freed = static_cast<std::ptrdiff_t>(__builtin_popcount(there));
      arrived += freed;
      group.take(rows, next, there);
      next += freed;
    }
  }
}

/// The search of Steps::codes, of eight vectors of rows side by side: a step of it waits for a gather.
void code(std::span<const double> steps, const double* x, std::ptrdiff_t n, std::ptrdiff_t step, int byte,
          std::uint32_t* packs) {
  constexpr int kVectors = 8, kWide = 8;
  static_assert(kVectors * kWide == kCodedTogether);
  if (steps.empty()) return;
  alignas(64) double some[kCodedTogether];
  if (n < kCodedTogether) {
    for (std::ptrdiff_t i = 0; i < kCodedTogether; ++i) some[i] = x[std::min(i, n - 1) * step];
    x = some;
    step = 1;
  }
  const __m512i each = _mm512_mullo_epi64(_mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7), _mm512_set1_epi64(step));
  __m512d v[kVectors];
  __m512i at[kVectors];
#pragma GCC unroll 8
  for (int k = 0; k < kVectors; ++k) {
    v[k] = _mm512_i64gather_pd(each, x + k * kWide * step, 8);
    at[k] = _mm512_setzero_si512();
  }
  for (auto length = static_cast<std::ptrdiff_t>(steps.size()); length > 1; length -= length / 2) {
    const double* const middle = steps.data() + length / 2 - 1;
    const __m512i half = _mm512_set1_epi64(length / 2);
#pragma GCC unroll 8
    for (int k = 0; k < kVectors; ++k) {
      const __mmask8 below = _mm512_cmp_pd_mask(_mm512_i64gather_pd(at[k], middle, 8), v[k], _CMP_LT_OQ);
      at[k] = _mm512_mask_add_epi64(at[k], below, at[k], half);
    }
  }
#pragma GCC unroll 8
  for (int k = 0; k < kVectors; ++k) {
    const __mmask8 below = _mm512_cmp_pd_mask(_mm512_i64gather_pd(at[k], steps.data(), 8), v[k], _CMP_LT_OQ);
    const __m512i codes = _mm512_mask_add_epi64(at[k], below, at[k], _mm512_set1_epi64(1));
    auto* const to = reinterpret_cast<__m256i*>(packs + k * kWide);
    const __m256i moved = _mm512_cvtepi64_epi32(_mm512_slli_epi64(codes, static_cast<unsigned>(8 * byte)));
    _mm256_storeu_si256(to, _mm256_or_si256(_mm256_loadu_si256(to), moved));
  }
}

LaneCode lane_code_here() { return &code; }

LaneWalk lane_walk_here(std::ptrdiff_t packs) {
  constexpr LaneWalk kWalks[] = {&walk<1>, &walk<2>, &walk<3>, &walk<4>, &walk<5>, &walk<6>, &walk<7>, &walk<8>};
  return packs >= 1 && packs <= 8 ? kWalks[packs - 1] : nullptr;
}

#else

LaneCode lane_code_here() { return nullptr; }
LaneWalk lane_walk_here(std::ptrdiff_t) { return nullptr; }

#endif

}  // namespace
}  // namespace lagoon::learning::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lagoon::learning::detail {

HWY_EXPORT(lane_code_here);
HWY_EXPORT(lane_walk_here);

LaneCode lane_code() {
  simd::isa_name();
  return HWY_DYNAMIC_DISPATCH(lane_code_here)();
}

LaneWalk lane_walk(std::ptrdiff_t packs) {
  simd::isa_name();
  return HWY_DYNAMIC_DISPATCH(lane_walk_here)(packs);
}

}  // namespace lagoon::learning::detail
#endif
