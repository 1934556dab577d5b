// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <lagoon/core/tensor.hpp>

namespace lagoon::timeseries::detail {

/// A set of numbers below a bound that finds the neighbour of a number in a few steps, however far it is: a bit for
/// each number, above them a bit for each word that is not zero, and so on up to one word.
///   source   van Emde Boas 1975, with 64 branches at each node
class RankSet {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  /// Of nothing; `bound` up to 2^32 - 1.
  explicit RankSet(std::size_t bound) {
    std::ptrdiff_t words = 0;
    std::array<std::ptrdiff_t, kMostLevels> begin{};
    do {
      bound = (bound + 63) / 64;
      begin[levels_++] = words;
      words += static_cast<std::ptrdiff_t>(bound);
    } while (bound > 1);
    words_ = Tensor<std::uint64_t, 1>::zeros({words});
    for (std::size_t level = 0; level < levels_; ++level) level_[level] = words_.data() + begin[level];
  }

  void insert(std::uint32_t number) noexcept {
    for (std::size_t level = 0; level < levels_; ++level, number /= 64) {
      std::uint64_t& word = level_[level][number / 64];
      const bool known = word != 0;
      word |= std::uint64_t{1} << number % 64;
      if (known) return;
    }
  }
  void erase(std::uint32_t number) noexcept {
    for (std::size_t level = 0; level < levels_; ++level, number /= 64) {
      std::uint64_t& word = level_[level][number / 64];
      word &= ~(std::uint64_t{1} << number % 64);
      if (word != 0) return;
    }
  }

  /// The least above `number`, or kNone.
  std::uint32_t next(std::uint32_t number) const noexcept {
    for (std::size_t level = 0; level < levels_; ++level, number /= 64) {
      const std::uint64_t above = level_[level][number / 64] & ~std::uint64_t{1} << number % 64;
      if (above == 0) continue;
      number = number / 64 * 64 + static_cast<std::uint32_t>(std::countr_zero(above));
      while (level-- > 0) number = number * 64 + static_cast<std::uint32_t>(std::countr_zero(level_[level][number]));
      return number;
    }
    return kNone;
  }
  /// The greatest below `number`, or kNone.
  std::uint32_t previous(std::uint32_t number) const noexcept {
    for (std::size_t level = 0; level < levels_; ++level, number /= 64) {
      const std::uint64_t below = level_[level][number / 64] & ((std::uint64_t{1} << number % 64) - 1);
      if (below == 0) continue;
      number = number / 64 * 64 + last_of(below);
      while (level-- > 0) number = number * 64 + last_of(level_[level][number]);
      return number;
    }
    return kNone;
  }

 private:
  static constexpr std::size_t kMostLevels = 6;  // 64^6 > 2^32
  static std::uint32_t last_of(std::uint64_t word) noexcept {
    return 63 - static_cast<std::uint32_t>(std::countl_zero(word));
  }

  Tensor<std::uint64_t, 1> words_;
  std::array<std::uint64_t*, kMostLevels> level_{};
  std::size_t levels_ = 0;
};

}  // namespace lagoon::timeseries::detail
