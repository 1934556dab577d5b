// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/isolate.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rivals/dense.hpp"

namespace lagoon::bench {

/// Two square matrices of normally distributed numbers, the same on both sides: here, and in a Python process.
class DenseData {
 public:
  /// threads   that the Python process may use
  DenseData(std::ptrdiff_t n, unsigned threads);
  ~DenseData();

  std::ptrdiff_t n() const { return n_; }
  const Tensor<double, 2>& a() const { return a_; }
  const Tensor<double, 2>& b() const { return b_; }
  /// What Python's libraries have for that task; empty, with why in `missing`, when there is no Python.
  std::vector<rivals::Candidate> python(const std::string& task, std::string& missing);
  Isolate& isolate() { return isolate_; }

 private:
  class Peer;
  const std::ptrdiff_t n_;
  const unsigned threads_;
  Tensor<double, 2> a_, b_;
  Engine engine_;
  Isolate isolate_{engine_, {.name = "dense"}};
  std::shared_ptr<Peer> peer_;
};

}  // namespace lagoon::bench
