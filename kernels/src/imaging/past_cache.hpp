// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <lagoon/core/tensor.hpp>

namespace lagoon::imaging::detail {

/// Results that no cache holds until somebody reads them. A store into memory that is not in the cache reads what stood
/// there first: a third of the traffic of a filter whose result is as large as its picture. Such rows are made in
/// pieces that stay in the first-level cache, and copied from there past the caches.
inline bool goes_past_cache(std::size_t bytes) { return bytes >= std::size_t{16} << 20; }

/// Copies; others see it after finish_past_cache().
void copy_past_cache(const void* from, void* to, std::size_t bytes);

/// To be called by a thread that has copied, before it tells anybody.
void finish_past_cache();

/// What one task works with.
template <class T>
class PastCache {
 public:
  PastCache() : piece_({2 * kPiece / kSize}) {}

  /// make(begin, end, where pixels [begin, end) go) for n pixels of a result, piece by piece.
  template <class F>
  void put(T* to, std::ptrdiff_t n, std::ptrdiff_t channels, F make) {
    // All pieces but the first begin with a line of the cache, where any pixel does; none is shorter than 64 pixels.
    const std::ptrdiff_t part = kPiece / (kSize * channels) / kLine * kLine;
    std::ptrdiff_t end = 0;
    while (end < kLine && reinterpret_cast<std::uintptr_t>(to + end * channels) % kLine != 0) ++end;
    for (std::ptrdiff_t begin = 0; begin < n; begin = end) {
      end += part;
      if (n - end < kLine) end = n;
      make(begin, end, piece_.data());
      copy_past_cache(piece_.data(), to + begin * channels, static_cast<std::size_t>((end - begin) * channels * kSize));
    }
  }

 private:
  static constexpr std::ptrdiff_t kSize = sizeof(T), kLine = 64;
  static constexpr std::ptrdiff_t kPiece = 4096;  // bytes: what it is made of has room beside it

  Tensor<T, 1> piece_;
};

}  // namespace lagoon::imaging::detail
