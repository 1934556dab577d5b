// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/isolate.hpp>

#include <string>

#include "kernels/python_side.hpp"
#include "runner/row.hpp"

namespace lagoon::bench {

/// Normally distributed numbers that both sides of a statistics row hold: in an isolate's memory here, in an array of
/// its own in the Python process. One shape at a time.
class Numbers {
 public:
  /// series: 1e8 numbers; table: 1e6 rows of 64. A tenth of that when quick.
  explicit Numbers(bool quick) : quick_(quick) {}

  View<const double, 1> series();
  View<const double, 2> table();
  Isolate& isolate() { return isolate_; }

  /// Python's fastest way to the row's result, one thread, or why there is none. Throws in a repetition whose result
  /// differs from `expected` by more than 1e-9 of it.
  Side python(const std::string& row, const std::vector<double>& expected) const;
  double bytes() const { return static_cast<double>(numbers_.bytes()); }
  const void* data() const { return numbers_.data(); }
  /// How fast this machine reads the numbers, as a remark beside the rows.
  std::string read_rate();

 private:
  void fill(std::ptrdiff_t rows, std::ptrdiff_t columns);

  const bool quick_;
  Engine engine_;
  Isolate isolate_{engine_, {.name = "numbers"}};
  Tensor<double, 1> numbers_;
  std::ptrdiff_t columns_ = -1;
  PythonSide python_{1};
};

}  // namespace lagoon::bench
