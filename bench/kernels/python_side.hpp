// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rivals/python_peer.hpp"
#include "runner/row.hpp"

namespace lagoon::bench {

/// A Python process that holds the numbers of a row in an array of its own, or why there is none.
class PythonSide {
 public:
  /// Throws when a result of Python's is not ours.
  using Check = std::function<void(const std::vector<double>&)>;

  /// script   in rivals/
  explicit PythonSide(unsigned threads, std::string script = "numpy_peer.py");

  /// Hands over numbers in place of those before; columns 0: they have one dimension.
  void load(const double* numbers, std::ptrdiff_t rows, std::ptrdiff_t columns);

  /// Python's fastest way to the row's result: a repetition is as many runs as fill a fifth of a second.
  ///   work   per run; the figure is work per second, or seconds where it is 0
  Side side(const std::string& row, double work, Check check) const;

 private:
  std::shared_ptr<PythonPeer> peer_;
  std::string missing_;
};

/// Every number to absolute + relative * |ours|.
PythonSide::Check within(std::vector<double> ours, double absolute, double relative = 0);

}  // namespace lagoon::bench
