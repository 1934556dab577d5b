// SPDX-License-Identifier: Apache-2.0
#pragma once

// What first stages of decompositions ask of OpenBLAS for one column at a time.

#include <cblas.h>

#include <cstddef>
#include <type_traits>

#include "lapack_calls.hpp"
#include "openblas_turn.hpp"

namespace lagoon::matrix::detail {

template <class T>
T inner_product(std::ptrdiff_t n, const T* x, const T* y) {
  const OpenBlasTurn turn;
  if constexpr (std::is_same_v<T, double>)
    return cblas_ddot(Int(n), x, 1, y, 1);
  else
    return cblas_sdot(Int(n), x, 1, y, 1);
}

/// Makes x that follows alpha vanish: alpha becomes the length with a sign, x the vector after a one.
template <class T>
void make_reflection(std::ptrdiff_t n, T* alpha, T* x, T* tau) {
  const OpenBlasTurn turn;
  const Int size(n), one = 1;
  lapack::larfg(&size, alpha, x, &one, tau);
}

}  // namespace lagoon::matrix::detail
