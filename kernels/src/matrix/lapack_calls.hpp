// SPDX-License-Identifier: Apache-2.0
#pragma once

// LAPACK by its Fortran names, double or float by the type of what is passed. Its C interface would take workspaces
// from the heap; here they come from the memory of the call.

#include <lapack.h>

#include <type_traits>

namespace lagoon::matrix::detail {

using Int = lapack_int;

namespace lapack {

template <class... A>
inline constexpr bool on_doubles = (std::is_same_v<std::remove_cvref_t<std::remove_pointer_t<A>>, double> || ...);

#define LAGOON_LAPACK(name)         \
  template <class... A>             \
  void name(A... a) {               \
    if constexpr (on_doubles<A...>) \
      LAPACK_d##name(a...);         \
    else                            \
      LAPACK_s##name(a...);         \
  }
LAGOON_LAPACK(bdsdc)
LAGOON_LAPACK(geev)
LAGOON_LAPACK(geqrf)
LAGOON_LAPACK(getrf)
LAGOON_LAPACK(larfg)
LAGOON_LAPACK(potrf)
LAGOON_LAPACK(stedc)
LAGOON_LAPACK(sterf)
#undef LAGOON_LAPACK

}  // namespace lapack
}  // namespace lagoon::matrix::detail
