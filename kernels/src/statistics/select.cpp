// SPDX-License-Identifier: Apache-2.0
#include "select.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <lagoon/engine/parallel.hpp>
#include <limits>

#include "select_simd.hpp"

namespace lagoon::statistics::detail {
namespace {

constexpr std::ptrdiff_t kSmall = 32768;  // below, a copy costs less than a sample
constexpr std::ptrdiff_t kBlock = 2048;   // stays in the first-level cache for all brackets
constexpr std::ptrdiff_t kGrain = 1 << 18;
constexpr std::size_t kMostBrackets = 24;  // more cost as much as a copy

/// Puts the elements of these ranks (rising, from `offset`) where they would be if data were sorted.
template <class T>
void place(T* data, std::ptrdiff_t begin, std::ptrdiff_t end, std::span<const std::ptrdiff_t> ranks,
           std::ptrdiff_t offset) {
  if (ranks.empty() || end - begin < 2) return;
  if (ranks.size() > 64) return std::sort(data + begin, data + end);
  const std::size_t middle = ranks.size() / 2;
  const std::ptrdiff_t pivot = ranks[middle] - offset;
  std::nth_element(data + begin, data + pivot, data + end);
  place(data, begin, pivot, ranks.first(middle), offset);
  place(data, pivot + 1, end, ranks.subspan(middle + 1), offset);
}

}  // namespace

template <class T>
Selection<T>::Selection(View<const T, 1> x, std::span<const double> percent, bool parallel)
    : x_(x), parallel_(parallel) {
  if (x.size() <= kSmall || !draw_brackets(percent))
    keep_all();
  else
    walk();
}

template <class T>
bool Selection<T>::draw_brackets(std::span<const double> percent) {
  if (percent.empty()) return false;
  // One element from each of m even parts, at a place of it that no period of the series follows.
  const std::ptrdiff_t n = x_.size(), m = std::clamp<std::ptrdiff_t>(n / 32, 2048, 65536);
  std::vector<T> sample;
  sample.reserve(static_cast<std::size_t>(m));
  std::uint64_t state = 0x9E3779B97F4A7C15u;
  const std::ptrdiff_t part = n / m;
  for (std::ptrdiff_t i = 0; i < m; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const T value = x_[i * part + static_cast<std::ptrdiff_t>((state >> 33) % static_cast<std::uint64_t>(part))];
    if (!std::isnan(value)) sample.push_back(value);
  }
  if (sample.empty()) return false;
  std::sort(sample.begin(), sample.end());

  std::vector<double> wanted(percent.begin(), percent.end());
  std::sort(wanted.begin(), wanted.end());
  const double last = static_cast<double>(sample.size()) - 1;
  double previous_end = -1;
  for (double percentage : wanted) {
    const double p = percentage / 100;
    // Five standard deviations of the rank of a sampled number.
    const double reach = 5 * std::sqrt(static_cast<double>(sample.size()) * p * (1 - p)) + 8;
    const double begin = std::floor(p * last - reach), end = std::ceil(p * last + reach);
    const T infinity = std::numeric_limits<T>::infinity();
    const T low = begin < 0 ? -infinity : sample[static_cast<std::size_t>(begin)];
    const T high = end > last ? infinity : sample[static_cast<std::size_t>(end)];
    if (!brackets_.empty() && (begin <= previous_end || low <= brackets_.back().high)) {
      brackets_.back().high = high;
    } else {
      brackets_.push_back({low, high, 0, 0, 0, {}});
    }
    previous_end = end;
  }
  if (brackets_.size() > kMostBrackets) brackets_.clear();
  return !brackets_.empty();
}

template <class T>
void Selection<T>::walk() {
  struct Part {
    std::ptrdiff_t nan = 0;
    std::vector<BracketCounts> counts;
    std::vector<std::vector<T>> inside;
  };
  const SelectKernels<T>& kernels = select_kernels<T>();
  const std::size_t k = brackets_.size();
  std::vector<Part> parts(static_cast<std::size_t>((x_.size() + kGrain - 1) / kGrain));
  parallel_for(x_.size(), {kGrain, parallel_}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    Part part{0, std::vector<BracketCounts>(k), std::vector<std::vector<T>>(k)};
    T gathered[kBlock], out[kBlock + 16];
    for (std::ptrdiff_t i = begin; i < end; i += kBlock) {
      const std::ptrdiff_t n = std::min(kBlock, end - i);
      const T* block = x_.data() + i * x_.stride(0);
      if (x_.stride(0) != 1) {
        for (std::ptrdiff_t j = 0; j < n; ++j) gathered[j] = block[j * x_.stride(0)];
        block = gathered;
      }
      part.nan += kernels.count_nan(block, n);
      for (std::size_t b = 0; b < k; ++b) {
        const BracketCounts c = kernels.bracket(block, n, brackets_[b].low, brackets_[b].high, out);
        part.counts[b].below += c.below;
        part.counts[b].at_low += c.at_low;
        part.counts[b].at_high += c.at_high;
        part.inside[b].insert(part.inside[b].end(), out, out + c.inside);
      }
    }
    parts[static_cast<std::size_t>(begin / kGrain)] = std::move(part);
  });
  count_ = x_.size();
  for (std::size_t b = 0; b < k; ++b) {
    std::size_t total = 0;
    for (const Part& part : parts) total += part.inside[b].size();
    brackets_[b].inside.reserve(total);
  }
  for (Part& part : parts) {
    count_ -= part.nan;
    for (std::size_t b = 0; b < k; ++b) {
      brackets_[b].below += part.counts[b].below;
      brackets_[b].at_low += part.counts[b].at_low;
      brackets_[b].at_high += part.counts[b].at_high;
      brackets_[b].inside.insert(brackets_[b].inside.end(), part.inside[b].begin(), part.inside[b].end());
      part.inside[b] = {};
    }
  }
}

