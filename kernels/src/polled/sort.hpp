// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/stop.hpp>
#include <utility>

// Sorting and selecting that end soon after the call is to end: std::sort and std::nth_element of a long series take
// seconds during which nobody looks. Both throw cancelled or deadline_exceeded.
namespace lagoon::polled {

/// Elements between two looks: some ten microseconds of work.
inline constexpr std::ptrdiff_t kBetweenPolls = 4096;

/// Nothing: who sorts does not want to know.
struct NoNote {
  void operator()(std::ptrdiff_t) const noexcept {}
};

/// As std::copy.
template <class T>
void copy(const T* from, const T* end, T* to) {
  while (end - from > kBetweenPolls) {
    to = std::copy_n(from, kBetweenPolls, to);
    from += kBetweenPolls;
    throw_if_stopped();
  }
  std::copy(from, end, to);
}

/// Merges two sorted runs; of equals the left comes first. note(k): an element overtook k of the left run.
template <class T, class Less, class Note>
void merge(const T* left, const T* left_end, const T* right, const T* right_end, T* out, Less& less, Note& note) {
  const auto both_left = [&] { return left != left_end && right != right_end; };
  while (both_left()) {
    for (std::ptrdiff_t k = 0; k < kBetweenPolls && both_left(); ++k) {
      if (less(*right, *left)) {
        note(left_end - left);
        *out++ = *right++;
      } else {
        *out++ = *left++;
      }
    }
    if (both_left()) throw_if_stopped();  // short runs are looked after by who merges many
  }
  polled::copy(left, left_end, out);
  polled::copy(right, right_end, out + (left_end - left));
}

/// Sorts by merging, stable, from sorted runs of `width`, a power of two, on.
///   cost   O(n log(n / width)), a copy of the data
template <class T, class Less, class Note = NoNote>
void merge_runs(T* data, std::ptrdiff_t n, std::ptrdiff_t width, Less less, Note&& note = {}) {
  if (n <= width) return;
  Tensor<T, 1> scratch({n});
  T *from = data, *to = scratch.data();
  for (; width < n; width *= 2) {
    for (std::ptrdiff_t begin = 0; begin < n; begin += 2 * width) {
      if (begin % kBetweenPolls == 0) throw_if_stopped();
      const std::ptrdiff_t middle = std::min(begin + width, n), end = std::min(begin + 2 * width, n);
      polled::merge(from + begin, from + middle, from + middle, from + end, to + begin, less, note);
    }
    std::swap(from, to);
  }
  if (from != data) polled::copy<T>(from, from + n, data);
}

/// As std::stable_sort.
template <class T, class Less>
void sort(T* data, std::ptrdiff_t n, Less less) {
  for (std::ptrdiff_t begin = 0; begin < n; begin += kBetweenPolls) {
    throw_if_stopped();
    std::stable_sort(data + begin, data + std::min(begin + kBetweenPolls, n), less);
  }
  polled::merge_runs(data, n, kBetweenPolls, less);
}

/// As std::nth_element, of numbers.
///   source   Hoare 1961, "Find", with the median of nine as the pivot
template <class T>
void select(T* data, std::ptrdiff_t begin, std::ptrdiff_t end, std::ptrdiff_t rank) {
  const auto median_of_three = [](T a, T b, T c) { return std::max(std::min(a, b), std::min(std::max(a, b), c)); };
  constexpr int kMostRounds = 100;  // of which each leaves two thirds or less of a series that is not made to defeat it
  for (int round = 0; end - begin > kBetweenPolls && round < kMostRounds; ++round) {
    const std::ptrdiff_t step = (end - begin - 1) / 8;
    T thirds[3];
    for (int k = 0; k < 3; ++k) {
      const T* at = data + begin + 3 * k * step;
      thirds[k] = median_of_three(at[0], at[step], at[2 * step]);
    }
    const T pivot = median_of_three(thirds[0], thirds[1], thirds[2]);
    std::ptrdiff_t low = begin, high = end - 1;
    for (std::ptrdiff_t swaps = 0; low <= high; ++swaps) {
      if (swaps % kBetweenPolls == 0) throw_if_stopped();
      while (data[low] < pivot) ++low;
      while (pivot < data[high]) --high;
      if (low <= high) std::swap(data[low++], data[high--]);
    }
    if (rank <= high)
      end = high + 1;
    else if (rank >= low)
      begin = low;
    else
      return;  // between both lies what equals the pivot
  }
  std::nth_element(data + begin, data + rank, data + end);
}

}  // namespace lagoon::polled
