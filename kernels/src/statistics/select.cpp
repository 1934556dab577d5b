// SPDX-License-Identifier: Apache-2.0
#include "select.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <lagoon/engine/parallel.hpp>
#include <limits>

#include "polled/sort.hpp"

namespace lagoon::statistics::detail {
namespace {

constexpr std::ptrdiff_t kSmall = 32768;  // below, a copy costs less than a sample
constexpr std::ptrdiff_t kBlock = 2048;   // stays in the first-level cache for all brackets
constexpr std::ptrdiff_t kGrain = 1 << 16;
constexpr std::size_t kMostBrackets = 24;  // more cost as much as a copy

/// Puts the elements of these ranks (rising, from `offset`) where they would be if data were sorted.
template <class T>
void place(T* data, std::ptrdiff_t begin, std::ptrdiff_t end, std::span<const std::ptrdiff_t> ranks,
           std::ptrdiff_t offset) {
  if (ranks.empty() || end - begin < 2) return;
  if (ranks.size() > 64) return polled::sort(data + begin, end - begin, std::less<T>());
  const std::size_t middle = ranks.size() / 2;
  const std::ptrdiff_t pivot = ranks[middle] - offset;
  polled::select(data, begin, end, pivot);
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
  // One element from each of m even parts, at a place of it that no period of the series follows. More of them make the
  // brackets narrower, which pays when there are several.
  const std::ptrdiff_t most = percent.size() > 1 ? 1 << 18 : 1 << 16;
  const std::ptrdiff_t n = x_.size(), m = std::clamp<std::ptrdiff_t>(n / 32, 2048, most);
  std::pmr::vector<T> sample(memory_.get());
  sample.reserve(static_cast<std::size_t>(m));
  std::uint64_t state = 0x9E3779B97F4A7C15u;
  const std::ptrdiff_t part = n / m;
  for (std::ptrdiff_t i = 0; i < m; ++i) {
    if (i % polled::kBetweenPolls == 0) throw_if_stopped();
    state = state * 6364136223846793005u + 1442695040888963407u;
    const T value = x_[i * part + static_cast<std::ptrdiff_t>((state >> 33) % static_cast<std::uint64_t>(part))];
    if (!std::isnan(value)) sample.push_back(value);
  }
  if (sample.empty()) return false;

  struct Reach {
    std::ptrdiff_t begin, end;  // ranks in the sample; outside of it: no bound
  };
  std::pmr::vector<Reach> reaches(memory_.get());
  std::pmr::vector<double> wanted(percent.begin(), percent.end(), memory_.get());
  std::sort(wanted.begin(), wanted.end());
  const auto size = static_cast<std::ptrdiff_t>(sample.size());
  for (double percentage : wanted) {
    const double p = percentage / 100;
    // Five standard deviations of the rank of a sampled number.
    const double reach = 5 * std::sqrt(static_cast<double>(size) * p * (1 - p)) + 8;
    const double middle = p * static_cast<double>(size - 1);
    const Reach r{static_cast<std::ptrdiff_t>(std::floor(middle - reach)),
                  static_cast<std::ptrdiff_t>(std::ceil(middle + reach))};
    if (!reaches.empty() && r.begin <= reaches.back().end) {
      reaches.back().end = r.end;
    } else {
      reaches.push_back(r);
    }
  }
  if (reaches.size() > kMostBrackets) return false;

  std::vector<std::ptrdiff_t> ranks;
  for (const Reach& r : reaches)
    for (std::ptrdiff_t rank : {r.begin, r.end})
      if (rank >= 0 && rank < size) ranks.push_back(rank);
  place(sample.data(), 0, size, std::span<const std::ptrdiff_t>(ranks), 0);
  const T infinity = std::numeric_limits<T>::infinity();
  for (const Reach& r : reaches) {
    const T low = r.begin < 0 ? -infinity : sample[static_cast<std::size_t>(r.begin)];
    const T high = r.end >= size ? infinity : sample[static_cast<std::size_t>(r.end)];
    if (!brackets_.empty() && low <= brackets_.back().high) {
      brackets_.back().high = high;
    } else {
      brackets_.push_back({low, high, std::pmr::vector<T>(memory_.get())});
    }
    const auto from = sample.begin() + std::max<std::ptrdiff_t>(r.begin, 0);
    const auto to = sample.begin() + std::min<std::ptrdiff_t>(r.end + 1, size);
    std::sort(from, to);
    std::ptrdiff_t ties = 0;
    for (auto i = from; i + 1 < to; ++i) ties += i[0] == i[1];
    tied_ |= 8 * ties > to - from;
  }
  tied_ |= !draw_images();
  return true;
}

template <class T>
bool Selection<T>::draw_images() {
  std::vector<T> finite;
  for (const Bracket& b : brackets_)
    for (T bound : {b.low, b.high})
      if (std::isfinite(bound)) finite.push_back(bound);
  if (finite.size() < 2) return false;
  intervals_.scale = 1 / (finite.back() - finite.front());
  intervals_.offset = -finite.front() * intervals_.scale;
  if (!(intervals_.scale > 0) || !std::isfinite(intervals_.scale) || !std::isfinite(intervals_.offset)) return false;
  for (const Bracket& b : brackets_) {
    const auto image = [&](T x) { return static_cast<float>(intervals_.scale * x + intervals_.offset); };
    const float low = image(b.low), high = image(b.high);
    if (!(low < high) || (!bounds_.empty() && low < bounds_.back())) return false;
    // Nothing is above infinity, and it belongs to its bracket.
    bounds_.insert(bounds_.end(), {low, std::isinf(high) ? std::numeric_limits<float>::quiet_NaN() : high});
  }
  intervals_.bounds = bounds_.data();
  intervals_.count = brackets_.size();
  return true;
}

/// One bracket after the other, so that ties on a bound need not be kept.
template <class T>
void Selection<T>::look_at_each(const T* block, std::ptrdiff_t n, Part& part) const {
  const SelectKernels<T>& kernels = select_kernels<T>();
  T out[kBlock + 16];
  for (std::size_t b = 0; b < brackets_.size(); ++b) {
    const BracketCounts c = kernels.bracket(block, n, brackets_[b].low, brackets_[b].high, out);
    part.below[b] += c.below;
    part.at_low[b] += c.at_low;
    part.at_high[b] += c.at_high;
    part.inside[b].insert(part.inside[b].end(), out, out + c.inside);
  }
}

/// All brackets in one look, by their images.
template <class T>
void Selection<T>::look_at_all(const T* block, std::ptrdiff_t n, std::ptrdiff_t numbers, Part& part) const {
  const SelectKernels<T>& kernels = select_kernels<T>();
  T out[kBlock + kPadding], own[kBlock + kPadding];
  std::ptrdiff_t at_least[kMostBrackets] = {};
  const std::ptrdiff_t kept = kernels.classify(block, n, intervals_, at_least, out);
  std::fill_n(out + kept, kPadding, std::numeric_limits<T>::quiet_NaN());
  for (std::size_t b = 0; b < brackets_.size(); ++b) {
    part.below[b] += numbers - at_least[b];
    const std::ptrdiff_t inside = kernels.within(out, kept, intervals_, b, own);
    part.inside[b].insert(part.inside[b].end(), own, own + inside);
  }
}

template <class T>
void Selection<T>::walk() {
  const std::size_t k = brackets_.size();
  const bool each = tied_ || k == 1;
  std::pmr::vector<Part> parts(memory_.get());
  for (std::ptrdiff_t i = 0; i < x_.size(); i += kGrain) parts.emplace_back(0, memory_.get());
  parallel_for(x_.size(), {kGrain, parallel_}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    Part part(k, memory_.get());
    T gathered[kBlock + kPadding];
    for (std::ptrdiff_t i = begin; i < end; i += kBlock) {
      const std::ptrdiff_t n = std::min(kBlock, end - i);
      const T* block = x_.data() + i * x_.stride(0);
      if (x_.stride(0) != 1 || n % kPadding != 0) {
        for (std::ptrdiff_t j = 0; j < n; ++j) gathered[j] = block[j * x_.stride(0)];
        std::fill_n(gathered + n, kPadding, std::numeric_limits<T>::quiet_NaN());
        block = gathered;
      }
      const std::ptrdiff_t nan = select_kernels<T>().count_nan(block, n);
      part.nan += nan;
      if (each) {
        look_at_each(block, n, part);
      } else {
        look_at_all(block, n, n - nan, part);
      }
    }
    parts[static_cast<std::size_t>(begin / kGrain)] = std::move(part);
  });
  count_ = x_.size();
  for (const Part& part : parts) count_ -= part.nan;
  for (std::size_t b = 0; b < k; ++b) {
    Bracket& bracket = brackets_[b];
    std::size_t total = 0;
    for (const Part& part : parts) total += part.inside[b].size();
    bracket.inside.reserve(total);
    for (Part& part : parts) {
      throw_if_stopped();
      bracket.below += part.below[b];
      bracket.at_low += part.at_low[b];
      bracket.at_high += part.at_high[b];
      bracket.inside.insert(bracket.inside.end(), part.inside[b].begin(), part.inside[b].end());
      part.inside[b] = std::pmr::vector<T>(memory_.get());
    }
  }
}

template <class T>
void Selection<T>::keep_all() {
  brackets_.clear();
  all_.reserve(static_cast<std::size_t>(x_.size()));
  for (std::ptrdiff_t i = 0; i < x_.size(); ++i) {
    if (i % polled::kBetweenPolls == 0) throw_if_stopped();
    if (!std::isnan(x_[i])) all_.push_back(x_[i]);
  }
  count_ = static_cast<std::ptrdiff_t>(all_.size());
}

template <class T>
std::pmr::vector<T> Selection<T>::select_within(Bracket& bracket, std::pmr::vector<std::ptrdiff_t>& ranks,
                                                std::ptrdiff_t offset) const {
  const auto size = static_cast<std::ptrdiff_t>(bracket.inside.size());
  for (std::ptrdiff_t& rank : ranks) rank -= offset;
  if (size > kSmall && size < x_.size() / 2) {  // again the same way: a look costs less than moving things about
    std::pmr::vector<double> percent(memory_.get());
    for (std::ptrdiff_t rank : ranks)
      percent.push_back(100.0 * static_cast<double>(rank) / static_cast<double>(size - 1));
    return Selection<T>(View<const T, 1>(bracket.inside), percent, parallel_).at(ranks);
  }
  place(bracket.inside.data(), 0, size, std::span<const std::ptrdiff_t>(ranks), 0);
  std::pmr::vector<T> values(memory_.get());
  for (std::ptrdiff_t rank : ranks) values.push_back(bracket.inside[static_cast<std::size_t>(rank)]);
  return values;
}

template <class T>
bool Selection<T>::try_at(Bracket& bracket, std::span<const std::ptrdiff_t> ranks, T* values) const {
  const auto inside = static_cast<std::ptrdiff_t>(bracket.inside.size());
  const std::ptrdiff_t first = bracket.below + bracket.at_low, last = first + inside;
  std::pmr::vector<std::ptrdiff_t> within(memory_.get());
  for (std::ptrdiff_t rank : ranks) {
    if (rank < bracket.below || rank >= last + bracket.at_high) return false;
    if (rank >= first && rank < last) within.push_back(rank);
  }
  const std::pmr::vector<T> found = select_within(bracket, within, first);
  std::size_t next = 0;
  for (std::ptrdiff_t rank : ranks) *values++ = rank < first ? bracket.low : rank < last ? found[next++] : bracket.high;
  return true;
}

template <class T>
std::pmr::vector<T> Selection<T>::at(std::span<const std::ptrdiff_t> ranks) {
  std::pmr::vector<T> values(ranks.size(), memory_.get());
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
