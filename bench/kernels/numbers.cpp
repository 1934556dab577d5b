// SPDX-License-Identifier: Apache-2.0
#include "kernels/numbers.hpp"

#include <fmt/core.h>
#include <lagoon/engine/parallel.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

#include "rivals/rivals.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench {
namespace {

constexpr std::uint64_t kSeed = 20240501;
constexpr std::ptrdiff_t kPart = 1 << 20;  // numbers with a generator of their own

}  // namespace

void Numbers::fill(std::ptrdiff_t rows, std::ptrdiff_t columns) {
  if (columns_ == columns) return;
  const std::ptrdiff_t count = rows * std::max<std::ptrdiff_t>(columns, 1);
  numbers_ = {};
  isolate_.run([&] {
    numbers_ = Tensor<double, 1>({count});
    parallel_for(count, {kPart}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      std::mt19937_64 random(kSeed + static_cast<std::uint64_t>(begin));
      std::normal_distribution<double> normal(10, 3);
      for (std::ptrdiff_t i = begin; i < end; ++i) numbers_[i] = normal(random);
    });
  });
  columns_ = columns;
  python_.load(numbers_.data(), rows, columns);
}

View<const double, 1> Numbers::series() {
  fill(quick_ ? 10'000'000 : 100'000'000, 0);
  return std::as_const(numbers_).view();
}

View<const double, 2> Numbers::table() {
  const std::ptrdiff_t rows = quick_ ? 100'000 : 1'000'000, columns = 64;
  fill(rows, columns);
  return {std::as_const(numbers_).data(), {rows, columns}};
}

Side Numbers::python(const std::string& row, const std::vector<double>& expected) const {
  double largest = 1;  // results near zero are differences of large ones: judge by the largest
  for (double x : expected) largest = std::max(largest, std::abs(x));
  return python_.side(row, bytes(), within(expected, 1e-9 * largest));
}

std::string Numbers::read_rate() {
  const auto rate = [&](auto&& read) {
    std::vector<double> seconds;
    for (int i = 0; i < 5; ++i) {
      const auto begin = Steady::now();
      read();
      seconds.push_back(seconds_since(begin));
    }
    return 1e-9 * static_cast<double>(numbers_.bytes()) / median(seconds);
  };
  const auto* first = static_cast<const char*>(static_cast<const void*>(numbers_.data()));
  const std::size_t all = static_cast<std::size_t>(numbers_.bytes()), half = all / 128 * 64;
  const double one = rate([&] { rivals::read_all(first, all); });
  const double two = rate([&] {
    std::thread other([&] { rivals::read_all(first + half, all - half); });
    rivals::read_all(first, half);
    other.join();
  });
  return fmt::format("a plain loop reads {:.1f} GB/s, two read {:.1f}", one, two);
}

}  // namespace lagoon::bench
