// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/imaging/filters.hpp>
#include <optional>

#include "smooth_simd.hpp"
#include "taps.hpp"
#include "work_row.hpp"

namespace lagoon::imaging::detail {

/// Blurs rows, or sharpens them by what a blur takes away. One per image; any thread may ask for rows.
template <class T>
class Smoother {
 public:
  /// Gaussian blur, with which colours are weighted by alpha.
  Smoother(double sigma, std::ptrdiff_t channels);
  /// Unsharp mask; alpha stays.
  Smoother(const Unsharp& unsharp, std::ptrdiff_t channels);

  /// Rows above and below that a row is made of, besides itself.
  std::ptrdiff_t radius() const { return radius_; }

  /// Rows [begin, end) of `from`, which has all rows within the radius, or ends where the image does.
  ///   past_cache   that is where they are to go
  void make(In<T> from, std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row,
            bool past_cache = false) const;

 private:
  void make_small(In<T> from, std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row,
                  bool past_cache) const;
  void make_fixed(In<T> from, std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row) const;
  void make_float(In<T> from, std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row) const;
  void keep_alpha(In<T> from, std::ptrdiff_t row, T* to) const;

  std::optional<Unsharp> unsharp_;
  FixedUnsharp fixed_unsharp_;
  std::optional<SmallMask> small_mask_;
  bool fixed_ = false;
  std::ptrdiff_t radius_ = 0;
  Work work_;
  Taps down_, along_;
};

}  // namespace lagoon::imaging::detail
