// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/imaging/resize.hpp>

#include "pixels.hpp"
#include "resample_simd.hpp"
#include "taps.hpp"
#include "work_row.hpp"

namespace lagoon::imaging::detail {

/// A part of an image.
struct Part {
  std::ptrdiff_t top = 0, left = 0, rows = 0, columns = 0;
};

/// Makes rows of a resized image, any of them, from any thread.
///
/// First down, then across, on 32 rows and some hundred columns at a time: what lies between the two passes never
/// leaves the second-level cache. 8 bits without alpha are worked on as integers, all else as float.
template <class T>
class Resizer {
 public:
  /// Of the image of rows x columns, `part` is wanted.
  Resizer(In<T> from, std::ptrdiff_t rows, std::ptrdiff_t columns, const Part& part, const ResizeOptions& options);

  std::ptrdiff_t rows() const { return down_.size; }
  std::ptrdiff_t columns() const { return across_.size; }
  std::ptrdiff_t channels() const { return from_.extent(2); }

  /// Rows [begin, end) of the part.
  ///   past_cache   that is where they are to go, if making them costs little beside it
  void make(std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row, bool past_cache = false) const;

 private:
  template <class W>
  struct Scratch;
  template <class W>
  void make_in(std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row) const;
  template <class W>
  void make_side(std::ptrdiff_t begin, std::ptrdiff_t rows, T* to, std::ptrdiff_t to_row, Scratch<W>& s) const;
  template <class W>
  void go_down(std::ptrdiff_t row, std::ptrdiff_t x0, std::ptrdiff_t x1, W* out, Scratch<W>& s) const;
  template <class W>
  void go_across(std::ptrdiff_t first, std::ptrdiff_t last, std::ptrdiff_t base, std::ptrdiff_t rows, T* to,
                 std::ptrdiff_t to_row, Scratch<W>& s) const;
  void halve(std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row, bool past_cache) const;

  std::ptrdiff_t strip(std::ptrdiff_t k) const { return from_.extent(1) * k / strips_; }
  std::ptrdiff_t strip_elements() const { return (from_.extent(1) / strips_ + 1) * channels(); }

  In<T> from_;
  Work work_;
  bool fixed_ = false, direct_ = false, halved_ = false;
  Part part_;
  Taps down_, across_;
  std::ptrdiff_t strips_ = 1, held_ = 0;  // columns held between the passes at most
};

}  // namespace lagoon::imaging::detail