template <class T>
void Selection<T>::keep_all() {
  brackets_.clear();
  all_.reserve(static_cast<std::size_t>(x_.size()));
  for (std::ptrdiff_t i = 0; i < x_.size(); ++i)
    if (!std::isnan(x_[i])) all_.push_back(x_[i]);
  count_ = static_cast<std::ptrdiff_t>(all_.size());
}

template <class T>
bool Selection<T>::try_at(Bracket& bracket, std::span<const std::ptrdiff_t> ranks, T* values) const {
  const auto inside = static_cast<std::ptrdiff_t>(bracket.inside.size());
  const std::ptrdiff_t first = bracket.below + bracket.at_low, last = first + inside;
  std::vector<std::ptrdiff_t> within;
  for (std::ptrdiff_t rank : ranks) {
    if (rank < bracket.below || rank >= last + bracket.at_high) return false;
    if (rank >= first && rank < last) within.push_back(rank);
  }
  place(bracket.inside.data(), 0, inside, within, first);
  for (std::ptrdiff_t rank : ranks)
    *values++ = rank < first ? bracket.low
                : rank < last ? bracket.inside[static_cast<std::size_t>(rank - first)]
                              : bracket.high;
  return true;
}

template <class T>
std::vector<T> Selection<T>::at(std::span<const std::ptrdiff_t> ranks) {
  std::vector<T> values(ranks.size());
  std::size_t done = 0;
  for (Bracket& bracket : brackets_) {
    // The bracket answers the ranks up to its end; one that lies between brackets fails below.
    const std::ptrdiff_t end =
        bracket.below + bracket.at_low + static_cast<std::ptrdiff_t>(bracket.inside.size()) + bracket.at_high;
    const auto stop = static_cast<std::size_t>(
        std::lower_bound(ranks.begin() + static_cast<std::ptrdiff_t>(done), ranks.end(), end) - ranks.begin());
    if (!try_at(bracket, ranks.subspan(done, stop - done), values.data() + done)) break;
    done = stop;
  }
  if (done == ranks.size()) return values;
  if (all_.empty()) keep_all();
  place(all_.data(), 0, count_, ranks, 0);
  for (std::size_t i = 0; i < ranks.size(); ++i) values[i] = all_[static_cast<std::size_t>(ranks[i])];
  return values;
}

template class Selection<double>;
template class Selection<float>;

}  // namespace lagoon::statistics::detail
