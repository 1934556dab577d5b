// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "work_row.hpp"

namespace lagoon::imaging::detail {

/// A window of rows of an image that passes down it, each row made ready once: in one piece, as W, with its edges
/// repeated `reach` pixels to both sides and room for whole vectors behind. Rows beyond the image are its edge.
template <class T, class W>
class ReadyRows {
 public:
  /// rows   that are asked for at the same time, at most
  ReadyRows(In<T> from, std::ptrdiff_t rows, std::ptrdiff_t reach, const Work& work = {})
      : from_(from),
        work_(work),
        n_(from.extent(1) * from.extent(2)),
        reach_(reach),
        ready_(Tensor<W, 2>::zeros({rows, room() + padded(n_) + room()})),
        which_(Tensor<std::ptrdiff_t, 1>::filled({rows}, -1)) {}

  /// The first pixel of row y.
  const W* at(std::ptrdiff_t y) {
    y = std::clamp<std::ptrdiff_t>(y, 0, from_.extent(0) - 1);
    const std::ptrdiff_t slot = y % ready_.extent(0);
    W* const row = ready_.data() + slot * ready_.extent(1) + room();
    if (which_[slot] == y) return row;
    which_[slot] = y;
    if constexpr (std::is_same_v<W, float>) {
      to_work(from_, y, 0, from_.extent(1), work_, row);
    } else if constexpr (std::is_same_v<W, T>) {
      gather_row(from_, y, 0, from_.extent(1), row);
    } else if (has_plain_rows(from_)) {
      const T* const in = row_of(from_, y);
      for (std::ptrdiff_t i = 0; i < n_; ++i) row[i] = static_cast<W>(in[i]);
    } else {
      W* out = row;
      for (std::ptrdiff_t x = 0; x < from_.extent(1); ++x)
        for (std::ptrdiff_t c = 0; c < from_.extent(2); ++c) *out++ = static_cast<W>(from_(y, x, c));
    }
    repeat_edges(row, n_, from_.extent(2), reach_);
    return row;
  }

  static void repeat_edges(W* row, std::ptrdiff_t n, std::ptrdiff_t channels, std::ptrdiff_t reach) {
    for (std::ptrdiff_t i = 0; i < reach * channels; ++i) {
      row[n + i] = row[n + i - channels];
      row[-1 - i] = row[channels - 1 - i];
    }
  }

 private:
  std::ptrdiff_t room() const { return padded((reach_ + 1) * from_.extent(2)); }

  In<T> from_;
  Work work_;
  std::ptrdiff_t n_, reach_;
  Tensor<W, 2> ready_;
  Tensor<std::ptrdiff_t, 1> which_;
};

}  // namespace lagoon::imaging::detail
