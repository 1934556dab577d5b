// SPDX-License-Identifier: Apache-2.0
#include "ranks.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <lagoon/engine/stop.hpp>

#include "polled/parts.hpp"
#include "polled/radix_sort.hpp"
#include "polled/sort.hpp"

namespace lagoon::timeseries::detail {
namespace {

constexpr std::ptrdiff_t kBetweenPolls = 16384;

}  // namespace

Ranks::Ranks(View<const double, 1> x) : x_(x), order_({x.size()}), ranks_({x.size()}) {
  std::uint64_t least = ~std::uint64_t{0}, most = 0;
  polled::for_each(x.size(), [&](std::ptrdiff_t i) {
    if (std::isnan(x[i])) return;
    const std::uint64_t key = polled::key_of(x[i]);
    least = std::min(least, key);
    most = std::max(most, key);
  });
  const int width = most > least ? static_cast<int>(std::bit_width(most - least)) : 0, bits = std::min(width, 32);
  std::ptrdiff_t count = 0;
  polled::for_each(x.size(), [&](std::ptrdiff_t i) {
    ranks_[i] = kNone;
    if (std::isnan(x[i])) return;
    const std::uint64_t upper = (polled::key_of(x[i]) - least) >> (width - bits);
    order_[count++] = upper << 32 | static_cast<std::uint64_t>(i);
  });
  count_ = static_cast<std::size_t>(count);
  sort_entries(bits);
  if (width > bits) sort_ties();
  polled::for_each(count, [&](std::ptrdiff_t k) { ranks_[place(order_[k])] = static_cast<std::uint32_t>(k); });
}

/// By the upper half; the order of what is equal stays.
void Ranks::sort_entries(int bits) {
  const auto n = static_cast<std::ptrdiff_t>(count_);
  Tensor<std::uint64_t, 1> other({n});
  if (polled::radix_sort<11>(order_.data(), other.data(), n, 32, 32 + bits) == other.data()) order_.swap(other);
}

/// Where upper halves are equal, the whole numbers decide.
void Ranks::sort_ties() {
  const auto less = [this](std::uint64_t a, std::uint64_t b) { return x_[place(a)] < x_[place(b)]; };
  std::uint64_t* const data = order_.data();
  const auto n = static_cast<std::ptrdiff_t>(count_);
  for (std::ptrdiff_t begin = 0, end = 1; begin < n; begin = end++) {
    while (end < n && data[end] >> 32 == data[begin] >> 32) ++end;
    if (!std::is_sorted(data + begin, data + end, less)) polled::sort(data + begin, end - begin, less);
    if (begin / kBetweenPolls != end / kBetweenPolls) throw_if_stopped();
  }
}

}  // namespace lagoon::timeseries::detail
